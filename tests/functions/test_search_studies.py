"""search_studies: what the index holds, page by page, with patient data in bodies alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from pydicom.data import get_testdata_file

from serverless_dicom.change import ObjectChange
from serverless_dicom.runtime import clients
from serverless_dicom.runtime.http import MAX_ANSWER
from serverless_dicom.stores.ledger import to_item
from tests.bucket import Bucket
from tests.datasets import SECRETS, as_file, make_dataset
from tests.functions.conftest import Function, refused
from tests.stack import INBOX, Stack

PAGE = "https://viewer.example.org"
KEY = "in/a b+日.dcm"


@pytest.fixture
def search(start: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch, stack: Stack, inbox: Bucket) -> Function:
    """The function; three studies of secret patients are indexed, and a CT of pydicom's."""
    for number in (1, 2, 3):
        uids = {"StudyInstanceUID": f"1.{number}", "SeriesInstanceUID": f"1.{number}.1"}
        data = as_file(make_dataset(**uids, StudyDate=f"2024010{number}"))
        stack.indexer.apply(inbox.put(f"{number}{KEY}", data).change)
        stack.studies.refresh(f"1.{number}")
    path = Path(str(get_testdata_file("CT_small.dcm", download=False)))
    stack.s3.put_object(Bucket=INBOX, Key="ct.dcm", Body=path.read_bytes())
    stack.indexer.apply(ObjectChange(INBOX, "ct.dcm", "created"))
    stack.studies.refresh(next(row["StudyInstanceUID"] for row in stack.objects() if row["Key"] == "ct.dcm"))
    monkeypatch.setenv("ALLOWED_ORIGIN", PAGE)
    return start("search_studies")


def call(fields: Any, *, method: str = "POST", **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": "/studies",
        "path": "/studies",
        "httpMethod": method,
        "headers": headers,
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": "0a1b"}}},
        "body": fields if isinstance(fields, str) else json.dumps(fields),
        "isBase64Encoded": False,
    }


def test_given_studies_then_their_rows_come_as_json(search: Function) -> None:
    answer = search(call({"studyDate": "20240101-20240102"}))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body.keys()) == (200, {"studies", "next", "timestamp"})
    assert [row["StudyInstanceUID"] for row in body["studies"]] == ["1.1", "1.2"]
    assert body["next"] is None
    row = body["studies"][0]
    assert (row["PatientName"], row["StudyDate"], row["ModalitiesInStudy"]) == ("Zzyzx^Quentin", "20240101", ["CT"])
    assert (row["NumberOfStudyRelatedInstances"], type(row["TotalSize"])) == (1, int)
    assert not {"PatientIDKey", "StudyDateKey", "StudyYear", "SortKey", "Header"} & row.keys()


def test_given_more_than_the_limit_then_the_pages_together_are_all(search: Function) -> None:
    for asked in ({}, {"studyDate": "20000101-"}, {"patientName": "*"}):
        found, token = list[str](), None
        while True:
            body = search(asked | {"limit": 1, "next": token})
            found += [row["StudyInstanceUID"] for row in body["studies"]]
            if not (token := body["next"]):
                break
        assert len(found) == len(set(found)) == 4


def test_given_a_study_then_its_objects_come_with_urls_to_read_them(search: Function, stack: Stack) -> None:
    body = search({"level": "object", "studyInstanceUid": "1.2"})

    (told,) = body["objects"]
    assert told.keys() - {"Rows", "Columns", "NumberOfFrames"} == {
        *("SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "InstanceNumber"),
        *("Size", "TransferSyntaxUID", "SOPClassUID", "s3Uri", "url"),
    }
    assert told["s3Uri"] == f"s3://{INBOX}/2{KEY}"
    url = urlsplit(told["url"])
    assert unquote(url.path).endswith(f"/2{KEY}")
    assert INBOX in url.netloc + url.path
    assert stack.s3.get_object(Bucket=INBOX, Key=f"2{KEY}")["ContentLength"] == told["Size"]
    assert "X-Amz-Expires=300" in url.query


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("{", ["JSON such as"]),
        ([], ["JSON object"]),
        (
            {"patientId": 4711, "studyDate": "1970-01-31", "limit": 0, "x": "Zzyzx"},
            ["patientId", "studyDate", "limit", "x"],
        ),
        ({"level": "object"}, ["studyInstanceUid"]),
        ({"next": "Zzyzx"}, ["next"]),
        ({"next": "OS45"}, ["search anew"]),
    ],
)
def test_given_a_wrong_request_then_all_is_told_and_no_value(search: Function, fields: Any, told: list[str]) -> None:
    answer = search(call(fields))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["error"]) == (400, "invalid_request")
    assert [part for part in told if part not in body["message"]] == []
    assert [secret for secret in ("4711", "1970", "Zzyzx") if secret in body["message"]] == []


def test_given_rows_of_very_long_texts_then_fewer_come_at_once(search: Function, stack: Stack) -> None:
    for number in range(60):
        row = {f"Text{name}": "\N{SNOWMAN}" * 1024 for name in range(20)}
        row |= {"StudyInstanceUID": f"5.{number}", "SortKey": "STUDY", "StudyYear": "1999", "StudyDateKey": "19990101"}
        stack.dynamodb.put_item(TableName=stack.metadata_table, Item=to_item(row | {"ModalitiesInStudy": ["CT"]}))

    found, token = list[str](), None
    while True:
        answer = search(call({"studyDate": "19990101", "limit": 60, "next": token}))
        assert len(json.dumps(answer)) <= MAX_ANSWER
        body = json.loads(answer["body"])
        found += [row["StudyInstanceUID"] for row in body["studies"]]
        if not (token := body["next"]):
            break
    assert sorted(found) == sorted(f"5.{number}" for number in range(60))


def test_given_a_table_that_refuses_then_the_caller_may_try_again(search: Function) -> None:
    with refused(clients.dynamodb_for_callers(), "dynamodb.Scan"):
        answer = search(call({}))

    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (503, "transient")


def test_given_a_page_of_the_allowed_origin_then_its_browser_is_let_through(search: Function) -> None:
    preflight = search(call("", method="OPTIONS", Origin=PAGE))

    assert (preflight["statusCode"], preflight["headers"]["Access-Control-Allow-Methods"]) == (204, "POST")


@pytest.mark.parametrize("name", ["search_studies", "search_studies_api"])
def test_given_the_sample_events_then_the_ct_is_found(search: Function, event: Callable[[str], Any], name: str) -> None:
    answer = search(event(name))

    if name == "search_studies":
        assert [row["s3Uri"] for row in answer["objects"]] == [f"s3://{INBOX}/ct.dcm"]
    else:
        assert [row["PatientID"] for row in json.loads(answer["body"])["studies"]] == ["1CT1"]


def test_nothing_of_patients_is_logged_or_in_a_url_or_token(
    search: Function, start: Callable[[str], Function], capsys: pytest.CaptureFixture[str]
) -> None:
    search = start("search_studies")  # here: it keeps the stdout that it starts with

    tokens = [
        search({"patientName": "zzyzx", "limit": 1})["next"],
        search({"studyDate": "20240101-", "limit": 1})["next"],
    ]
    urls = [row["url"] for row in search({"level": "object", "studyInstanceUid": "1.1"})["objects"]]
    search({"patientName": "*quentin"})
    search({"patientId": ["Zzyzx"]})

    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines() if "milliseconds" in line]
    assert [line["code"] for line in lines] == [*["ok"] * 4, "invalid_request"]
    assert [line.get("rows") for line in lines] == [1, 1, 1, 3, None]
    assert tokens == ["MS4x", "MS4x"]  # 1.1
    assert [secret for secret in [*SECRETS, "zzyzx", "Zzyzx"] if secret in out + err + "".join(urls)] == []
