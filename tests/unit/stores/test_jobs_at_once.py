"""Workers, callers and the clock at one job at once: exactly one of them changes it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any

import pytest

from serverless_dicom.errors import AnalysisRefused, JobBusy, TransientError
from serverless_dicom.stores.jobs import GRACE_SECONDS, LEASE_SECONDS, UPLOAD_SECONDS, Claim, Jobs
from serverless_dicom.stores.ledger import to_item
from tests.jobs import FOUND, KEPT, OWNER, Clock, claimed, jobs_of, state
from tests.peers import Peer
from tests.stack import Stack


class Atomic:
    """A DynamoDB whose writes of one row come one after the other, as the real one's do and moto's do not."""

    def __init__(self, client: Any) -> None:
        self.client, self.lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        """The client's method of that name."""

        def call(**asked: Any) -> Any:
            with self.lock:
                return getattr(self.client, name)(**asked)

        return call


def test_many_workers_at_once_are_one_worker(stack: Stack, clock: Clock) -> None:
    jobs = jobs_of(stack, clock, Atomic(stack.dynamodb))

    def take(barrier: Barrier, job_id: str) -> Claim | JobBusy | None:
        barrier.wait()
        try:
            return jobs.claim(job_id)
        except JobBusy as busy:
            return busy

    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            job_id, barrier = jobs.create(OWNER).job_id, Barrier(8)
            taken = list(pool.map(take, [barrier] * 8, [job_id] * 8))
            assert sorted(type(one).__name__ for one in taken) == ["Claim", *["JobBusy"] * 7]


STEPS = 3
"""More calls than a caller or worker makes of DynamoDB at once."""


def interleaved(stack: Stack, clock: Clock, at: int, meanwhile: Callable[[], object]) -> Jobs:
    """Jobs before whose call of that number something else happens."""

    def before(_: str, number: int) -> None:
        if number == at:
            meanwhile()

    return jobs_of(stack, clock, Peer(stack.dynamodb, before))


@pytest.mark.parametrize("at", range(STEPS))
def test_a_result_that_comes_while_the_clock_judges(jobs: Jobs, stack: Stack, clock: Clock, at: int) -> None:
    job_id = jobs.create(OWNER).job_id
    claim, kept = claimed(jobs, job_id), list[bool]()
    clock.seconds += LEASE_SECONDS

    read = interleaved(stack, clock, at, lambda: kept.append(jobs.complete(claim, FOUND, *KEPT)))

    told = state(read, job_id)
    assert told == ("complete" if kept else "analysis_interrupted")
    assert state(jobs, job_id) == told


@pytest.mark.parametrize("at", range(STEPS))
@pytest.mark.parametrize("is_released", [False, True])
def test_a_worker_who_comes_while_the_clock_judges(
    jobs: Jobs, stack: Stack, clock: Clock, at: int, is_released: bool
) -> None:
    job_id, taken = jobs.create(OWNER).job_id, list[Claim | None]()
    if is_released:
        jobs.release(claimed(jobs, job_id))
    clock.seconds += UPLOAD_SECONDS + GRACE_SECONDS

    read = interleaved(stack, clock, at, lambda: taken.append(jobs.claim(job_id)))

    told = state(read, job_id)
    verdict = "analysis_interrupted" if is_released else "upload_missing"
    assert told == ("processing" if taken else verdict)
    for claim in taken:
        assert claim
        assert jobs.complete(claim, FOUND, *KEPT)


def test_the_clock_judges_while_a_worker_takes_the_job(jobs: Jobs, stack: Stack, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    claimed(jobs, job_id)
    clock.seconds += LEASE_SECONDS
    assert interleaved(stack, clock, 0, lambda: state(jobs, job_id)).claim(job_id) is None
    assert state(jobs, job_id) == "analysis_interrupted"


def twice(stack: Stack, clock: Clock) -> Jobs:
    """Jobs whose every write comes through, and is sent again because its answer did not."""

    class Twice:
        get_item = stack.dynamodb.get_item

        def update_item(self, **asked: Any) -> Any:
            stack.dynamodb.update_item(**asked)
            return stack.dynamodb.update_item(**asked)

    client: Any = Twice()
    return jobs_of(stack, clock, client)


def test_a_write_that_is_sent_twice_counts_once(jobs: Jobs, stack: Stack, clock: Clock) -> None:
    again = twice(stack, clock)
    complete, failed, released = (jobs.create(OWNER).job_id for _ in range(3))
    assert again.complete(claimed(again, complete), FOUND, *KEPT)
    assert again.fail(claimed(again, failed), AnalysisRefused("no"))
    again.release(claimed(again, released))
    assert [state(jobs, job_id) for job_id in (complete, failed, released)] == [
        *("complete", "analysis_refused", "processing"),
    ]
    assert jobs.claim(released)


def test_a_job_that_never_rests_is_left_for_the_next_time(jobs: Jobs, stack: Stack, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    claimed(jobs, job_id)
    clock.seconds += LEASE_SECONDS

    def restless(name: str, number: int) -> None:
        if name == "update_item":
            until = {"JobId": job_id, "LeaseUntil": int(clock.seconds) - number}
            row = stack.job(job_id) | until
            stack.dynamodb.put_item(TableName=stack.results_table, Item=to_item(row))

    with pytest.raises(TransientError, match="kept changing"):
        jobs_of(stack, clock, Peer(stack.dynamodb, restless)).find(job_id, OWNER)
