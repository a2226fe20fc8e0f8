"""The workflow of imports (Step Functions): started, resumed where it waits, and what it says of an error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from serverless_dicom import errors
from serverless_dicom.errors import ImportInterrupted, ServerlessDicomError, TransientError
from serverless_dicom.faults import error_code, translated

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""What Step Functions says of a token whose task does not wait any more."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A state machine; every method may raise TransientError."""

    client: SFNClient
    arn: str = ""

    def start(self, job_id: str, source: str) -> None:
        """Start the workflow of an import; once, however often it is asked for."""
        with translated(f"starting the workflow of import {job_id}"):
            try:
                self.client.start_execution(
                    stateMachineArn=self.arn, name=job_id, input=json.dumps({"jobId": job_id, "source": source})
                )
            except ClientError as error:
                if error_code(error) != "ExecutionAlreadyExists":
                    raise

    def resume(self, token: str) -> bool:
        """Let the task that waits with this token go on; False where none does any more."""
        with translated("resuming a workflow"):
            try:
                self.client.send_task_success(taskToken=token, output="{}")
            except ClientError as error:
                if error_code(error) not in _OVER:
                    raise
                return False
        return True


def failure_of(error: Any) -> ServerlessDicomError:
    """What made a workflow give up, as a state's Catch has it: `{"Error": …, "Cause": JSON of a function's error}`.

    The text of an error that is none of this package's stays out: it may quote what was worked at.
    """
    name = str(error.get("Error") or "no reason") if isinstance(error, dict) else "no reason"
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, ServerlessDicomError)):
        return ImportInterrupted(f"the workflow gave up ({name}): import anew; its history tells more")
    try:
        message = str(json.loads(error["Cause"])["errorMessage"])
    except (KeyError, TypeError, ValueError):
        message = name
    if issubclass(kind, TransientError):
        return ImportInterrupted(f"{message}: import anew")
    return kind(message)
