"""Requests and their parameters by botocore's description of the service: AWS JSON 1.1, validated shape by shape."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel

from local.rekognition.faults import Fault, invalid_parameters, not_serialized, too_large, unknown_operation
from local.rekognition.pictures import MOST_BYTES
from local.shapes import NotOfTheShape, counted, from_json, problems

CONTENT_TYPE = "application/x-amz-json-1.1"

CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request\s*,"
    r"\s*SignedHeaders=[^,\s]+\s*,\s*Signature=[0-9a-f]{64}"
)

Parameters = dict[str, Any]


@cache
def service() -> ServiceModel:
    """Return botocore's description of Rekognition."""
    return botocore.session.get_session().get_service_model("rekognition")


def signed_for(authorization: str | None) -> str:
    """Return the region that a request was signed for. The signature itself is not checked: secrets are the emulator's.

    Raises:
        Fault: the request is not signed, or for another service.

    """
    if not authorization:
        raise Fault("MissingAuthenticationTokenException", "Missing Authentication Token")
    found = CREDENTIAL.fullmatch(authorization)
    if found is None:
        raise Fault("IncompleteSignatureException", "Authorization header requires a credential of AWS4-HMAC-SHA256.")
    if found["service"] != service().signing_name:
        raise Fault("UnrecognizedClientException", "The security token included in the request is invalid.")
    return found["region"]


def operation_of(target: str | None, implemented: Mapping[str, object]) -> str:
    """Return the operation that the header X-Amz-Target names, if it is one of the `implemented`."""
    prefix, _, name = (target or "").partition(".")
    if prefix != service().metadata["targetPrefix"] or name not in service().operation_names:
        raise unknown_operation("X-Amz-Target names no operation of Rekognition")
    if name not in implemented:
        raise unknown_operation(f"{name} is not simulated here, only {' and '.join(sorted(implemented))}")
    return name


def parameters_of(operation: str, body: bytes) -> Parameters:
    """Return the parameters in a request's body, with blobs as bytes and without members that there are not.

    Raises:
        Fault: SerializationException where a type is wrong, InvalidParameterException where a value is.

    """
    shape = service().operation_model(operation).input_shape
    try:
        parameters: Parameters = from_json(shape, json.loads(body or b"{}"))
    except NotOfTheShape as error:
        raise not_serialized(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise not_serialized("the body is not JSON") from error
    if len(parameters.get("Image", {}).get("Bytes", b"")) > MOST_BYTES:
        raise too_large(f"more than {MOST_BYTES:,} bytes")
    if found := list(problems(shape, parameters)):
        raise Fault("InvalidParameterException", counted(found), "by the service's description")
    if ("Bytes" in parameters["Image"]) == ("S3Object" in parameters["Image"]):
        raise invalid_parameters("an Image is either Bytes or an S3Object")
    return parameters
