"""One shard of an import: started, waited for, asked about, collected, or given up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.imports import ShardImport
from serverless_dicom.archive.workflow import Workflow, failure_of
from serverless_dicom.errors import PermanentError
from serverless_dicom.runtime.clients import dynamodb, health_imaging, s3_for_many, step_functions
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.settings import RunImportJobSettings
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RunImportJobSettings.of(os.environ)
jobs, workflow = ImportJobs(dynamodb(), settings.imports_table), Workflow(step_functions())
archive = HealthImaging(health_imaging(), settings.datastore_id)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Take the `step` of the workflow's event: start, wait, check, collect or lose.

    Answers `ok`, and not ok where the shard was given up, which is written down then; what may help later is raised.
    """
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    answer: dict[str, Any] = {"ok": True, "importJobId": "", "over": False}
    try:
        with told_without_values(logger):
            logger.append_keys(job=event["jobId"], shard=event["shard"]["number"], step=event["step"])
            answer |= STEPS[event["step"]](event, _shard(event))
    except PermanentError as error:
        _give_up(event, error)
        answer["ok"] = False
    logger.info("done", ok=answer["ok"], over=answer["over"])
    return answer


def _shard(event: dict[str, Any]) -> ShardImport:
    documents = Documents.of_import(s3_for_many(), settings.results_bucket, event["jobId"])
    return ShardImport(s3_for_many(), archive, documents, event["jobId"], settings.import_role_arn, event["shard"])


def _start(event: dict[str, Any], shard: ShardImport) -> dict[str, Any]:
    import_id = shard.start()
    _tell(event, {"status": "importing", "importJobId": import_id})
    return {"importJobId": import_id}


def _wait(event: dict[str, Any], shard: ShardImport) -> dict[str, Any]:
    """Keep the token of the task, unless there is nothing to wait for: HealthImaging's events may have been sooner."""
    over = jobs.await_end(event["importJobId"], event["token"]) or shard.is_over(event["importJobId"])
    if over:
        workflow.resume(event["token"])
    return {"over": over}


def _check(event: dict[str, Any], shard: ShardImport) -> dict[str, Any]:
    return {"over": shard.is_over(event["importJobId"])}


def _collect(event: dict[str, Any], shard: ShardImport) -> dict[str, Any]:
    _tell(event, {"status": "complete", **shard.collect(event["importJobId"])})
    return {"over": True}


def _lose(event: dict[str, Any], _shard: ShardImport) -> dict[str, Any]:
    raise failure_of(event.get("error"))


def _give_up(event: dict[str, Any], error: PermanentError) -> None:
    numbers = _shard(event).lose(error.code, str(error))
    _tell(event, {"status": "failed", "message": str(error), **numbers})


def _tell(event: dict[str, Any], changes: dict[str, Any]) -> None:
    jobs.shard(event["jobId"], event["shard"]["number"], changes)


STEPS = {"start": _start, "wait": _wait, "check": _check, "collect": _collect, "lose": _lose}
