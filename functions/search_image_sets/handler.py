"""Search the archive for image sets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.archive.client import PATIENCE_OF_CALLERS, HealthImaging
from serverless_dicom.archive.finding import EXAMPLE, SearchRequest, find
from serverless_dicom.archive.ids import check_datastore
from serverless_dicom.runtime.clients import health_imaging_for_callers
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.settings import SearchImageSetsSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder


settings = SearchImageSetsSettings.of(os.environ)
archive = HealthImaging(health_imaging_for_callers(), settings.datastore_id, patience=PATIENCE_OF_CALLERS)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer POST /image-sets and a browser's OPTIONS, or a direct call whose event is the request."""
    return endpoint.answer(event, context, _search)


def _search(responder: Responder) -> dict[str, Any]:
    check_datastore(settings.datastore_id)
    found = find(archive, SearchRequest.parse(responder.request.fields(EXAMPLE)))
    logger.append_keys(rows=len(found.rows))
    return responder.body(200, {"imageSets": found.rows, "next": found.next})
