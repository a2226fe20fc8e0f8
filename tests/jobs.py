"""Jobs with a clock that stands still, and what their tests share."""

from dataclasses import dataclass
from typing import Any

from serverless_dicom.stores.jobs import Claim, Jobs
from tests.stack import Stack

OWNER, STRANGER = "0a1b2c3d-1111-2222-3333-444455556666", "ffffffff-1111-2222-3333-444455556666"
FOUND = {"kind": "dicom", "labels": [{"name": "X-Ray", "confidence": 98.71549987792969, "parents": []}]}
KEPT = ("converted/x/image.png", "image/png")
BEGIN = 1_709_201_472.25


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    seconds: float = BEGIN

    def __call__(self) -> float:
        """What it shows."""
        return self.seconds


def jobs_of(stack: Stack, clock: Clock, client: Any = None) -> Jobs:
    """Jobs that call this client, which may be a peer of the real one."""
    return Jobs(client or stack.dynamodb, stack.results_table, clock)


def claimed(jobs: Jobs, job_id: str) -> Claim:
    claim = jobs.claim(job_id)
    assert claim
    return claim


def state(jobs: Jobs, job_id: str) -> str:
    """A job's status, with the code of its error in its place."""
    job = jobs.find(job_id, OWNER)
    return job.error_code or job.status
