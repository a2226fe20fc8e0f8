"""The states of a job, and what its owner and others are told of it."""

from collections.abc import Callable

import pytest

from serverless_dicom.errors import AnalysisRefused, JobBusy, JobNotFound, TransientError
from serverless_dicom.stores.jobs import (
    GRACE_SECONDS,
    KEEP_SECONDS,
    LEASE_SECONDS,
    RETRY_SECONDS,
    UPLOAD_SECONDS,
    Job,
    Jobs,
)
from tests.jobs import BEGIN, FOUND, KEPT, OWNER, STRANGER, Clock, claimed, jobs_of, state
from tests.peers import Peer, failing
from tests.stack import Stack, resource


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
