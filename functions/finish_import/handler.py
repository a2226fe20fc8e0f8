"""Put together what an import has come to: before its frames are verified, and in the end, whichever that is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.summing import gathered, summed_up
from serverless_dicom.archive.workflow import failure_of
from serverless_dicom.errors import InvalidEvent
from serverless_dicom.runtime.clients import dynamodb, s3_for_many
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.settings import FinishImportSettings
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = FinishImportSettings.of(os.environ)
jobs = ImportJobs(dynamodb(), settings.imports_table)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Take the `step` of the workflow's event: gather, finish or close; or EventBridge's word that it ended badly."""
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    with told_without_values(logger):
        detail = event.get("detail") if event.get("source") == "aws.states" else None
        if detail:
            event = {"step": "close", "jobId": detail["name"], "error": {"Error": f"it is {detail['status']}"}}
        step = STEPS.get(event.get("step"))
        if not step:
            raise InvalidEvent(f"step must be one of {', '.join(STEPS)}")
        logger.append_keys(job=event["jobId"], step=event["step"])
        answer = step(event, Documents.of_import(s3_for_many(), settings.results_bucket, event["jobId"]))
    logger.info("done", **answer)
    return answer


def _gather(event: dict[str, Any], documents: Documents) -> dict[str, Any]:
    gathering = gathered(documents)
    jobs.advance(event["jobId"], "verifying", _counted(gathering.counts))
    return {"batches": gathering.batches}


def _finish(event: dict[str, Any], documents: Documents) -> dict[str, Any]:
    summary = summed_up(documents)
    told = {"Failures": summary.failures, "Warnings": summary.warnings, "Frames": summary.frames}
    jobs.end(event["jobId"], summary.status, _counted(summary.counts) | told, summary.error)
    metrics.add_metric(f"Imports{summary.status.title()}", MetricUnit.Count, 1)
    return {"status": summary.status}


def _close(event: dict[str, Any], _documents: Documents) -> dict[str, Any]:
    error = failure_of(event.get("error"))
    jobs.fail(event["jobId"], error)
    metrics.add_metric("ImportsFailed", MetricUnit.Count, 1)
    return {"status": "failed", "code": error.code}


def _counted(counts: dict[str, int]) -> dict[str, int]:
    return {f"Counts.{name}": number for name, number in counts.items()}


STEPS = {"gather": _gather, "finish": _finish, "close": _close}
