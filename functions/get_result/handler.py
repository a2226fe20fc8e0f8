"""Tell a caller how far his job is, and what was found."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.runtime.clients import dynamodb_for_callers, s3_for_urls
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.settings import GetResultSettings
from serverless_dicom.runtime.urls import url_to_read
from serverless_dicom.stores.jobs import Jobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder
    from serverless_dicom.stores.jobs import Job

EXAMPLE = '{"jobId": "0a1b2c3d-1111-4222-8333-444455556666"}'

settings = GetResultSettings.of(os.environ)
jobs, s3 = Jobs(dynamodb_for_callers(), settings.results_table), s3_for_urls()
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin, "GET")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer GET /results/{jobId}, GET /get-results?jobId= and a browser's OPTIONS, or a direct call with a jobId."""
    return endpoint.answer(event, context, _get_result)


def _get_result(responder: Responder) -> dict[str, Any]:
    request = responder.request
    sent = request.fields(EXAMPLE) if request.direct else request.parameters
    if sent.get("jobId") is None:
        raise InvalidRequest(f"jobId must be the id of a job such as in {EXAMPLE}, it is missing")
    job = jobs.find(str(sent["jobId"]), request.caller)
    logger.append_keys(job=job.job_id, status=job.status)
    wait = job.seconds_to_wait(time.time())
    return responder.body(200, _told(job), {"Retry-After": str(wait)} if wait else {})


def _told(job: Job) -> dict[str, Any]:
    image = url_to_read(s3, settings.results_bucket, job.image_key, str(job.image_type)) if job.image_key else None
    return {
        "jobId": job.job_id,
        "status": job.status,
        "results": job.results,
        "imageUrl": image,
        "error": {"code": job.error_code, "message": job.error_message} if job.error_code else None,
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
    }
