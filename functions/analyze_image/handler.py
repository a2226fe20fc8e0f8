"""Look at each picture that was uploaded, and keep what was seen with the upload's job."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from serverless_dicom.analysis.results import results_of
from serverless_dicom.analysis.uploads import read_upload
from serverless_dicom.errors import InvalidEvent, ServerlessDicomError, http_status
from serverless_dicom.runtime.apart import apart
from serverless_dicom.runtime.clients import dynamodb, rekognition, s3, sqs
from serverless_dicom.runtime.events import is_batch, object_changes, queued_changes
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.redelivery import Delivery, delivered
from serverless_dicom.runtime.settings import AnalyzeImageSettings
from serverless_dicom.stores.jobs import Jobs
from serverless_dicom.stores.pictures import Pictures, Uploads
from serverless_dicom.vision.rekognition import Rekognition, shown

if TYPE_CHECKING:
    from serverless_dicom.change import ObjectChange

settings = AnalyzeImageSettings.of(os.environ)
jobs = Jobs(dynamodb(), settings.results_table)
uploads, pictures = Uploads(s3(), settings.upload_bucket), Pictures(s3(), settings.results_bucket)
eyes = Rekognition(rekognition(), int(settings.max_labels), float(settings.min_confidence))
decoding = partial(apart, seconds=25, memory=1024**3)
logger, metrics, processor = Logger(), Metrics(), BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Any, context: Any) -> Any:
    """Analyse the uploads that a queue's batch, an S3 notification or an EventBridge event tells of."""
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    if is_batch(event):
        return process_partial_response(event, _apply_message, processor, context)
    try:
        return {"statusCode": 200, "body": [_analyze(change, Delivery()) for change in object_changes(event)]}
    except InvalidEvent as error:
        return {"statusCode": http_status(error), "body": str(error)}


def _apply_message(record: dict[str, Any]) -> None:
    with delivered(sqs(), record, logger) as delivery, told_without_values(logger):
        for change in queued_changes(record["body"]):
            _analyze(change, delivery)


def _analyze(change: ObjectChange, delivery: Delivery) -> str:
    if not (job_id := uploads.job_of(change)) or not (claim := jobs.claim(job_id)):
        logger.info("nothing to do", uri=change.uri, change=change.kind)
        return "unchanged"
    began = time.monotonic()
    try:
        with told_without_values(logger):
            code = "ok" if jobs.complete(claim, *_look(job_id)) else "superseded"
    except ServerlessDicomError as error:
        if not (failure := delivery.failure(error)):
            jobs.release(claim)
            raise
        code = failure.code if jobs.fail(claim, failure) else "superseded"
    metrics.add_metric("Analyses" if code == "ok" else "Failures", MetricUnit.Count, 1)
    logger.info("analysed", job=job_id, code=code, milliseconds=round((time.monotonic() - began) * 1000))
    return code


def _look(job_id: str) -> tuple[dict[str, Any], str, str]:
    upload = read_upload(uploads.open(job_id), int(settings.max_upload_bytes), decoding)
    kept = pictures.keep(job_id, upload.picture.format, upload.picture.data)
    logger.info("prepared", job=job_id, kind=upload.kind, bytes=len(upload.picture.data))
    return results_of(upload, *eyes.look(shown(upload.picture, kept.bucket, kept.key))), kept.key, kept.media_type
