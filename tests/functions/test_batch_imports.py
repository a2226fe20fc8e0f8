"""batch_imports: new objects of the inbox, imported many at once, and the same ones once."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serverless_dicom.runtime import clients
from serverless_dicom.stores.import_jobs import ImportJobs
from tests.answering import StepFunctions, answered
from tests.bucket import Bucket, batch
from tests.functions.conftest import Function
from tests.stack import INBOX, RESULTS, Stack

DIRECT = "lambda:InvokeFunction"
ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:serverless-dicom-import"


@pytest.fixture
def batch_imports(start: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch) -> Function:
    for name, value in {"IMPORTS_TABLE": "ImportJobs", "RESULTS_BUCKET": RESULTS, "WORKFLOW_ARN": ARN}.items():
        monkeypatch.setenv(name, value)
    return start("batch_imports")


@pytest.fixture
def workflows(batch_imports: Function) -> Iterator[StepFunctions]:  # noqa: ARG001 - its client is there then
    peer = StepFunctions()
    with answered(clients.step_functions(), peer):
        yield peer


def keys(stack: Stack, job_id: str) -> list[str]:
    body = stack.s3.get_object(Bucket=RESULTS, Key=f"imports/{job_id}/objects.ndjson")["Body"].read()
    return [json.loads(line)["key"] for line in body.splitlines()]


def test_given_a_batch_then_its_objects_are_one_import_each_once(
    batch_imports: Function, workflows: StepFunctions, inbox: Bucket, stack: Stack
) -> None:
    changes = [inbox.put("a b+日.dcm", b"1"), inbox.put("b.dcm", b"2"), inbox.put("b.dcm", b"3"), inbox.delete("c.dcm")]

    answer = batch_imports(batch(*(change.event_bridge() for change in changes)))

    assert answer == {"batchItemFailures": []}
    ((job_id, execution),) = workflows.executions.items()
    assert json.loads(execution["input"]) == {"jobId": job_id, "source": f"s3://{INBOX}/"}
    assert keys(stack, job_id) == ["a b+日.dcm", "b.dcm"]
    assert ImportJobs(stack.dynamodb, stack.imports_table).find(job_id, DIRECT).status == "pending"


def test_given_the_same_batch_again_then_it_is_the_same_import(
    batch_imports: Function, workflows: StepFunctions, inbox: Bucket
) -> None:
    again = batch(inbox.put("a.dcm", b"1").event_bridge())
    batch_imports(again)
    batch_imports(again)
    assert len(workflows.executions) == 1


def test_given_objects_of_two_buckets_then_each_has_its_import(
    batch_imports: Function, workflows: StepFunctions, inbox: Bucket
) -> None:
    other = inbox.put("a.dcm", b"1").event_bridge()
    other["detail"]["bucket"]["name"] = "existing"
    batch_imports(batch(inbox.put("b.dcm", b"1").event_bridge(), other))
    sources = {json.loads(execution["input"])["source"] for execution in workflows.executions.values()}
    assert sources == {f"s3://{INBOX}/", "s3://existing/"}


def test_given_a_message_that_tells_of_nothing_then_it_alone_is_set_aside(
    batch_imports: Function, workflows: StepFunctions, inbox: Bucket
) -> None:
    answer = batch_imports(batch("no JSON", inbox.put("a.dcm", b"1").event_bridge()))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert len(workflows.executions) == 1
    assert batch_imports(batch(inbox.delete("a.dcm").event_bridge())) == {"batchItemFailures": []}
    assert len(workflows.executions) == 1


def test_given_a_workflow_that_does_not_begin_then_the_batch_comes_again(
    batch_imports: Function, workflows: StepFunctions, inbox: Bucket
) -> None:
    workflows.away = True
    with pytest.raises(Exception, match="ServiceUnavailable"):
        batch_imports(batch(inbox.put("a.dcm", b"1").event_bridge()))


def test_given_the_sample_event_or_a_notification_then_there_is_an_import(
    batch_imports: Function, workflows: StepFunctions, inbox: Bucket, event: Callable[[str], Any]
) -> None:
    assert batch_imports(event("batch_imports")) == {"batchItemFailures": []}
    answer = batch_imports(inbox.put("a.dcm", b"1").notification())
    assert (answer["statusCode"], set(answer["body"]) <= workflows.executions.keys()) == (202, True)
    assert batch_imports({"no": "event"})["statusCode"] == 400
