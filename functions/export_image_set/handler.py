"""Export an image set, or those of a study, into the results bucket as DICOM files or pictures."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.export_job import ExportJob
from serverless_dicom.imageset.request import EXAMPLE, ExportRequest
from serverless_dicom.runtime.clients import health_imaging, s3_for_many
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.settings import ExportImageSetSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder

MILLISECONDS_TO_END = 45_000
"""Of the function's time, kept for what is under way and for the report."""

settings = ExportImageSetSettings.of(os.environ)
archive = HealthImaging(health_imaging(), settings.datastore_id)
job = ExportJob(archive, s3_for_many(), settings.results_bucket)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, "")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer a direct call whose event is the request; after a partial answer the same event goes on."""
    return endpoint.answer(event, context, partial(_export, context))


def _export(context: LambdaContext, responder: Responder) -> dict[str, Any]:
    request = ExportRequest.parse(responder.request.fields(EXAMPLE))
    logger.append_keys(imageSet=request.image_set_id, study=request.study_instance_uid, format=request.format)
    answer = job.run(request, partial(_time_is_up, context))
    metrics.add_metric("InstancesExported", MetricUnit.Count, answer["counts"]["written"])
    logger.append_keys(status=answer["status"], **answer["counts"])
    return responder.body(200, {"success": answer["status"] == "complete", **answer})


def _time_is_up(context: LambdaContext) -> str:
    left = context.get_remaining_time_in_millis() > MILLISECONDS_TO_END
    return "" if left else "the function's time is up: the same request goes on"
