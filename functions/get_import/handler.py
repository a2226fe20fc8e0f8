"""Tell a caller how far an import is, and what became of its files."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.runtime.clients import dynamodb_for_callers
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.settings import GetImportSettings
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder
    from serverless_dicom.stores.import_jobs import ImportJob

EXAMPLE = '{"jobId": "0a1b2c3d-1111-4222-8333-444455556666"}'

settings = GetImportSettings.of(os.environ)
jobs = ImportJobs(dynamodb_for_callers(), settings.imports_table)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin, "GET")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer GET /imports/{jobId} and a browser's OPTIONS, or a direct call with a jobId."""
    return endpoint.answer(event, context, _get_import)


def _get_import(responder: Responder) -> dict[str, Any]:
    request = responder.request
    sent = request.fields(EXAMPLE) if request.direct else request.parameters
    if sent.get("jobId") is None:
        raise InvalidRequest(f"jobId must be the id of an import such as in {EXAMPLE}, it is missing")
    job = jobs.find(str(sent["jobId"]), request.caller)
    logger.append_keys(job=job.job_id, status=job.status)
    wait = job.seconds_to_wait(time.time())
    return responder.body(200, _told(job), {"Retry-After": str(wait)} if wait else {})


def _told(job: ImportJob) -> dict[str, Any]:
    written = f"s3://{settings.results_bucket}/imports/{job.job_id}"
    return {
        "jobId": job.job_id,
        "source": job.source,
        "status": job.status,
        "counts": job.counts,
        "skipped": job.skipped,
        "shards": job.shards,
        "failures": job.failures,
        "warnings": job.warnings,
        "frames": job.frames,
        "documents": {
            "failures": f"{written}/failures.ndjson",
            "warnings": f"{written}/warnings.ndjson",
            "skipped": f"{written}/skipped.ndjson",
            "verdicts": f"{written}/verdicts/",
        },
        "error": {"code": job.error_code, "message": job.error_message} if job.error_code else None,
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
    }
