"""Search the index for studies, or for the objects of one with URLs to read them."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.runtime.clients import dynamodb_for_callers, s3_for_urls
from serverless_dicom.runtime.faults import told_unexpected
from serverless_dicom.runtime.http import Request, Responder, fits
from serverless_dicom.runtime.settings import SearchStudiesSettings
from serverless_dicom.runtime.urls import url_to_read
from serverless_dicom.stores.paging import object_as_json, object_page, study_as_json, study_page
from serverless_dicom.stores.search import Search
from serverless_dicom.stores.study_request import EXAMPLE, StudiesRequest, next_token

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = SearchStudiesSettings.of(os.environ)
search, s3 = Search(dynamodb_for_callers(), settings.metadata_table), s3_for_urls()
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer POST /studies and a browser's OPTIONS, or a direct call whose event is the request."""
    request, began = Request.of(event, context.aws_request_id), time.monotonic()
    responder = Responder(request, settings.allowed_origin)
    act = responder.preflight if request.method == "OPTIONS" else partial(_search, responder)
    answer, code = responder.answered(act, partial(told_unexpected, logger))
    metrics.add_metric("Answers" if code == "ok" else "Failures", MetricUnit.Count, 1)
    logger.info("answered", code=code, milliseconds=round((time.monotonic() - began) * 1000))
    return answer


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
