"""The states of a job, whoever comes when: workers, callers and the clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier, Lock
from typing import Any

import pytest

from serverless_dicom.errors import AnalysisRefused, JobBusy, JobNotFound, TransientError
from serverless_dicom.stores.jobs import (
    GRACE_SECONDS,
    KEEP_SECONDS,
    LEASE_SECONDS,
    RETRY_SECONDS,
    UPLOAD_SECONDS,
    Claim,
    Job,
    Jobs,
)
from serverless_dicom.stores.ledger import to_item
from tests.peers import Peer, failing
from tests.stack import Stack, resource

OWNER, STRANGER = "0a1b2c3d-1111-2222-3333-444455556666", "ffffffff-1111-2222-3333-444455556666"
FOUND = {"kind": "dicom", "labels": [{"name": "X-Ray", "confidence": 98.71549987792969, "parents": []}]}
KEPT = ("converted/x/image.png", "image/png")
BEGIN = 1_709_201_472.25


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    seconds: float = BEGIN

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(stack: Stack, clock: Clock) -> Jobs:
    return jobs_of(stack, clock)


def jobs_of(stack: Stack, clock: Clock, client: Any = None) -> Jobs:
    """Jobs that call this client, which may be a peer of the real one."""
    return Jobs(client or stack.dynamodb, stack.results_table, clock)


def claimed(jobs: Jobs, job_id: str) -> Claim:
    claim = jobs.claim(job_id)
    assert claim
    return claim


def state(jobs: Jobs, job_id: str) -> str:
    """A job's status, with the code of its error."""
    job = jobs.find(job_id, OWNER)
    return job.error_code or job.status


def test_a_new_job_waits(jobs: Jobs, stack: Stack) -> None:
    job = jobs.create(OWNER)
    iso = "2024-02-29T10:11:12.250+00:00"
    assert job == Job(job.job_id, OWNER, "pending", iso, iso, BEGIN)
    assert jobs.find(job.job_id, OWNER) == job
    assert jobs.create(OWNER).job_id != job.job_id
    assert stack.job(job.job_id) == {
        "JobId": job.job_id,
        "Owner": OWNER,
        "Status": "pending",
        "CreatedAt": iso,
        "UpdatedAt": iso,
        "UploadUntil": 1_709_201_472 + 300,
        "ExpiresAt": 1_709_201_472 + 86_400,
        "Attempts": 0,
    }


def test_rows_go_when_the_table_says_so() -> None:
    assert resource("ImageAnalysisResults")["TimeToLiveSpecification"] == {
        "AttributeName": "ExpiresAt",
        "Enabled": True,
    }


def test_from_upload_to_results(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    clock.seconds += 10
    claim = claimed(jobs, job_id)
    assert jobs.find(job_id, OWNER).status == "processing"
    clock.seconds += 2
    assert jobs.complete(claim, FOUND, *KEPT)

    job = jobs.find(job_id, OWNER)
    assert (job.status, job.results, job.image_key, job.image_type) == ("complete", FOUND, *KEPT)
    assert (job.created, job.updated_at) == (BEGIN, "2024-02-29T10:11:24.250+00:00")
    assert (job.error_code, job.error_message) == (None, None)


def test_from_upload_to_an_error(jobs: Jobs) -> None:
    job_id = jobs.create(OWNER).job_id
    assert jobs.fail(claimed(jobs, job_id), AnalysisRefused("the picture is 10 by 10 pixels"))

    job = jobs.find(job_id, OWNER)
    assert (job.status, job.results) == ("error", None)
    assert (job.error_code, job.error_message) == ("analysis_refused", "the picture is 10 by 10 pixels")


def test_whose_it_is_not_and_what_there_is_not_are_alike(jobs: Jobs, stack: Stack, clock: Clock) -> None:
    expired, theirs = jobs.create(OWNER).job_id, jobs.create(STRANGER).job_id
    clock.seconds += KEEP_SECONDS
    mine = jobs.create(OWNER).job_id
    calls = Peer(stack.dynamodb, lambda *_: None)
    asked = [
        expired,
        theirs,
        mine.upper(),
        f"{mine}\n",
        "00000000-0000-4000-8000-000000000000",
        "",
        "x" * 9999,
        "\ud800",
    ]

    told = set()
    for job_id in asked:
        with pytest.raises(JobNotFound) as refused:
            jobs_of(stack, clock, calls).find(job_id, OWNER)
        told.add(str(refused.value))

    assert len(told) == 1
    assert calls.calls == ["get_item"] * len(asked)  # and it takes as long


def test_a_job_expires_whatever_its_state(jobs: Jobs, clock: Clock) -> None:
    pending, processing, complete = (jobs.create(OWNER).job_id for _ in range(3))
    jobs.complete(claimed(jobs, complete), FOUND, *KEPT)
    clock.seconds += KEEP_SECONDS - 1
    claimed(jobs, processing)
    assert jobs.find(complete, OWNER)
    clock.seconds += 1
    for job_id in (pending, processing, complete):
        with pytest.raises(JobNotFound):
            jobs.find(job_id, OWNER)
        assert jobs.claim(job_id) is None


@pytest.mark.parametrize("job_id", ["00000000-0000-4000-8000-000000000000", "image"])
def test_what_is_no_job_cannot_be_claimed_and_leaves_no_row(jobs: Jobs, stack: Stack, job_id: str) -> None:
    assert jobs.claim(job_id) is None
    assert stack.dynamodb.scan(TableName=stack.results_table)["Count"] == 0


def test_a_job_that_is_worked_at_is_busy_until_the_lease_is_over(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    died = claimed(jobs, job_id)
    clock.seconds += LEASE_SECONDS - 1
    with pytest.raises(JobBusy, match=job_id):
        jobs.claim(job_id)
    clock.seconds += 1
    second = claimed(jobs, job_id)
    assert not jobs.complete(died, {"kind": "of the dead"}, *KEPT)
    assert not jobs.fail(died, AnalysisRefused("no"))
    jobs.release(died)
    with pytest.raises(JobBusy):
        jobs.claim(job_id)
    assert jobs.complete(second, FOUND, *KEPT)
    assert jobs.find(job_id, OWNER).results == FOUND


def test_a_caller_waits_longer_the_older_a_job_is(jobs: Jobs) -> None:
    job = jobs.create(OWNER)
    ages = {-5: 1, 0: 1, 9: 1, 10: 2, 25: 3, 40: 5, 3600: 5}
    assert {age: job.seconds_to_wait(BEGIN + age) for age in ages} == ages
    jobs.fail(claimed(jobs, job.job_id), AnalysisRefused("no"))
    assert jobs.find(job.job_id, OWNER).seconds_to_wait(BEGIN) is None


def test_attempts_are_counted(jobs: Jobs, stack: Stack) -> None:
    job_id = jobs.create(OWNER).job_id
    for _ in range(3):
        jobs.release(claimed(jobs, job_id))
    assert stack.job(job_id)["Attempts"] == 3


def test_what_has_ended_stays_as_it_is(jobs: Jobs, clock: Clock) -> None:
    complete, failed = jobs.create(OWNER).job_id, jobs.create(OWNER).job_id
    first, second = claimed(jobs, complete), claimed(jobs, failed)
    jobs.complete(first, FOUND, *KEPT)
    jobs.fail(second, AnalysisRefused("no"))
    before = [jobs.find(job_id, OWNER) for job_id in (complete, failed)]
    clock.seconds += 3600

    for claim in (first, second):
        jobs.release(claim)
        assert jobs.claim(claim.job_id) is None
    assert not jobs.fail(first, AnalysisRefused("late"))
    assert not jobs.complete(second, FOUND, *KEPT)
    assert [jobs.find(job_id, OWNER) for job_id in (complete, failed)] == before


def test_a_released_job_is_taken_at_once_or_was_interrupted(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    jobs.release(claimed(jobs, job_id))
    jobs.release(claimed(jobs, job_id))
    clock.seconds += RETRY_SECONDS - 1
    assert state(jobs, job_id) == "processing"
    clock.seconds += 1
    assert state(jobs, job_id) == "analysis_interrupted"
    assert jobs.claim(job_id) is None


def test_an_upload_that_never_came(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    clock.seconds += UPLOAD_SECONDS + GRACE_SECONDS - 1
    assert state(jobs, job_id) == "pending"
    clock.seconds += 1
    assert state(jobs, job_id) == "upload_missing"
    job = jobs.find(job_id, OWNER)
    assert job.status == "error"
    assert "upload it anew" in str(job.error_message)


def test_an_event_that_comes_later_than_anybody_believed(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    clock.seconds += UPLOAD_SECONDS + GRACE_SECONDS
    assert state(jobs, job_id) == "upload_missing"
    claim = claimed(jobs, job_id)
    assert state(jobs, job_id) == "processing"
    assert jobs.find(job_id, OWNER).error_message is None
    assert jobs.complete(claim, FOUND, *KEPT)
    assert state(jobs, job_id) == "complete"


def test_a_worker_that_died(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.create(OWNER).job_id
    claim = claimed(jobs, job_id)
    clock.seconds += LEASE_SECONDS - 1
    assert state(jobs, job_id) == "processing"
    clock.seconds += 1
    assert state(jobs, job_id) == "analysis_interrupted"
    assert not jobs.complete(claim, FOUND, *KEPT)  # what the caller was told stays
    assert jobs.claim(job_id) is None
    assert state(jobs, job_id) == "analysis_interrupted"


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


@pytest.mark.parametrize("method", ["get_item", "put_item", "update_item"])
def test_what_dynamodb_refuses_is_an_error_of_ours(jobs: Jobs, stack: Stack, clock: Clock, method: str) -> None:
    job_id = jobs.create(OWNER).job_id
    refused = jobs_of(stack, clock, failing(stack.dynamodb, method, "ThrottlingException"))
    call: dict[str, Callable[[], object]] = {
        "get_item": lambda: refused.find(job_id, OWNER),
        "put_item": lambda: refused.create(OWNER),
        "update_item": lambda: refused.claim(job_id),
    }
    with pytest.raises(TransientError, match="ThrottlingException"):
        call[method]()
