"""start_import: an import, whose workflow begins; or why there is none."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serverless_dicom.runtime import clients
from serverless_dicom.stores.ledger import from_item
from tests.answering import StepFunctions, answered
from tests.functions.conftest import Function
from tests.stack import INBOX, Stack

OWNER = "0a1b2c3d-1111-2222-3333-444455556666"
ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:serverless-dicom-import"
PAGE = "https://viewer.example.org"
SETTINGS = {"IMPORTS_TABLE": "ImportJobs", "WORKFLOW_ARN": ARN, "DATASTORE_ID": "d" * 32, "ALLOWED_ORIGIN": PAGE}


@pytest.fixture
def start_import(start: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch) -> Function:
    for name, value in (SETTINGS | {"ALLOWED_BUCKETS": f"{INBOX},archive"}).items():
        monkeypatch.setenv(name, value)
    return start("start_import")


@pytest.fixture
def workflows(start_import: Function) -> Iterator[StepFunctions]:  # noqa: ARG001 - its client is there then
    peer = StepFunctions()
    with answered(clients.step_functions(), peer):
        yield peer


def call(fields: Any, method: str = "POST", **headers: str) -> dict[str, Any]:
    """An event of the API."""
    return {
        "resource": "/imports",
        "path": "/imports",
        "httpMethod": method,
        "headers": headers,
        "requestContext": {"stage": "live", "authorizer": {"claims": {"sub": OWNER}}},
        "body": fields if isinstance(fields, str) else json.dumps(fields),
        "isBase64Encoded": False,
    }


def rows(stack: Stack) -> list[dict[str, Any]]:
    return [from_item(item) for item in stack.dynamodb.scan(TableName=stack.imports_table)["Items"]]


def test_given_a_place_then_its_import_waits_for_the_workflow_that_begins(
    start_import: Function, workflows: StepFunctions, stack: Stack
) -> None:
    answer = start_import(call({"source": "s3://archive/study/"}))

    body = json.loads(answer["body"])
    assert answer["statusCode"] == 202
    assert (body["status"], body["source"]) == ("pending", "s3://archive/study/")
    (row,) = rows(stack)
    assert (row["JobId"], row["Owner"], row["Status"]) == (body["jobId"], OWNER, "pending")
    execution = workflows.executions[body["jobId"]]
    assert execution["stateMachineArn"] == ARN
    assert json.loads(execution["input"]) == {"jobId": body["jobId"], "source": "s3://archive/study/"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"source": "s3://elsewhere/"}, (403, "source_not_allowed")),
        ({}, (400, "invalid_request")),
        ({"source": "s3://archive/", "owner": "me"}, (400, "invalid_request")),
        ("no JSON", (400, "invalid_request")),
    ],
)
def test_given_what_may_not_be_imported_then_nothing_begins(
    start_import: Function, workflows: StepFunctions, stack: Stack, fields: Any, expected: tuple[int, str]
) -> None:
    answer = start_import(call(fields))
    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == expected
    assert (rows(stack), workflows.executions) == ([], {})


def test_given_no_data_store_then_what_to_do_is_told(
    start: Callable[[str], Function], start_import: Function, monkeypatch: pytest.MonkeyPatch, stack: Stack
) -> None:
    monkeypatch.setenv("DATASTORE_ID", "none")
    answer = start("start_import")(call({"source": "s3://archive/"}))
    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (409, "no_archive")
    assert "parameter DatastoreId" in json.loads(answer["body"])["message"]
    assert rows(stack) == []
    assert start_import({"source": "s3://elsewhere/"})["error"] == "source_not_allowed"


def test_given_a_workflow_that_does_not_begin_then_its_import_has_failed(
    start_import: Function, workflows: StepFunctions, stack: Stack
) -> None:
    workflows.away = True
    answer = start_import(call({"source": "s3://archive/"}))
    assert answer["statusCode"] == 503
    (row,) = rows(stack)
    assert (row["Status"], row["ErrorCode"]) == ("failed", "import_interrupted")


def test_given_a_page_of_the_allowed_origin_then_it_may_call(start_import: Function) -> None:
    answer = start_import(call("", method="OPTIONS", Origin=PAGE))
    assert (answer["statusCode"], answer["headers"]["Access-Control-Allow-Methods"]) == (204, "POST")


@pytest.mark.parametrize("name", ["start_import", "start_import_api"])
def test_given_the_sample_events_then_there_is_an_import(
    start_import: Function, workflows: StepFunctions, event: Callable[[str], Any], name: str
) -> None:
    answer = start_import(event(name))
    body = answer if name == "start_import" else json.loads(answer["body"])
    assert body["jobId"] in workflows.executions
