"""get_import: how far an import is, for its owner alone."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from serverless_dicom.errors import NothingToImport
from serverless_dicom.stores.import_jobs import ImportJobs
from tests.functions.conftest import Function
from tests.stack import RESULTS, Stack

OWNER, STRANGER = "0a1b2c3d-1111-2222-3333-444455556666", "ffffffff-1111-2222-3333-444455556666"
PAGE = "https://viewer.example.org"
SOURCE = "s3://inbox/study/"


@pytest.fixture
def get_import(start: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch) -> Function:
    for name, value in {"IMPORTS_TABLE": "ImportJobs", "RESULTS_BUCKET": RESULTS, "ALLOWED_ORIGIN": PAGE}.items():
        monkeypatch.setenv(name, value)
    return start("get_import")


@pytest.fixture
def jobs(stack: Stack) -> ImportJobs:
    return ImportJobs(stack.dynamodb, stack.imports_table)


def call(job_id: str | None, *, owner: str = OWNER, method: str = "GET", **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": "/imports/{jobId}",
        "path": f"/imports/{job_id}",
        "httpMethod": method,
        "headers": headers,
        "pathParameters": {"jobId": job_id} if job_id is not None else None,
        "queryStringParameters": None,
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": owner}}},
        "body": None,
        "isBase64Encoded": False,
    }


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer's body without what is another each time."""
    body: dict[str, Any] = json.loads(answer["body"])
    return {name: value for name, value in body.items() if name not in {"timestamp", "request_id"}}


def test_given_an_import_that_waits_then_all_is_there_but_empty(get_import: Function, jobs: ImportJobs) -> None:
    job = jobs.create(OWNER, SOURCE)

    answer = get_import(call(job.job_id))

    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (200, "1")
    written = f"s3://{RESULTS}/imports/{job.job_id}"
    assert told(answer) == {
        "jobId": job.job_id,
        "source": SOURCE,
        "status": "pending",
        "counts": {},
        "skipped": {},
        "shards": [],
        "failures": [],
        "warnings": [],
        "frames": [],
        "documents": {
            "failures": f"{written}/failures.ndjson",
            "warnings": f"{written}/warnings.ndjson",
            "skipped": f"{written}/skipped.ndjson",
            "verdicts": f"{written}/verdicts/",
        },
        "error": None,
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
    }


def test_given_an_end_then_it_says_so_and_nobody_has_to_wait(get_import: Function, jobs: ImportJobs) -> None:
    job_id = jobs.create(OWNER, SOURCE).job_id
    shard = {"source": SOURCE, "copied": False, "files": 2, "bytes": 2}
    jobs.planned(job_id, {"found": 2}, {"not_dicom": 1}, [shard])
    failures = [{"file": "a.dcm", "code": "ValidationException", "message": "it is none"}]
    jobs.end(job_id, "partial", {"Counts.imported": 1, "Failures": failures}, None)

    answer = get_import(call(job_id))

    body = told(answer)
    assert (body["status"], body["counts"], body["skipped"]) == (
        "partial",
        {"found": 2, "imported": 1},
        {"not_dicom": 1},
    )
    assert (body["failures"], body["shards"][0]["status"]) == (failures, "pending")
    assert "Retry-After" not in answer["headers"]


def test_given_a_failure_then_its_error_says_why(get_import: Function, jobs: ImportJobs) -> None:
    job_id = jobs.create(OWNER, SOURCE).job_id
    jobs.fail(job_id, NothingToImport("nothing is there"))
    assert told(get_import(call(job_id)))["error"] == {"code": "nothing_to_import", "message": "nothing is there"}


def test_given_an_import_that_is_not_the_caller_s_then_every_reason_looks_alike(
    get_import: Function, jobs: ImportJobs
) -> None:
    theirs = jobs.create(STRANGER, SOURCE).job_id
    jobs.await_end("e" * 32, "token")
    unknown = ["00000000-0000-4000-8000-000000000000", "no-id", "", "%00", f"healthimaging/{'e' * 32}", theirs.upper()]

    answers = [get_import(call(job_id)) for job_id in (theirs, *unknown)]

    assert [answer["statusCode"] for answer in answers] == [404] * len(answers)
    assert all(told(answer) == told(answers[0]) for answer in answers)


def test_given_no_id_then_the_request_is_wrong(get_import: Function) -> None:
    for event in (call(None), {}):
        answer = get_import(event)
        body = json.loads(answer["body"]) if "body" in answer else answer
        assert (body["error"], "jobId" in body["message"]) == ("invalid_request", True)


def test_given_a_direct_call_then_it_sees_imports_of_direct_calls_alone(get_import: Function, jobs: ImportJobs) -> None:
    direct = jobs.create("lambda:InvokeFunction", SOURCE).job_id
    assert get_import({"jobId": direct})["status"] == "pending"
    assert get_import({"jobId": jobs.create(OWNER, SOURCE).job_id})["error"] == "job_not_found"
    assert told(get_import(call(direct)))["error"] == "job_not_found"


@pytest.mark.parametrize("name", ["get_import", "get_import_api"])
def test_given_the_sample_events_then_their_import_is_told(
    get_import: Function, jobs: ImportJobs, event: Callable[[str], Any], name: str
) -> None:
    job_id = event("get_import")["jobId"]
    jobs.create("lambda:InvokeFunction" if name == "get_import" else OWNER, SOURCE, job_id)
    answer = get_import(event(name))
    assert (answer if name == "get_import" else json.loads(answer["body"]))["jobId"] == job_id


def test_no_file_s_name_is_logged(
    start: Callable[[str], Function], get_import: Function, jobs: ImportJobs, capsys: pytest.CaptureFixture[str]
) -> None:
    get_import = start("get_import")  # here: it keeps the stdout that it starts with
    job_id = jobs.create(OWNER, "s3://inbox/Zzyzx/").job_id
    jobs.end(job_id, "partial", {"Failures": [{"file": "Zzyzx.dcm", "code": "x", "message": "PAT-4711"}]}, None)

    get_import(call(job_id))

    out, err = capsys.readouterr()
    (line,) = [json.loads(line) for line in out.splitlines() if "milliseconds" in line]
    assert (line["job"], line["status"]) == (job_id, "partial")
    assert [secret for secret in ("Zzyzx", "PAT-4711", OWNER) if secret in out + err] == []
