"""Imports: from the asking to the end, which does not change; whose they are; and which tasks wait for what."""

from dataclasses import dataclass

import pytest

from serverless_dicom.archive.planning import MAX_SHARDS
from serverless_dicom.errors import ImportInterrupted, JobNotFound, NothingToImport, TransientError
from serverless_dicom.stores.import_jobs import KEEP_SECONDS, MAX_SECONDS, START_SECONDS, ImportJobs
from tests.peers import failing
from tests.stack import Stack

OWNER, STRANGER = "0a1b2c3d-1111-2222-3333-444455556666", "ffffffff-1111-2222-3333-444455556666"
SHARDS = [
    {"number": 0, "source": "s3://inbox/a/", "copied": False, "files": 2, "bytes": 20},
    {"number": 1, "source": "s3://inbox/b/", "copied": True, "files": 3, "bytes": 30},
]


@dataclass
class Clock:
    seconds: float = 1_709_201_472.25

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(stack: Stack, clock: Clock) -> ImportJobs:
    return ImportJobs(stack.dynamodb, stack.imports_table, clock)


def new(jobs: ImportJobs) -> str:
    return jobs.create(OWNER, "s3://inbox/").job_id


def test_given_an_import_then_its_owner_sees_every_step_of_it(jobs: ImportJobs, clock: Clock) -> None:
    job_id = new(jobs)
    job = jobs.find(job_id, OWNER)
    assert (job.status, job.source, job.counts, job.shards) == ("pending", "s3://inbox/", {}, [])
    assert job.created_at == "2024-02-29T10:11:12.250+00:00"

    clock.seconds += 1
    assert jobs.advance(job_id, "planning")
    assert jobs.planned(job_id, {"found": 6, "skipped": 1}, {"not_dicom": 1}, SHARDS)
    assert jobs.shard(job_id, 1, {"status": "importing", "importJobId": "e" * 32})
    job = jobs.find(job_id, OWNER)
    assert (job.status, job.skipped, job.updated_at) == ("importing", {"not_dicom": 1}, "2024-02-29T10:11:13.250+00:00")
    assert job.shards == [
        SHARDS[0] | {"status": "pending"},
        SHARDS[1] | {"status": "importing", "importJobId": "e" * 32},
    ]

    assert jobs.advance(job_id, "verifying", {"Counts.imported": 5})
    jobs.verified(job_id, 3)
    jobs.verified(job_id, 4)
    assert jobs.find(job_id, OWNER).counts == {"framesVerified": 7, "found": 6, "skipped": 1, "imported": 5}

    failures = [{"file": "a.dcm", "code": "x", "message": "y"}]
    assert jobs.end(job_id, "partial", {"Counts.framesVerified": 8, "Failures": failures}, None)
    job = jobs.find(job_id, OWNER)
    assert (job.status, job.failures, job.counts["framesVerified"]) == ("partial", failures, 8)
    assert (job.error_code, job.seconds_to_wait(clock())) == (None, None)


def test_given_as_many_shards_as_there_may_be_with_long_names_then_their_row_holds_them(jobs: ImportJobs) -> None:
    job_id = new(jobs)
    long = SHARDS[0] | {"source": "s3://inbox/" + "日" * 900}
    assert jobs.planned(job_id, {}, {}, [long] * MAX_SHARDS)
    for number in range(0, MAX_SHARDS, 50):
        assert jobs.shard(job_id, number, {"status": "failed", "message": "x" * 9999, "importJobId": "e" * 32})
    shard = jobs.find(job_id, OWNER).shards[50]
    assert (len(shard["source"]), shard["source"][-1], len(shard["message"])) == (200, "…", 300)


def test_given_an_end_then_nothing_changes_it(jobs: ImportJobs) -> None:
    job_id = new(jobs)
    assert jobs.fail(job_id, NothingToImport("nothing is there"))
    assert not jobs.advance(job_id, "importing")
    assert not jobs.fail(job_id, ImportInterrupted("too late"))
    assert not jobs.end(job_id, "complete", {"Failures": []}, None)
    assert not jobs.shard(job_id, 0, {"status": "complete"})
    job = jobs.find(job_id, OWNER)
    assert (job.status, job.error_code, job.error_message) == ("failed", "nothing_to_import", "nothing is there")


def test_given_an_import_that_nobody_asked_for_then_nothing_is_written(jobs: ImportJobs, stack: Stack) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    assert not jobs.advance(unknown, "planning")
    assert not jobs.fail(unknown, ImportInterrupted("x"))
    jobs.verified(unknown, 1)
    assert stack.dynamodb.scan(TableName=stack.imports_table)["Items"] == []


def test_given_an_id_that_is_known_then_the_import_stays_as_it_is(jobs: ImportJobs) -> None:
    job_id = new(jobs)
    jobs.advance(job_id, "planning")
    assert jobs.create(OWNER, "s3://inbox/", job_id).status == "planning"
    with pytest.raises(JobNotFound):
        jobs.create(STRANGER, "s3://inbox/", job_id)


def test_given_an_import_that_is_not_the_caller_s_then_every_reason_sounds_alike(
    jobs: ImportJobs, clock: Clock
) -> None:
    theirs = new(jobs)
    jobs.await_end("e" * 32, "token")
    unknown = ["00000000-0000-4000-8000-000000000000", "", "x", f"healthimaging/{'e' * 32}", theirs.upper()]
    told = set()
    for job_id in (theirs, *unknown):
        with pytest.raises(JobNotFound) as raised:
            jobs.find(job_id, STRANGER)
        told.add(str(raised.value))
    clock.seconds += KEEP_SECONDS
    with pytest.raises(JobNotFound) as raised:
        jobs.find(theirs, OWNER)
    assert told == {str(raised.value)}


def test_given_a_workflow_that_never_began_or_says_nothing_any_more_then_the_import_has_failed(
    jobs: ImportJobs, clock: Clock
) -> None:
    pending, importing = new(jobs), new(jobs)
    jobs.advance(importing, "importing")
    clock.seconds += START_SECONDS + 1
    assert (jobs.find(pending, OWNER).status, jobs.find(importing, OWNER).status) == ("failed", "importing")
    clock.seconds += MAX_SECONDS
    job = jobs.find(importing, OWNER)
    assert (job.status, job.error_code) == ("failed", "import_interrupted")


def test_looks_are_worth_it_less_and_less_often(jobs: ImportJobs, clock: Clock) -> None:
    job = jobs.find(new(jobs), OWNER)
    waits = [job.seconds_to_wait(clock() + age) for age in (0, 30, 60, 3600)]
    assert waits == [1, 2, 4, 10]


def test_given_a_task_that_waits_then_the_end_finds_its_token_and_a_task_that_comes_late_the_end(
    jobs: ImportJobs,
) -> None:
    assert jobs.await_end("a" * 32, "token-1") is False
    assert jobs.note_end("a" * 32) == "token-1"
    assert jobs.await_end("a" * 32, "token-2") is True

    assert jobs.note_end("b" * 32) is None
    assert jobs.await_end("b" * 32, "token") is True


def test_given_dynamodb_that_refuses_then_it_may_be_tried_again(jobs: ImportJobs, stack: Stack) -> None:
    job_id = new(jobs)
    refusing = ImportJobs(failing(stack.dynamodb, "update_item", "ThrottlingException", times=9), stack.imports_table)
    for act in (
        lambda: refusing.advance(job_id, "planning"),
        lambda: refusing.verified(job_id, 1),
        lambda: refusing.await_end("a" * 32, "t"),
    ):
        with pytest.raises(TransientError):
            act()
    with pytest.raises(TransientError):
        ImportJobs(failing(stack.dynamodb, "put_item", "ThrottlingException"), stack.imports_table).create(OWNER, "x")
    with pytest.raises(TransientError):
        ImportJobs(failing(stack.dynamodb, "get_item", "ThrottlingException"), stack.imports_table).find(job_id, OWNER)
