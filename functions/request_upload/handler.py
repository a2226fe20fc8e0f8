"""Make a job, and sign where to upload the file that it is about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.analysis.request import EXAMPLE, UploadRequest
from serverless_dicom.runtime.clients import dynamodb_for_callers, s3_for_urls
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.settings import RequestUploadSettings
from serverless_dicom.runtime.urls import UploadBucket
from serverless_dicom.stores.jobs import UPLOAD_SECONDS, Jobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder

settings = RequestUploadSettings.of(os.environ)
max_bytes = int(settings.max_upload_bytes)
jobs = Jobs(dynamodb_for_callers(), settings.results_table)
uploads = UploadBucket(s3_for_urls(), settings.upload_bucket)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer POST /uploads and a browser's OPTIONS, or a direct call whose event is the request."""
    return endpoint.answer(event, context, _request_upload)


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
