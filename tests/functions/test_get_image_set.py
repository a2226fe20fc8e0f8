"""get_image_set: what a viewer needs of one, as it is or where to find it."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from serverless_dicom.runtime import clients
from tests.archive import answered_by
from tests.functions.conftest import Function
from tests.image_sets import DATASTORE, IMAGE_SET, DataStore, Set, noise
from tests.stack import RESULTS, Stack


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Iterator[DataStore]:
    """An image set of two instances."""
    assert stack.s3
    monkeypatch.setenv("DATASTORE_ID", DATASTORE)
    monkeypatch.setenv("RESULTS_BUCKET", RESULTS)
    built = Set()
    built.add("1.2.3.1", noise(4, 4))
    built.add("1.2.3.2")
    store = DataStore([built])
    with answered_by(store, clients.health_imaging_for_callers()):
        yield store


@pytest.fixture
def get(store: DataStore, start: Callable[[str], Function]) -> Function:
    assert store.sets
    return start("get_image_set")


def call(image_set_id: str, method: str = "GET") -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": "/image-sets/{imageSetId}",
        "httpMethod": method,
        "headers": {},
        "pathParameters": {"imageSetId": image_set_id},
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": "0a1b"}}},
        "body": None,
        "isBase64Encoded": False,
    }


def test_given_an_image_set_then_its_instances_come_with_headers(get: Function) -> None:
    answer = get(call(IMAGE_SET))

    body = json.loads(answer["body"])
    ((first, second),) = [series["instances"] for series in body["series"]]
    assert (answer["statusCode"], body["imageSetId"]) == (200, IMAGE_SET)
    assert (len(first["frames"]), len(second["frames"])) == (1, 0)
    assert first["header"]


def test_given_one_that_is_too_large_then_it_is_kept_and_its_url_told(
    get: Function, store: DataStore, stack: Stack
) -> None:
    built = store.sets[0]
    built.add("1.2.3.9", noise(4, 4), number="9", ImageComments="x" * 5_000_000)

    body = json.loads(get(call(IMAGE_SET))["body"])

    assert body.keys() == {"imageSetId", "url", "timestamp"}
    key = unquote(urlsplit(body["url"]).path).partition("converted/")[2]
    kept = stack.s3.get_object(Bucket=RESULTS, Key=f"converted/{key}")
    assert (kept["ContentType"], kept["ContentEncoding"]) == ("application/json", "gzip")
    found = json.loads(gzip.decompress(kept["Body"].read()))
    assert [one["SOPInstanceUID"] for one in found["series"][0]["instances"]] == ["1.2.3.1", "1.2.3.2", "1.2.3.9"]


def test_given_no_such_image_set_then_that_is_told(get: Function) -> None:
    answer = get(call("b" * 32))

    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (404, "image_set_not_found")


def test_given_what_is_no_id_then_that_is_told(get: Function) -> None:
    answer = get(call("PAT-4711"))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["error"]) == (400, "invalid_request")
    assert "4711" not in body["message"]


@pytest.mark.parametrize("name", ["get_image_set", "get_image_set_api"])
def test_given_the_sample_events_then_the_image_set_is_told(
    get: Function, event: Callable[[str], Any], name: str
) -> None:
    answer = get(event(name))

    body = answer if name == "get_image_set" else json.loads(answer["body"])
    assert body["imageSetId"] == IMAGE_SET


def test_nothing_of_patients_is_logged(
    get: Function, start: Callable[[str], Function], capsys: pytest.CaptureFixture[str]
) -> None:
    get = start("get_image_set")  # here: it keeps the stdout that it starts with
    get(call(IMAGE_SET))

    out, err = capsys.readouterr()
    (line,) = [json.loads(line) for line in out.splitlines() if "milliseconds" in line]
    assert (line["image_set"], line["instances"], line["frames"]) == (IMAGE_SET, 2, 1)
    assert [secret for secret in ("4711", "Zzyzx") if secret in out + err] == []
