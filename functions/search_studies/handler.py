"""Search the index for studies, or for the objects of one with URLs to read them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom.runtime.clients import dynamodb_for_callers, s3_for_urls
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.http import fits
from serverless_dicom.runtime.settings import SearchStudiesSettings
from serverless_dicom.runtime.urls import url_to_read
from serverless_dicom.stores.paging import object_as_json, object_page, study_as_json, study_page
from serverless_dicom.stores.search import Search
from serverless_dicom.stores.study_request import EXAMPLE, StudiesRequest, next_token

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder

settings = SearchStudiesSettings.of(os.environ)
search, s3 = Search(dynamodb_for_callers(), settings.metadata_table), s3_for_urls()
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer POST /studies and a browser's OPTIONS, or a direct call whose event is the request."""
    return endpoint.answer(event, context, _search)


def _search(responder: Responder) -> dict[str, Any]:
    asked = StudiesRequest.parse(responder.request.fields(EXAMPLE), datetime.now(UTC).date())
    name, read, told = LEVELS[asked.level]
    limit = asked.limit
    while True:
        page = read(search, asked.criteria, limit, asked.after)
        answer = responder.body(200, {name: [*map(told, page.rows)], "next": next_token(page.after)})
        if fits(answer) or limit == 1:
            break
        limit //= 2  # rows of very long texts
    logger.append_keys(level=asked.level, rows=len(page.rows))
    return answer


def _object(row: dict[str, Any]) -> dict[str, Any]:
    return object_as_json(row) | {"url": url_to_read(s3, row["Bucket"], row["Key"], "application/dicom")}


LEVELS = {"study": ("studies", study_page, study_as_json), "object": ("objects", object_page, _object)}
"""What an answer calls its rows, what reads a page of them, and what tells one."""
