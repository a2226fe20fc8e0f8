"""Fetch a DICOM image from an address, and answer with its picture."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from serverless_dicom import __version__
from serverless_dicom.image import open_image, render
from serverless_dicom.image.request import EXAMPLE, ConvertRequest
from serverless_dicom.image.selftest import self_test
from serverless_dicom.runtime.apart import apart
from serverless_dicom.runtime.clients import r2, s3_for_callers, s3_for_urls, secrets, unusual_host
from serverless_dicom.runtime.endpoint import Endpoint
from serverless_dicom.runtime.http import PICTURES
from serverless_dicom.runtime.pictures import ResultsBucket, as_itself, as_json
from serverless_dicom.runtime.secrets import R2Keys
from serverless_dicom.runtime.settings import ConvertSettings, listed
from serverless_dicom.sources import open_source
from serverless_dicom.sources.address import parse_address
from serverless_dicom.sources.registry import registry
from serverless_dicom.stores.objects import S3Object

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Responder

SECONDS_TO_FETCH, SECONDS_TO_DRAW = 15, 10

settings = ConvertSettings.of(os.environ)
s3, elsewhere = s3_for_callers(), unusual_host(s3_for_callers())
keys = R2Keys(os.environ, settings.r2_secret_arn, secrets)
sources = registry(
    buckets=(listed(settings.allowed_buckets), partial(S3Object.open, s3)),
    accounts=(listed(settings.r2_accounts), lambda place, *name: S3Object.open(r2(place, *keys()), *name)),
    hosts=listed(settings.allowed_hosts),
    ftp=settings.allow_ftp == "true",
)
results = ResultsBucket(s3_for_urls(), settings.results_bucket)
decoders = cache(self_test)
logger, metrics = Logger(), Metrics()
endpoint = Endpoint(logger, metrics, settings.allowed_origin)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer POST /convert, GET /health and a browser's OPTIONS, or a direct call whose event is the request."""
    return endpoint.answer(event, context, _route)


def _route(responder: Responder) -> dict[str, Any]:
    return _health(responder) if responder.request.path == "/health" else _convert(responder)


def _convert(responder: Responder) -> dict[str, Any]:
    kind = (request := responder.request).wants_picture()
    asked = ConvertRequest.parse(({"output_format": PICTURES[kind]} if kind else {}) | request.fields(EXAMPLE))
    address = parse_address(asked.url, asked.storage_type, s3_endpoint=elsewhere)
    logger.append_keys(source=address.kind, place=address.bucket or address.host)
    with open_source(address, sources, SECONDS_TO_FETCH) as ranges:
        logger.append_keys(size=ranges.size)
        frame = (image := open_image(ranges)).frame(asked.frame, overlays=asked.options.overlays)
    picture = apart(render, frame, asked.options, seconds=SECONDS_TO_DRAW)
    logger.append_keys(bytes=len(picture.data))
    if not kind:
        return as_json(picture, asked, image.metadata(), responder, results.keep)
    return as_itself(picture, responder, results.keep)


def _health(responder: Responder) -> dict[str, Any]:
    status, code = ("ok", 200) if set(decoders().values()) == {"ok"} else ("failing", 503)
    return responder.body(code, {"status": status, "version": __version__, "decoders": decoders()})
