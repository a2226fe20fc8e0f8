"""The workflow: started once, resumed where it waits, and what its giving up is called."""

import json
from typing import Any

import pytest

from serverless_dicom.archive.workflow import Workflow, failure_of
from serverless_dicom.errors import TransientError
from tests.answering import StepFunctions

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:serverless-dicom-import"


def workflow(peer: Any) -> Workflow:
    return Workflow(peer, ARN)


def test_an_import_s_workflow_is_started_once_however_often_it_is_asked_for() -> None:
    peer = StepFunctions()
    for _ in range(2):
        workflow(peer).start("0a1b", "s3://inbox/")
    (execution,) = peer.executions.values()
    assert (execution["stateMachineArn"], execution["name"]) == (ARN, "0a1b")
    assert json.loads(execution["input"]) == {"jobId": "0a1b", "source": "s3://inbox/"}


def test_a_task_goes_on_and_one_that_does_not_wait_any_more_is_nothing_to_worry_about() -> None:
    peer = StepFunctions(waiting={"token"})
    assert workflow(peer).resume("token") is True
    assert workflow(peer).resume("token") is False
    assert peer.resumed == ["token"]


def test_given_a_service_that_refuses_then_it_may_be_tried_again() -> None:
    for act in (lambda one: one.start("0a1b", "s3://inbox/"), lambda one: one.resume("token")):
        with pytest.raises(TransientError):
            act(workflow(StepFunctions(away=True)))


def caught(name: str, message: str) -> dict[str, str]:
    return {"Error": name, "Cause": json.dumps({"errorType": name, "errorMessage": message, "stackTrace": []})}


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (caught("NothingToImport", "nothing is there"), "nothing_to_import", "nothing is there"),
        (caught("ArchiveBusy", "frame x: throttled"), "import_interrupted", "frame x: throttled: import anew"),
        (caught("KeyError", "PAT-4711"), "import_interrupted", "the workflow gave up (KeyError)"),
        (caught("ClassVar", "PAT-4711"), "import_interrupted", "the workflow gave up (ClassVar)"),
        ({"Error": "States.Timeout"}, "import_interrupted", "the workflow gave up (States.Timeout)"),
        ({"Error": "TransientError", "Cause": "no JSON"}, "import_interrupted", "TransientError: import anew"),
        (None, "import_interrupted", "the workflow gave up (no reason)"),
        ({}, "import_interrupted", "the workflow gave up (no reason)"),
    ],
)
def test_what_made_it_give_up_is_told_without_what_others_quote(error: Any, code: str, told: str) -> None:
    failure = failure_of(error)
    assert failure.code == code
    assert told in str(failure)
    assert "PAT-4711" not in str(failure)
