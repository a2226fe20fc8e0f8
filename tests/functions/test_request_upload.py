"""request_upload: a job, and where to upload its file; or what is wrong with the request, all of it."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from serverless_dicom.runtime import clients
from tests.functions.conftest import Function, refused
from tests.stack import UPLOADS, Stack

OWNER = "0a1b2c3d-1111-2222-3333-444455556666"
NAME = "Zzyzx^Quentin 19700131.dcm"
FILE = {"fileName": NAME, "fileType": "application/dicom"}
PAGE = "https://viewer.example.org"


@pytest.fixture
def request_upload(start: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch) -> Function:
    settings = {"RESULTS_TABLE": "ImageAnalysisResults", "UPLOAD_BUCKET": UPLOADS, "MAX_UPLOAD_BYTES": "1000"}
    for name, value in (settings | {"ALLOWED_ORIGIN": PAGE}).items():
        monkeypatch.setenv(name, value)
    return start("request_upload")


def call(fields: Any, *, path: str = "/uploads", method: str = "POST", **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": OWNER}}},
        "body": fields if isinstance(fields, str) else json.dumps(fields),
        "isBase64Encoded": False,
    }


def rows(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.dynamodb.scan(TableName=stack.results_table)["Items"]
    return found


@pytest.mark.parametrize("path", ["/uploads", "/request-upload"])
def test_given_a_file_then_there_is_a_job_and_a_url_for_it_alone(
    request_upload: Function, stack: Stack, path: str
) -> None:
    answer = request_upload(call(FILE, path=path))

    body = json.loads(answer["body"])
    assert answer["statusCode"] == 200
    assert body.keys() == {"jobId", "uploadUrl", "fileType", "expiresIn", "method", "maxBytes", "timestamp"}
    assert (body["fileType"], body["expiresIn"], body["method"]) == ("application/dicom", 300, "PUT")
    assert (body["maxBytes"], bool(datetime.fromisoformat(body["timestamp"]))) == (1000, True)
    url = urlsplit(body["uploadUrl"])
    assert url.path.endswith(f"/uploads/{body['jobId']}/image")
    assert parse_qs(url.query)["X-Amz-Expires"] == ["300"]
    assert parse_qs(url.query)["X-Amz-SignedHeaders"] == ["content-type;host"]
    row = stack.job(body["jobId"])
    assert (row["Status"], row["Owner"]) == ("pending", OWNER)


def test_given_a_size_then_it_is_signed(request_upload: Function) -> None:
    body = request_upload(FILE | {"fileSize": 1000})

    query = parse_qs(urlsplit(body["uploadUrl"]).query)
    assert query["X-Amz-SignedHeaders"] == ["content-length;content-type;host"]


def test_given_post_then_a_form_s_fields_come_with_a_policy(request_upload: Function) -> None:
    body = request_upload(FILE | {"method": "POST", "fileSize": 12, "fileType": "image/png"})

    key = f"uploads/{body['jobId']}/image"
    policy = json.loads(base64.b64decode(body["fields"]["policy"]))["conditions"]
    assert body["method"] == "POST"
    assert (body["fields"]["Content-Type"], body["fields"]["key"]) == ("image/png", key)
    assert [one for one in policy if isinstance(one, list)] == [["content-length-range", 1, 1000]]
    plain = {name: value for one in policy if isinstance(one, dict) for name, value in one.items()}
    assert (plain["bucket"], plain["key"], plain["Content-Type"]) == (UPLOADS, key, "image/png")


def test_given_a_direct_call_then_its_caller_is_not_the_api_s(request_upload: Function, stack: Stack) -> None:
    body = request_upload(FILE)

    assert "statusCode" not in body
    assert stack.job(body["jobId"])["Owner"] == "lambda:InvokeFunction"


def test_the_file_s_name_is_kept_nowhere(
    request_upload: Function, start: Callable[[str], Function], stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    request_upload = start("request_upload")  # here: it keeps the stdout that it starts with

    answers = [request_upload(call(FILE | more)) for more in ({}, {"method": "POST"}, {"fileSize": 0})]

    out, err = capsys.readouterr()
    assert [json.loads(line)["code"] for line in out.splitlines() if "milliseconds" in line] == [
        *("ok", "ok", "invalid_request"),
    ]
    assert "Zzyzx" not in json.dumps([answers, rows(stack)]) + out + err


@pytest.mark.parametrize(
    ("fields", "expected", "told"),
    [
        ("{", "400 invalid_request", ["JSON such as", "fileName"]),
        ([], "400 invalid_request", ["JSON object", "fileName"]),
        ({}, "400 invalid_request", ["fileName", "fileType"]),
        (
            {"fileName": "", "fileType": 1, "fileSize": 0, "method": "GET", "key": "x"},
            "400 invalid_request",
            ["fileName", "fileType", "fileSize", "method", "key is no field"],
        ),
        (FILE | {"fileSize": 1001}, "413 upload_too_large", ["1000"]),
    ],
)
def test_given_a_wrong_request_then_there_is_no_job_and_all_is_told(
    request_upload: Function, stack: Stack, fields: Any, expected: str, told: list[str]
) -> None:
    answer = request_upload(call(fields))

    body = json.loads(answer["body"])
    assert f"{answer['statusCode']} {body['error']}" == expected
    assert [part for part in told if part not in body["message"]] == []
    assert rows(stack) == []


def test_given_no_caller_then_there_is_no_job(request_upload: Function, stack: Stack) -> None:
    answer = request_upload(call(FILE) | {"requestContext": {"stage": "live"}})

    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (500, "invalid_setting")
    assert rows(stack) == []


def test_given_a_table_that_refuses_then_nothing_is_signed(request_upload: Function) -> None:
    with refused(clients.dynamodb_for_callers(), "dynamodb.PutItem"):
        answer = request_upload(call(FILE))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["error"]) == (503, "transient")
    assert "uploadUrl" not in body


def test_given_a_page_of_the_allowed_origin_then_its_browser_is_let_through(request_upload: Function) -> None:
    preflight = request_upload(call("", method="OPTIONS", Origin=PAGE))

    assert preflight["statusCode"] == 204
    assert preflight["headers"]["Access-Control-Allow-Methods"] == "POST"


@pytest.mark.parametrize("name", ["request_upload", "request_upload_api"])
def test_given_the_sample_events_then_an_upload_may_begin(
    request_upload: Function,
    start: Callable[[str], Function],
    monkeypatch: pytest.MonkeyPatch,
    event: Callable[[str], Any],
    name: str,
) -> None:
    monkeypatch.setenv("MAX_UPLOAD_BYTES", "100000000")
    request_upload = start("request_upload")

    answer = request_upload(event(name))

    body = json.loads(answer["body"]) if name.endswith("_api") else answer
    assert body["jobId"] in body["uploadUrl"] + json.dumps(body.get("fields"))
