"""get_result: how far a job is, for its owner alone."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from serverless_dicom.errors import AnalysisRefused
from serverless_dicom.stores.jobs import KEEP_SECONDS, Claim, Jobs
from serverless_dicom.stores.ledger import to_item
from tests.functions.conftest import Function
from tests.stack import RESULTS, Stack

OWNER, STRANGER = "0a1b2c3d-1111-2222-3333-444455556666", "ffffffff-1111-2222-3333-444455556666"
PAGE = "https://viewer.example.org"
FOUND = {"kind": "png", "labels": [{"name": "X-Ray", "confidence": 98.71549987792969}], "text": [{"text": "Zzyzx"}]}


@pytest.fixture
def get_result(start: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch) -> Function:
    settings = {"RESULTS_TABLE": "ImageAnalysisResults", "RESULTS_BUCKET": RESULTS, "ALLOWED_ORIGIN": PAGE}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return start("get_result")


@pytest.fixture
def jobs(stack: Stack) -> Jobs:
    return Jobs(stack.dynamodb, stack.results_table)


def call(job_id: str | None, *, owner: str = OWNER, method: str = "GET", **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": "/results/{jobId}",
        "path": f"/results/{job_id}",
        "httpMethod": method,
        "headers": headers,
        "pathParameters": {"jobId": job_id} if job_id is not None else None,
        "queryStringParameters": None,
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": owner}}},
        "body": None,
        "isBase64Encoded": False,
    }


def claimed(jobs: Jobs) -> Claim:
    claim = jobs.claim(jobs.create(OWNER).job_id)
    assert claim
    return claim


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer's body without what is another each time."""
    body: dict[str, Any] = json.loads(answer["body"])
    return {name: value for name, value in body.items() if name not in {"timestamp", "request_id"}}


def test_given_a_job_that_waits_then_a_caller_is_told_when_to_look_again(get_result: Function, jobs: Jobs) -> None:
    job = jobs.create(OWNER)

    answer = get_result(call(job.job_id))

    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (200, "1")
    assert told(answer) == {
        "jobId": job.job_id,
        "status": "pending",
        "results": None,
        "imageUrl": None,
        "error": None,
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
    }
    jobs.claim(job.job_id)
    answer = get_result(call(job.job_id))
    assert (told(answer)["status"], answer["headers"]["Retry-After"]) == ("processing", "1")


def test_given_a_complete_job_then_its_results_come_with_a_url_that_is_new_each_time(
    get_result: Function, jobs: Jobs, stack: Stack
) -> None:
    claim = claimed(jobs)
    key = f"converted/{claim.job_id}/image.png"
    jobs.complete(claim, FOUND, key, "image/png")

    answer = get_result(call(claim.job_id))

    body = told(answer)
    assert (body["status"], body["results"], body["error"]) == ("complete", FOUND, None)
    assert "Retry-After" not in answer["headers"]
    url = urlsplit(body["imageUrl"])
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert f"/{url.path}".endswith(f"/{key}")
    assert (query["X-Amz-Expires"], query["response-content-type"]) == ("300", "image/png")
    assert query["response-content-disposition"] == "inline"
    assert "X-Amz" not in str(stack.job(claim.job_id))


def test_given_a_failed_job_then_its_error_says_what_to_do(get_result: Function, jobs: Jobs) -> None:
    claim = claimed(jobs)
    jobs.fail(claim, AnalysisRefused("the picture cannot be read: upload another"))

    answer = get_result(call(claim.job_id))

    body = told(answer)
    assert (answer["statusCode"], body["status"], body["results"], body["imageUrl"]) == (200, "error", None, None)
    assert body["error"] == {"code": "analysis_refused", "message": "the picture cannot be read: upload another"}
    assert "Retry-After" not in answer["headers"]


def test_given_an_upload_that_never_came_then_the_clock_ends_the_job(get_result: Function, stack: Stack) -> None:
    job = Jobs(stack.dynamodb, stack.results_table, lambda: time.time() - 901).create(OWNER)

    body = told(get_result(call(job.job_id)))

    assert (body["status"], body["error"]["code"]) == ("error", "upload_missing")
    assert stack.job(job.job_id)["ErrorCode"] == "upload_missing"


def test_given_a_job_that_is_not_the_caller_s_then_every_reason_looks_alike(
    get_result: Function, jobs: Jobs, stack: Stack
) -> None:
    theirs = jobs.create(STRANGER).job_id
    expired = Jobs(stack.dynamodb, stack.results_table, lambda: time.time() - KEEP_SECONDS).create(OWNER).job_id
    unknown = "00000000-0000-4000-8000-000000000000"

    answers = [get_result(call(job_id)) for job_id in (theirs, expired, unknown, "no-id", theirs.upper(), "", "%00")]

    assert [answer["statusCode"] for answer in answers] == [404] * len(answers)
    assert all(told(answer) == told(answers[0]) for answer in answers)
    assert all(answer["headers"] == answers[0]["headers"] for answer in answers)
    assert told(answers[0])["error"] == "job_not_found"


def test_given_no_id_then_the_request_is_wrong(get_result: Function) -> None:
    for event in (call(None), {}):
        answer = get_result(event)
        body = json.loads(answer["body"]) if "body" in answer else answer
        assert (body["error"], "jobId" in body["message"]) == ("invalid_request", True)


def test_given_the_older_route_then_the_id_stands_in_the_query(get_result: Function, jobs: Jobs) -> None:
    job_id = jobs.create(OWNER).job_id

    answer = get_result(
        call(None) | {"resource": "/get-results", "path": "/get-results", "queryStringParameters": {"jobId": job_id}}
    )

    assert told(answer)["jobId"] == job_id


def test_given_a_direct_call_then_it_sees_jobs_of_direct_calls_alone(get_result: Function, jobs: Jobs) -> None:
    direct, others = jobs.create("lambda:InvokeFunction").job_id, jobs.create(OWNER).job_id

    assert get_result({"jobId": direct})["status"] == "pending"
    assert get_result({"jobId": others})["error"] == "job_not_found"
    assert get_result({"jobId": 1})["error"] == "job_not_found"
    assert json.loads(get_result(call(direct))["body"])["error"] == "job_not_found"


def test_given_a_page_of_the_allowed_origin_then_it_may_read_when_to_look_again(
    get_result: Function, jobs: Jobs
) -> None:
    preflight = get_result(call("x", method="OPTIONS", Origin=PAGE))
    answer = get_result(call(jobs.create(OWNER).job_id, Origin=PAGE))

    assert (preflight["statusCode"], preflight["headers"]["Access-Control-Allow-Methods"]) == (204, "GET")
    assert answer["headers"]["Access-Control-Expose-Headers"] == "Retry-After"


@pytest.mark.parametrize("name", ["get_result", "get_result_api"])
def test_given_the_sample_events_then_their_job_is_told(
    get_result: Function, jobs: Jobs, stack: Stack, event: Callable[[str], Any], name: str
) -> None:
    sample, is_direct = event("get_result")["jobId"], name == "get_result"
    row = stack.job(jobs.create("lambda:InvokeFunction" if is_direct else OWNER).job_id)
    stack.dynamodb.put_item(TableName=stack.results_table, Item=to_item(row | {"JobId": sample}))

    answer = get_result(event(name))

    assert (answer if is_direct else json.loads(answer["body"]))["jobId"] == sample


def test_nothing_that_was_found_is_logged(
    get_result: Function, start: Callable[[str], Function], jobs: Jobs, capsys: pytest.CaptureFixture[str]
) -> None:
    get_result = start("get_result")  # here: it keeps the stdout that it starts with
    claim = claimed(jobs)
    jobs.complete(claim, FOUND, "converted/x/image.png", "image/png")

    get_result(call(claim.job_id))

    out, err = capsys.readouterr()
    (line,) = [json.loads(line) for line in out.splitlines() if "milliseconds" in line]
    assert (line["job"], line["status"], line["code"]) == (claim.job_id, "complete", "ok")
    assert [secret for secret in ("Zzyzx", "X-Ray", "X-Amz", OWNER) if secret in out + err] == []
