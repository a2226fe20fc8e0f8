"""search_image_sets: what the archive holds, page by page, with patient data in bodies alone."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serverless_dicom.runtime import clients
from tests.archive import answered_by
from tests.functions.conftest import Function
from tests.image_sets import DATASTORE, DataStore, Set, frame_id
from tests.peers import refusal
from tests.stack import Stack

PAGE = "https://viewer.example.org"


class Tagged(DataStore):
    """A store that tells tags of its sets."""

    def search_image_sets(self, **wanted: Any) -> dict[str, Any]:
        answer = super().search_image_sets(**wanted)
        tags = {"DICOMPatientId": "PAT-4711", "DICOMPatientName": "Zzyzx^Quentin", "DICOMStudyDate": "20240229"}
        for one in answer["imageSetsMetadataSummaries"]:
            one["DICOMTags"] = tags
        return answer


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Iterator[DataStore]:
    """Three image sets, of which one is not primary."""
    assert stack.s3
    monkeypatch.setenv("DATASTORE_ID", DATASTORE)
    monkeypatch.setenv("ALLOWED_ORIGIN", PAGE)
    sets = [Set(frame_id(number), primary=number != 2) for number in (1, 2, 3)]
    store = Tagged(sets, page=2)
    with answered_by(store, clients.health_imaging_for_callers()):
        yield store


@pytest.fixture
def search(store: DataStore, start: Callable[[str], Function]) -> Function:
    assert store.sets
    return start("search_image_sets")


def call(fields: Any, *, method: str = "POST", **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": "/image-sets",
        "httpMethod": method,
        "headers": headers,
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": "0a1b"}}},
        "body": fields if isinstance(fields, str) else json.dumps(fields),
        "isBase64Encoded": False,
    }


def test_given_image_sets_then_the_primary_ones_come_as_json(search: Function) -> None:
    answer = search(call({"studyDate": "20240101-", "patientId": "PAT-4711"}))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body.keys()) == (200, {"imageSets", "next", "timestamp"})
    assert [row["imageSetId"] for row in body["imageSets"]] == [frame_id(1), frame_id(3)]
    assert (body["imageSets"][0]["PatientName"], body["next"]) == ("Zzyzx^Quentin", None)


def test_given_a_direct_call_then_the_body_alone_is_the_answer(search: Function) -> None:
    assert len(search({"all": True})["imageSets"]) == 3


def test_given_a_wrong_request_then_all_is_told_and_no_value(search: Function) -> None:
    answer = search(call({"patientId": 4711, "studyDate": "Zzyzx"}))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["error"]) == (400, "invalid_request")
    assert "patientId" in body["message"]
    assert not [secret for secret in ("4711", "Zzyzx") if secret in body["message"]]


def test_given_an_archive_that_refuses_then_that_is_told(search: Function, store: DataStore) -> None:
    def refuse(name: str, _: Any) -> None:
        raise refusal("AccessDeniedException", name)

    store.before = refuse
    answer = search(call({}))

    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (403, "archive_refused")


def test_given_a_stack_without_an_archive_then_that_is_told(
    start: Callable[[str], Function], store: DataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATASTORE_ID", "none")
    answer = start("search_image_sets")(call({}))

    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (409, "no_archive")
    assert store.calls == []


def test_given_a_page_of_the_allowed_origin_then_its_browser_is_let_through(search: Function) -> None:
    preflight = search(call("", method="OPTIONS", Origin=PAGE))

    assert (preflight["statusCode"], preflight["headers"]["Access-Control-Allow-Methods"]) == (204, "POST")


@pytest.mark.parametrize("name", ["search_image_sets", "search_image_sets_api"])
def test_given_the_sample_events_then_image_sets_are_found(
    search: Function, event: Callable[[str], Any], name: str
) -> None:
    answer = search(event(name))

    body = answer if name == "search_image_sets" else json.loads(answer["body"])
    assert body["imageSets"]


def test_nothing_of_patients_is_logged(
    search: Function, start: Callable[[str], Function], capsys: pytest.CaptureFixture[str]
) -> None:
    search = start("search_image_sets")  # here: it keeps the stdout that it starts with
    search({"patientId": "PAT-4711"})
    search({"accessionNumber": "Zzyzx", "patientId": ["Zzyzx"]})

    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines() if "milliseconds" in line]
    assert [(line["code"], line.get("rows")) for line in lines] == [("ok", 2), ("invalid_request", None)]
    assert [secret for secret in ("4711", "Zzyzx") if secret in out + err] == []
