"""An import: by the functions of the deployed stack, or by HealthImaging's own API where there are none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from serverless_dicom.archive.outcome import outcome_of
from serverless_dicom.errors import TransientError
from serverless_dicom_cli.importing import ENDED, ask, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.outcome import MadeImageSet, Note
    from serverless_dicom_cli.workflow.resources import Resources

MANIFEST_SECONDS = 30
"""That the manifest of a job that is over may take to appear."""


class Look(NamedTuple):
    """What is known of an import: `jobs` are those of HealthImaging, `error` is why it is not as it should be."""

    state: str
    ended: bool
    jobs: tuple[str, ...] = ()
    error: str = ""


class Importer(Protocol):
    """Imports a folder of a bucket."""

    def start(self, source: str, token: str) -> str:
        """Start an import, and return its id."""

    def look(self, import_id: str) -> Look:
        """Look how far it is."""


@dataclass(frozen=True, slots=True)
class ByFunctions:
    """The deployed stack's imports, which verify every frame too. Methods raise click.ClickException."""

    client: LambdaClient
    start_function: str
    get_function: str

    def start(self, source: str, token: str) -> str:  # noqa: ARG002 - the stack gives each import an id of its own
        """Call StartImport."""
        return str(ask(self.client, self.start_function, {"source": source})["jobId"])

    def look(self, import_id: str) -> Look:
        """Call GetImport."""
        job = ask(self.client, self.get_function, {"jobId": import_id})
        jobs = tuple(shard["importJobId"] for shard in job["shards"] if shard.get("importJobId"))
        error = f"{job['error']['message']} ({job['error']['code']})" if job.get("error") else ""
        return Look(state_of(job), job["status"] in ENDED, jobs, error)


@dataclass(frozen=True, slots=True)
class Directly:
    """HealthImaging's own jobs. Methods raise ArchiveError and ArchiveBusy."""

    archive: HealthImaging
    role_arn: str
    output: str

    def start(self, source: str, token: str) -> str:
        """Call StartDICOMImportJob; the same token gives the same job."""
        return str(self.archive.start_import(self.role_arn, source, self.output, token)["jobId"])

    def look(self, import_id: str) -> Look:
        """Call GetDICOMImportJob."""
        job = self.archive.import_job(import_id)
        status = str(job["jobStatus"])
        failed = status == "FAILED"
        error = str(job.get("message") or "HealthImaging does not say why") if failed else ""
        return Look(status.lower().replace("_", " "), failed or status == "COMPLETED", (import_id,), error)


@dataclass(frozen=True, slots=True)
class Imported:
    """What has become of the files, by number, and of those that are worth a word."""

    imported: int
    failed: int
    image_sets: tuple[MadeImageSet, ...]
    failures: tuple[Note, ...]
    warnings: tuple[Note, ...]


def importer_of(found: Resources, archive: HealthImaging, functions: Callable[[], LambdaClient], run: str) -> Importer:
    """How to import with these resources; `run` names the folder of what HealthImaging writes."""
    if found.start_function:
        return ByFunctions(functions(), found.start_function, found.get_function)
    return Directly(archive, found.role_arn, f"s3://{found.output_bucket}/{folder_of(run)}")


def folder_of(run: str) -> str:
    """What keys begin with that belong to the workflow of one folder of this machine."""
    return f"workflow/{run}/"


def token_of(run: str, study: int, attempt: int) -> str:
    """What makes an import the same one, however often it is asked for."""
    return sha256(f"{run}/{study}/{attempt}".encode()).hexdigest()


def imported(
    s3: S3Client, archive: HealthImaging, jobs: tuple[str, ...], sleep: Callable[[float], None] = time.sleep
) -> Imported:
    """What HealthImaging wrote of its jobs, all together. Raises ArchiveError, ArchiveBusy or TransientError."""
    outcomes = [_outcome(s3, archive.import_job(job), sleep) for job in jobs]
    sets: dict[str, MadeImageSet] = {}
    for one in (made for outcome in outcomes for made in outcome.image_sets):
        known = sets.get(one.image_set_id)
        sets[one.image_set_id] = max(known or one, one, key=lambda made: (len(made.version or ""), made.version or ""))
    return Imported(
        sum(outcome.imported for outcome in outcomes),
        sum(outcome.failed for outcome in outcomes),
        tuple(sets.values()),
        tuple(note for outcome in outcomes for note in outcome.failures),
        tuple(note for outcome in outcomes for note in outcome.warnings),
    )


def _outcome(s3: S3Client, job: dict[str, Any], sleep: Callable[[float], None]) -> Any:
    for _ in range(MANIFEST_SECONDS):
        try:
            return outcome_of(s3, job)
        except TransientError:
            sleep(1)
    return outcome_of(s3, job)
