"""Make a job, and sign where to upload the file that it is about."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.analysis.request import EXAMPLE, UploadRequest
from serverless_dicom.runtime.clients import dynamodb_for_callers, s3_for_urls
from serverless_dicom.runtime.faults import told_unexpected
from serverless_dicom.runtime.http import Request, Responder
from serverless_dicom.runtime.settings import RequestUploadSettings
from serverless_dicom.runtime.urls import UploadBucket
from serverless_dicom.stores.jobs import UPLOAD_SECONDS, Jobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RequestUploadSettings.of(os.environ)
max_bytes = int(settings.max_upload_bytes)
jobs = Jobs(dynamodb_for_callers(), settings.results_table)
uploads = UploadBucket(s3_for_urls(), settings.upload_bucket)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer POST /uploads and a browser's OPTIONS, or a direct call whose event is the request."""
    request, began = Request.of(event, context.aws_request_id), time.monotonic()
    responder = Responder(request, settings.allowed_origin)
    act = responder.preflight if request.method == "OPTIONS" else partial(_request_upload, responder)
    answer, code = responder.answered(act, partial(told_unexpected, logger))
    metrics.add_metric("Answers" if code == "ok" else "Failures", MetricUnit.Count, 1)
    logger.info("answered", code=code, milliseconds=round((time.monotonic() - began) * 1000))
    return answer


def _request_upload(responder: Responder) -> dict[str, Any]:
    asked = UploadRequest.parse(responder.request.fields(EXAMPLE), max_bytes)
    job = jobs.create(responder.request.caller)
    logger.append_keys(job=job.job_id)
    key, form = f"uploads/{job.job_id}/image", {}
    if asked.method == "POST":
        url, fields = uploads.form(key, asked.media_type, max_bytes, UPLOAD_SECONDS)
        form = {"fields": fields}
    else:
        url = uploads.url(key, asked.media_type, asked.size, UPLOAD_SECONDS)
    body = {"jobId": job.job_id, "uploadUrl": url, "fileType": asked.media_type, "expiresIn": UPLOAD_SECONDS}
    return responder.body(200, body | {"method": asked.method, "maxBytes": max_bytes} | form)
