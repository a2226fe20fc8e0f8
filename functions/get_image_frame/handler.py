"""Give a viewer one frame as it is stored, for the browser to decode."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.archive.client import PATIENCE_OF_CALLERS, HealthImaging
from serverless_dicom.archive.ids import check_datastore, identifiers
from serverless_dicom.imageset.frames import codestream_of
from serverless_dicom.runtime.clients import health_imaging_for_callers, s3_for_urls
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.http import MAX_ANSWER, fits
from serverless_dicom.runtime.pictures import ResultsBucket
from serverless_dicom.runtime.settings import GetImageFrameSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder

EXAMPLE = '{"imageSetId": "0123456789abcdef0123456789abcdef", "frameId": "fedcba9876543210fedcba9876543210"}'
BYTES = "application/octet-stream"

settings = GetImageFrameSettings.of(os.environ)
archive = HealthImaging(health_imaging_for_callers(), settings.datastore_id, patience=PATIENCE_OF_CALLERS)
results = ResultsBucket(s3_for_urls(), settings.results_bucket)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin, "GET")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer GET /image-sets/{imageSetId}/frames/{frameId} and a browser's OPTIONS, or a direct call with both ids."""
    return endpoint.answer(event, context, _get_image_frame)


def _get_image_frame(responder: Responder) -> dict[str, Any]:
    check_datastore(settings.datastore_id)
    request = responder.request
    sent = request.fields(EXAMPLE) if request.direct else request.parameters
    image_set_id, frame_id = identifiers(sent, "imageSetId", "frameId")
    data = codestream_of(archive.frame(image_set_id, frame_id))
    logger.append_keys(image_set=image_set_id, frame=frame_id, bytes=len(data))
    if len(data) < MAX_ANSWER and fits(answer := _whole(responder, data)):
        return answer
    url = results.keep_bytes(data, "bin", BYTES)
    if request.direct or "application/json" in request.headers.get("accept", ""):
        return responder.body(200, {"url": url})
    return responder.elsewhere(url)


def _whole(responder: Responder, data: bytes) -> dict[str, Any]:
    if responder.request.direct:
        return responder.body(200, {"data": base64.b64encode(data).decode("ascii")})
    return responder.picture(BYTES, data)
