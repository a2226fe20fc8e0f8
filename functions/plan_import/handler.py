"""Find out what an import will import, and split it into what HealthImaging takes at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.places import Place
from serverless_dicom.archive.planning import Plan, Planner
from serverless_dicom.errors import ImportInterrupted, InvalidEvent, PermanentError
from serverless_dicom.runtime.clients import dynamodb, s3_for_many
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.settings import PlanImportSettings
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SECONDS_TO_WRITE = 60
"""Of the function's time, kept for writing the plan down."""

settings = PlanImportSettings.of(os.environ)
jobs = ImportJobs(dynamodb(), settings.imports_table)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Plan the import of the workflow's `{"jobId", "source"}`.

    Answers `ok` and how many shards there are; not ok where there is nothing to go on with, as the row then says.
    What may help later is raised.
    """
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    seconds = context.get_remaining_time_in_millis() / 1000 - SECONDS_TO_WRITE
    try:
        with told_without_values(logger):
            plan = _plan(event["jobId"], event["source"], seconds)
    except PermanentError as error:
        jobs.fail(event["jobId"], error)
        return {"ok": False, "shards": 0}
    metrics.add_metric("FilesFound", MetricUnit.Count, plan.counts["found"])
    logger.info("planned", shards=len(plan.shards), files=plan.counts["found"], skipped=plan.counts["skipped"])
    return {"ok": True, "shards": len(plan.shards)}


def _plan(job_id: str, source: str, seconds: float) -> Plan:
    place = Place.of(source)
    if not place:
        raise InvalidEvent("source is no place such as s3://bucket/study/")
    logger.append_keys(job=job_id, bucket=place.bucket)
    if not jobs.advance(job_id, "planning"):
        raise ImportInterrupted("the import has ended before it was planned")
    documents = Documents.of_import(s3_for_many(), settings.results_bucket, job_id)
    plan = Planner(s3_for_many(), documents, settings.import_bucket).plan(place, seconds)
    jobs.planned(job_id, plan.counts, plan.skipped, list(plan.shards))
    return plan
