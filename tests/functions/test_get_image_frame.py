"""get_image_frame: a frame's bytes as they are stored, or where to find them."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from serverless_dicom.runtime import clients
from tests.archive import answered_by
from tests.functions.conftest import Function
from tests.image_sets import DATASTORE, IMAGE_SET, DataStore, Set, boxed, encoded, frame_id, noise
from tests.stack import RESULTS, Stack

FRAME = noise(8, 8)
LARGE = np.random.default_rng(1).bytes(5_000_000)


@pytest.fixture
def get(monkeypatch: pytest.MonkeyPatch, stack: Stack, start: Callable[[str], Function]) -> Iterator[Function]:
    """The function; an image set has a frame in the boxes of a file, and a large one."""
    assert stack.s3
    monkeypatch.setenv("DATASTORE_ID", DATASTORE)
    monkeypatch.setenv("RESULTS_BUCKET", RESULTS)
    built = Set()
    built.add("1.2.3.1", FRAME, box=True)
    built.frames[frame_id(2)] = boxed(LARGE)
    with answered_by(DataStore([built]), clients.health_imaging_for_callers()):
        yield start("get_image_frame")


def call(frame: str, image_set: str = IMAGE_SET, **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": "/image-sets/{imageSetId}/frames/{frameId}",
        "httpMethod": "GET",
        "headers": headers,
        "pathParameters": {"imageSetId": image_set, "frameId": frame},
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": "0a1b"}}},
        "body": None,
        "isBase64Encoded": False,
    }


def test_given_a_frame_then_its_codestream_comes_without_boxes(get: Function) -> None:
    answer = get(call(frame_id(1)))

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"]["Content-Type"] == "application/octet-stream"
    assert base64.b64decode(answer["body"]) == encoded(FRAME)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json, */*"])
def test_given_a_frame_that_is_too_large_then_it_is_told_where_it_lies(
    get: Function, stack: Stack, accept: str | None
) -> None:
    answer = get(call(frame_id(2), **({"Accept": accept} if accept else {})))

    as_json = accept is not None and "json" in accept
    assert answer["statusCode"] == (200 if as_json else 303)
    url = json.loads(answer["body"])["url"] if as_json else answer["headers"]["Location"]
    key = unquote(urlsplit(url).path).partition("converted/")[2]
    assert stack.s3.get_object(Bucket=RESULTS, Key=f"converted/{key}")["Body"].read() == LARGE


def test_given_a_direct_call_then_the_bytes_are_in_the_answer_or_their_url(get: Function) -> None:
    small = get({"imageSetId": IMAGE_SET, "frameId": frame_id(1)})
    large = get({"imageSetId": IMAGE_SET, "frameId": frame_id(2)})

    assert base64.b64decode(small["data"]) == encoded(FRAME)
    assert "converted/" in large["url"]


@pytest.mark.parametrize(
    ("image_set", "frame", "status", "code"),
    [
        (IMAGE_SET, frame_id(9), 404, "frame_not_found"),
        ("b" * 32, frame_id(1), 404, "frame_not_found"),
        ("PAT-4711", "x", 400, "invalid_request"),
    ],
)
def test_given_ids_of_nothing_then_that_is_told(
    get: Function, image_set: str, frame: str, status: int, code: str
) -> None:
    answer = get(call(frame, image_set))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["error"]) == (status, code)
    assert "4711" not in body["message"]


@pytest.mark.parametrize("name", ["get_image_frame", "get_image_frame_api"])
def test_given_the_sample_events_then_the_frame_comes(get: Function, event: Callable[[str], Any], name: str) -> None:
    answer = get(event(name))

    assert base64.b64decode(answer["data" if name == "get_image_frame" else "body"]) == encoded(FRAME)
