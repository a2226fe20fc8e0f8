"""Calls over the API and calls of the function itself: one request, and answers in the form of each."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from serverless_dicom.errors import (
    InvalidRequest,
    InvalidSetting,
    NotDicom,
    ServerlessDicomError,
    SourceNotAllowed,
    SourceTimeout,
)
from serverless_dicom.runtime.http import MAX_ANSWER, Request, Responder, fits

ID = "52fdfc07-2182-454f-963f-5f0f9a621d72"
VIEWER = "https://viewer.example.org"
EXAMPLE = '{"a": 1}'


def api_event(body: str | None = "{}", *, encoded: bool = False, **headers: str) -> dict[str, Any]:
    return {
        "resource": "/convert",
        "path": "/convert",
        "httpMethod": "POST",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()} or None,
        "requestContext": {"stage": "live"},
        "body": body,
        "isBase64Encoded": encoded,
    }


def request(**headers: str) -> Request:
    return Request.of(api_event(**headers), ID)


@pytest.mark.parametrize(
    "event",
    [
        {"url": "s3://b/k"},
        api_event('{"url": "s3://b/k"}'),
        api_event(base64.b64encode(b'{"url": "s3://b/k"}').decode(), encoded=True),
    ],
)
def test_the_fields_are_the_same_however_they_came(event: dict[str, Any]) -> None:
    assert Request.of(event, ID).fields(EXAMPLE) == {"url": "s3://b/k"}


@pytest.mark.parametrize(
    "event",
    [
        *(None, [], "x", 1),
        *(api_event(body) for body in (None, "", "x", "[]", "null", '{"url": ', "[" * 100_000, '"\ud800')),
        api_event("not base64!", encoded=True),
        api_event(base64.b64encode(b"\xff\xfe").decode(), encoded=True),
    ],
)
def test_what_is_no_object_is_told_what_one_looks_like(event: Any) -> None:
    with pytest.raises(InvalidRequest, match=r'JSON.* such as {"a": 1}$'):
        Request.of(event, ID).fields(EXAMPLE)


def test_parameters_are_those_of_the_path_before_those_of_the_query() -> None:
    given = {"queryStringParameters": {"jobId": "q", "page": "2"}, "pathParameters": {"jobId": "p"}}
    assert Request.of(api_event() | given, ID).parameters == {"jobId": "p", "page": "2"}
    assert Request.of(api_event() | dict.fromkeys(given), ID).parameters == {}


def with_authorizer(authorizer: Any) -> dict[str, Any]:
    return api_event() | {"requestContext": {"stage": "live", "authorizer": authorizer}}


def test_the_caller_is_the_subject_of_the_token() -> None:
    assert Request.of(with_authorizer({"claims": {"sub": "0a1b", "cognito:username": "demo"}}), ID).caller == "0a1b"
    assert Request.of({"jobId": 1}, ID).caller == "lambda:InvokeFunction"


@pytest.mark.parametrize("authorizer", [None, {}, "x", {"claims": None}, {"claims": "x"}, {"claims": {"sub": ""}}])
def test_a_caller_whom_the_api_does_not_name_is_nobody(authorizer: Any) -> None:
    for event in (with_authorizer(authorizer), api_event(), api_event() | {"requestContext": None}):
        with pytest.raises(InvalidSetting, match="user pool"):
            Request.of(event, ID).caller  # noqa: B018 - a property


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", None),
        ("image/jpeg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("image/*", "image/jpeg"),
        ("image/png, */*;q=0.1", "image/png"),
        ("image/png, */*", "image/png"),
        ("image/avif,image/webp,image/png;q=0.9,image/*;q=0.5", "image/png"),
        ("application/json, image/jpeg", None),
        ("application/json;q=0.5, image/jpeg;q=0.6, image/png;q=0.7", "image/png"),
        ("image/jpeg;q=0", None),
        ("image/jpeg;q=0, image/*", "image/png"),
        ("image/jpeg;q=high", None),
        ("image/webp", None),
        (",;,image/jpeg ; q=1.0 ,", "image/jpeg"),
    ],
)
def test_the_accept_header_chooses_between_json_and_pictures(accept: str, kind: str | None) -> None:
    assert request(accept=accept).wants_picture() == kind


def test_an_error_has_its_status_code_and_request_id() -> None:
    answer = Responder(request()).error(NotDicom("no prefix"))
    body = json.loads(answer["body"])
    assert datetime.fromisoformat(body.pop("timestamp")).utcoffset() == timedelta(0)
    assert body == {"success": False, "error": "not_dicom", "message": "no prefix", "request_id": ID}
    assert answer["statusCode"] == 422
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest("a"), 400),
        (SourceNotAllowed("a"), 403),
        (SourceTimeout("a"), 504),
        (ServerlessDicomError(), 500),
    ],
)
def test_statuses_are_those_of_the_errors(error: ServerlessDicomError, status: int) -> None:
    assert Responder(request()).error(error)["statusCode"] == status


def test_a_direct_call_is_answered_with_the_body_alone() -> None:
    answer = Responder(Request.of({"url": 1}, ID)).error(NotDicom("no prefix"))
    assert (answer["success"], answer["error"]) == (False, "not_dicom")
    assert "statusCode" not in answer


def test_an_internal_error_tells_whom_to_ask() -> None:
    body = json.loads(Responder(request()).internal_error()["body"])
    assert body["error"] == "internal_error"
    assert "request_id" in body["message"]


def test_a_picture_is_bytes() -> None:
    answer = Responder(request()).picture("image/png", b"\x89PNG")
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "image/png")
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"\x89PNG"


def test_elsewhere_is_a_location() -> None:
    answer = Responder(request()).elsewhere("https://bucket/key?signature")
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, "https://bucket/key?signature")


@pytest.mark.parametrize(
    ("allowed", "origin", "told"),
    [
        (VIEWER, VIEWER, VIEWER),
        (VIEWER, "https://evil.example.org", None),
        (VIEWER, f"{VIEWER}.evil.org", None),
        ("", VIEWER, None),
        ("", "", None),
    ],
)
def test_only_pages_of_the_allowed_origin_may_read(allowed: str, origin: str, told: str | None) -> None:
    responder = Responder(request(origin=origin), allowed)
    for answer in (responder.body(200, {}), responder.preflight(), responder.internal_error()):
        assert answer["headers"].get("Access-Control-Allow-Origin") == told
    assert ("Access-Control-Allow-Headers" in responder.preflight()["headers"]) == bool(told)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_preflight_tells_the_route_s_method(method: str) -> None:
    headers = Responder(request(origin=VIEWER), VIEWER, method).preflight()["headers"]
    assert headers["Access-Control-Allow-Methods"] == method


def test_headers_of_an_answer_come_beside_the_usual_ones_and_pages_may_read_them() -> None:
    answer = Responder(request(origin=VIEWER), VIEWER).body(200, {}, {"Retry-After": "2"})
    assert (answer["headers"]["Retry-After"], answer["headers"]["Cache-Control"]) == ("2", "no-store")
    assert answer["headers"]["Access-Control-Expose-Headers"] == "Retry-After"
    assert "Retry-After" not in Responder(Request.of({}, ID)).body(200, {}, {"Retry-After": "2"})


def test_what_lambda_takes_is_measured_with_all_that_is_escaped() -> None:
    answer = {"statusCode": 200, "headers": {}, "body": ""}
    room = MAX_ANSWER - len(json.dumps(answer))
    assert fits(answer | {"body": "a" * room})
    assert not fits(answer | {"body": "a" * (room + 1)})
    assert fits(answer | {"body": '"' * (room // 2)})
    assert not fits(answer | {"body": '"' * (room // 2 + 1)})
    assert not fits(answer | {"body": "é" * (room // 2 + 1)})
