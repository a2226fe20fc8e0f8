"""Verify the frames of image sets that an import has made."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.rates import PUBLISHED
from serverless_dicom.archive.verification import Verifier
from serverless_dicom.runtime.clients import dynamodb, health_imaging, s3_for_many
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.settings import VerifyImageSetSettings
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SECONDS_TO_WRITE = 60
"""Of the function's time, kept for writing down what was found."""

settings = VerifyImageSetSettings.of(os.environ)
jobs = ImportJobs(dynamodb(), settings.imports_table)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Verify the image sets of the workflow's `{"jobId", "batch"}`; `done` says whether that was all of it.

    Where the time is up before, the same event goes on with what is left.
    """
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - SECONDS_TO_WRITE
    with told_without_values(logger):
        job_id, batch = event["jobId"], event["batch"]
        logger.append_keys(job=job_id, batch=batch["number"])
        rates = {operation: rate / batch["share"] for operation, rate in PUBLISHED.items()}
        archive = HealthImaging(health_imaging(), settings.datastore_id, rates=rates)
        verifier = Verifier(archive, Documents.of_import(s3_for_many(), settings.results_bucket, job_id))
        for one in batch["imageSets"]:
            known = verifier.verify(one["id"], one["version"], until)
            if known["new"]:
                jobs.verified(job_id, known["new"])
            metrics.add_metric("FramesVerified", MetricUnit.Count, known["new"])
            logger.info("verified", imageSet=one["id"], frames=known["new"], mismatched=known["mismatched"])
            if time.monotonic() >= until:
                return {"done": one is batch["imageSets"][-1] and known["next"] is None}
    return {"done": True}
