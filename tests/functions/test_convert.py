"""convert: a picture, or an error that says what is wrong, in the form in which the caller asked."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from serverless_dicom.runtime import clients
from tests.datasets import SECRETS, as_file, make_dataset
from tests.functions.conftest import Function, refused
from tests.stack import INBOX, Stack

RESULTS = "results"
ARCHIVE = "archive"
VIEWER = "https://viewer.example.org"
CT = as_file(make_dataset())
URL = f"s3://{INBOX}/ct.dcm"
SIGNATURE = "X-Amz-Signature=0123456789abcdef"


@pytest.fixture
def convert(start: Callable[[str], Function], stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Function:
    """The function; `ct.dcm` is in the inbox."""
    for name, value in {
        "ALLOWED_BUCKETS": f"{INBOX},{ARCHIVE}",
        "RESULTS_BUCKET": RESULTS,
        "ALLOWED_ORIGIN": VIEWER,
    }.items():
        monkeypatch.setenv(name, value)
    stack.s3.create_bucket(Bucket=RESULTS)
    stack.s3.put_object(Bucket=INBOX, Key="ct.dcm", Body=CT)
    return start("convert")


def call(fields: Any, *, path: str = "/convert", method: str = "POST", **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "requestContext": {"stage": "live"},
        "body": fields if isinstance(fields, str) else json.dumps(fields),
        "isBase64Encoded": False,
    }


def large() -> bytes:
    """An image whose PNG Lambda does not take: noise does not compress."""
    side = 2600
    elements = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    dataset = make_dataset(Rows=side, Columns=side, **elements)
    dataset.add_new(0x7FE00010, "OB", Random(1).randbytes(side * side))  # noqa: S311 - noise, no secret
    return as_file(dataset)


def test_given_an_object_when_it_is_asked_for_then_its_picture_comes_with_its_metadata(convert: Function) -> None:
    answer = convert(call({"url": URL}))

    body = json.loads(answer["body"])
    picture = base64.b64decode(body["data"]["image_base64"])
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "application/json")
    assert body["success"] is True
    assert body["message"] == "DICOM successfully converted to JPG"
    assert body["data"].keys() == {"image_base64", "file_size", "format", "quality"}
    assert (body["data"]["file_size"], body["data"]["format"], body["data"]["quality"]) == (len(picture), "jpg", 85)
    assert datetime.fromisoformat(body["timestamp"])
    assert (body["metadata"]["PatientName"], body["metadata"]["Modality"]) == ("Zzyzx^Quentin", "CT")
    assert (body["metadata"]["Rows"], body["metadata"]["Columns"]) == (4, 4)
    with Image.open(BytesIO(picture)) as image:
        assert (image.format, image.size) == ("JPEG", (4, 4))


def test_given_a_direct_call_then_the_answer_is_what_the_api_has_as_its_body(convert: Function) -> None:
    for fields in ({"url": URL}, {"url": URL, "quality": 101}, {"url": f"s3://{INBOX}/nothing"}):
        direct, wrapped = convert(fields), json.loads(convert(call(fields))["body"])
        assert direct.pop("timestamp") != wrapped.pop("timestamp")
        assert direct == wrapped


def test_given_options_then_they_are_heeded_and_told(convert: Function) -> None:
    fields = {"url": URL, "output_format": "png", "explain": True, "include_metadata": False, "width": 2}

    body = convert(fields)

    assert body["message"] == "DICOM successfully converted to PNG"
    assert "metadata" not in body
    assert body["explanation"]["voi"]
    with Image.open(BytesIO(base64.b64decode(body["data"]["image_base64"]))) as image:
        assert (image.format, image.size) == ("PNG", (2, 2))


@pytest.mark.parametrize(
    ("accept", "fields", "kind"),
    [
        ("image/jpeg", {}, "image/jpeg"),
        ("text/html, image/png;q=0.9", {}, "image/png"),
        ("image/*", {"output_format": "png"}, "image/png"),
        ("*/*", {}, "application/json"),
    ],
)
def test_given_an_accept_header_then_the_picture_itself_comes(
    convert: Function, accept: str, fields: dict[str, str], kind: str
) -> None:
    answer = convert(call({"url": URL} | fields, Accept=accept))

    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, kind)
    assert answer.get("isBase64Encoded", False) == (kind != "application/json")
    if kind != "application/json":
        with Image.open(BytesIO(base64.b64decode(answer["body"]))) as image:
            assert Image.MIME[str(image.format)] == kind


@pytest.mark.parametrize(
    ("fields", "expected", "told"),
    [
        ("{", "400 invalid_request", "JSON"),
        ([], "400 invalid_request", "JSON object"),
        ({}, "400 invalid_request", "url"),
        ({"url": URL, "frame": 2}, "400 invalid_request", "frame"),
        ({"url": "s3://somebody-elses/ct.dcm"}, "403 source_not_allowed", "AllowedBuckets"),
        ({"url": "http://169.254.169.254/latest"}, "403 source_not_allowed", "AllowedHosts"),
        ({"url": "ftp://ftp.example.org/ct.dcm"}, "403 source_not_allowed", "AllowFtp"),
        ({"url": f"https://{'0' * 32}.r2.cloudflarestorage.com/bucket/k"}, "403 source_not_allowed", "R2AccountIds"),
        ({"url": f"s3://{INBOX}/nothing"}, "404 object_not_found", "nothing"),
        ({"url": f"s3://{ARCHIVE}/ct.dcm"}, "404 object_not_found", "NoSuchBucket"),
        ({"url": f"s3://{INBOX}/text.txt"}, "422 not_dicom", ""),
        ({"url": f"s3://{INBOX}/report.dcm"}, "422 no_pixel_data", "SR"),
        ({"url": f"s3://{INBOX}/short.dcm"}, "422 truncated_pixel_data", ""),
    ],
)
def test_given_what_cannot_be_drawn_then_the_error_says_why(
    convert: Function, stack: Stack, fields: Any, expected: str, told: str
) -> None:
    report = make_dataset(pixels=False, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    objects = {"text.txt": b"plain text " * 100, "report.dcm": as_file(report), "short.dcm": CT[:-16]}
    for key, data in objects.items():
        stack.s3.put_object(Bucket=INBOX, Key=key, Body=data)

    answer = convert(call(fields))

    body = json.loads(answer["body"])
    assert f"{answer['statusCode']} {body['error']}" == expected
    assert body.keys() == {"success", "error", "message", "request_id", "timestamp"}
    assert body["success"] is False
    assert told in body["message"]


def test_given_many_wrong_fields_then_each_is_named(convert: Function) -> None:
    wrong = {"url": 1, "quality": 0, "output_format": "gif", "frames": 2, "window_width": 5}

    body = json.loads(convert(call(wrong))["body"])

    assert [name for name in wrong if name not in body["message"]] == []


@pytest.fixture
def huge(convert: Function, stack: Stack) -> dict[str, str]:  # noqa: ARG001 - comes first
    """A request whose picture is too large for an answer."""
    stack.s3.put_object(Bucket=INBOX, Key="large.dcm", Body=large())
    return {"url": f"s3://{INBOX}/large.dcm", "output_format": "png"}


def handed_out(stack: Stack, url: str) -> bytes:
    """What a URL gives that the function has signed, with a look at how long."""
    parts = urlsplit(url)
    (seconds,) = parse_qs(parts.query)["X-Amz-Expires"]
    key = parts.path.rpartition("converted/")[2]
    found = stack.s3.get_object(Bucket=RESULTS, Key=f"converted/{key}")
    assert (seconds, found["ContentType"], Path(key).suffix) == ("300", "image/png", ".png")
    return bytes(found["Body"].read())


def test_given_a_picture_that_lambda_does_not_take_then_a_url_stands_in_its_place(
    convert: Function, stack: Stack, huge: dict[str, str]
) -> None:
    body = json.loads(convert(call(huge))["body"])

    assert body["data"].keys() == {"image_url", "file_size", "format", "quality"}
    assert len(handed_out(stack, body["data"]["image_url"])) == body["data"]["file_size"] > 4_700_000


def test_given_a_picture_that_lambda_does_not_take_then_an_image_is_a_redirection(
    convert: Function, stack: Stack, huge: dict[str, str]
) -> None:
    answer = convert(call(huge, Accept="image/png"))

    assert (answer["statusCode"], answer["body"]) == (303, "")
    assert handed_out(stack, answer["headers"]["Location"]).startswith(b"\x89PNG")


def test_given_a_fault_of_ours_then_nothing_of_its_text_is_told(
    start: Callable[[str], Function], huge: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    convert = start("convert")  # here: it keeps the stdout that it starts with

    with refused(clients.s3_for_urls(), "s3.PutObject"):
        answer = convert(call(huge))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["error"]) == (500, "internal_error")
    assert body["request_id"] in {json.loads(line)["function_request_id"] for line in logged(capsys.readouterr().out)}
    assert "AccessDenied" not in answer["body"]
    assert "told to" not in answer["body"]


def logged(out: str) -> list[str]:
    """The lines of a log, without metrics."""
    return [line for line in out.splitlines() if "function_request_id" in line]


def test_given_a_page_of_the_allowed_origin_then_its_browser_is_let_through(convert: Function) -> None:
    preflight = convert(call("", method="OPTIONS", Origin=VIEWER))
    answer = convert(call({"url": URL}, Origin=VIEWER))
    stranger = convert(call("", method="OPTIONS", Origin="https://evil.example.org"))

    assert preflight["statusCode"] == 204
    assert "Authorization" in preflight["headers"]["Access-Control-Allow-Headers"]
    assert answer["headers"]["Access-Control-Allow-Origin"] == VIEWER
    assert not [name for name in stranger["headers"] if name.startswith("Access-Control")]


def test_given_a_health_check_then_every_decoder_says_how_it_is(convert: Function, event: Callable[[str], Any]) -> None:
    answer = convert(event("health"))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["status"]) == (200, "ok")
    assert body["version"]
    assert len(body["decoders"]) >= 6
    assert set(body["decoders"].values()) == {"ok"}


@pytest.mark.parametrize("name", ["convert", "convert_api"])
def test_given_the_sample_events_when_the_object_is_there_then_it_is_drawn(
    convert: Function, stack: Stack, event: Callable[[str], Any], name: str
) -> None:
    path = Path(str(get_testdata_file("CT_small.dcm", download=False)))
    stack.s3.put_object(Bucket=INBOX, Key="demo/CT_small.dcm", Body=path.read_bytes())

    answer = convert(event(name))

    encoded = answer["body"] if name == "convert_api" else answer["data"]["image_base64"]
    with Image.open(BytesIO(base64.b64decode(encoded))) as image:
        assert (image.format, image.size) == ("PNG", (128, 128))


def test_one_line_is_logged_a_call_and_nothing_of_patients_or_queries(
    convert: Function, start: Callable[[str], Function], capsys: pytest.CaptureFixture[str]
) -> None:
    convert = start("convert")  # here: it keeps the stdout that it starts with
    signed = f"https://{INBOX}.s3.amazonaws.com/ct.dcm?{SIGNATURE}"
    urls = [URL, signed, f"https://user:hush@example.org/?{SIGNATURE}", f"http://10.0.0.1/?{SIGNATURE}"]

    for url in urls:
        convert(call({"url": url}))

    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in logged(out)]
    assert [line.get("source") for line in lines] == ["s3", "s3", None, "http"]
    assert [line.get("place") for line in lines] == [INBOX, INBOX, None, "10.0.0.1"]
    assert [line["code"] for line in lines] == ["ok", "ok", "invalid_request", "source_not_allowed"]
    assert all(line["milliseconds"] >= 0 for line in lines)
    told = out + err
    assert [secret for secret in [*SECRETS, "0123456789abcdef", "hush"] if secret in told] == []
