"""Make an import, and start its workflow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.archive.places import EXAMPLE, parse_source
from serverless_dicom.archive.workflow import Workflow
from serverless_dicom.errors import ImportInterrupted, NoArchive, TransientError
from serverless_dicom.runtime.clients import dynamodb_for_callers, step_functions
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.settings import StartImportSettings, listed
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder

settings = StartImportSettings.of(os.environ)
jobs = ImportJobs(dynamodb_for_callers(), settings.imports_table)
workflow = Workflow(step_functions(), settings.workflow_arn)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer POST /imports and a browser's OPTIONS, or a direct call whose event is the request."""
    return endpoint.answer(event, context, _start_import)


def _start_import(responder: Responder) -> dict[str, Any]:
    place = parse_source(responder.request.fields(EXAMPLE), listed(settings.allowed_buckets))
    if settings.datastore_id == "none":
        raise NoArchive("this stack has no data store: an operator may name one in the parameter DatastoreId")
    job = jobs.create(responder.request.caller, place.uri)
    logger.append_keys(job=job.job_id)
    try:
        workflow.start(job.job_id, place.uri)
    except TransientError as error:
        jobs.fail(job.job_id, ImportInterrupted(f"{error}: import anew"))
        raise
    return responder.body(202, {"jobId": job.job_id, "status": job.status, "source": job.source})
