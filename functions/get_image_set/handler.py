"""Tell a viewer what is in an image set: series, instances with their headers, and the names of their frames."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.archive.client import PATIENCE_OF_CALLERS, HealthImaging
from serverless_dicom.archive.ids import check_datastore, identifiers
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.outline import outline
from serverless_dicom.runtime.clients import health_imaging_for_callers, s3_for_urls
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.http import fits
from serverless_dicom.runtime.pictures import ResultsBucket
from serverless_dicom.runtime.settings import GetImageSetSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder

EXAMPLE = '{"imageSetId": "0123456789abcdef0123456789abcdef"}'

settings = GetImageSetSettings.of(os.environ)
archive = HealthImaging(health_imaging_for_callers(), settings.datastore_id, patience=PATIENCE_OF_CALLERS)
results = ResultsBucket(s3_for_urls(), settings.results_bucket)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin, "GET")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer GET /image-sets/{imageSetId} and a browser's OPTIONS, or a direct call with an imageSetId."""
    return endpoint.answer(event, context, _get_image_set)


def _get_image_set(responder: Responder) -> dict[str, Any]:
    check_datastore(settings.datastore_id)
    request = responder.request
    sent = request.fields(EXAMPLE) if request.direct else request.parameters
    (image_set_id,) = identifiers(sent, "imageSetId")
    image_set = parse(archive.metadata(image_set_id))
    logger.append_keys(image_set=image_set_id, instances=len(image_set.instances), frames=image_set.frames)
    found = outline(image_set)
    if fits(answer := responder.body(200, found)):
        return answer
    data = gzip.compress(json.dumps(found).encode(), compresslevel=6)
    url = results.keep_bytes(data, "json", "application/json", encoding="gzip")
    return responder.body(200, {"imageSetId": image_set_id, "url": url})
