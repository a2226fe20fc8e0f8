"""Requests and answers by botocore's description of the service: REST with JSON, validated shape by shape."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session
from botocore.model import OperationModel, ServiceModel, StructureShape

from local.healthimaging.faults import Fault, denied, internal, invalid, not_acceptable
from local.shapes import NotOfTheShape, counted, from_json, from_text, problems

CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request\s*,"
    r"\s*SignedHeaders=[^,\s]+\s*,\s*Signature=[0-9a-f]{64}"
)

Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that is not JSON: bytes, and what they are."""

    body: bytes
    content_type: str
    content_encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, and the paths that lead to it."""

    operation: OperationModel
    method: str
    path: re.Pattern[str]


@cache
def service() -> ServiceModel:
    """Return botocore's description of HealthImaging."""
    return botocore.session.get_session().get_service_model("medical-imaging")


@cache
def routes() -> tuple[Route, ...]:
    """Return the way to each operation."""
    found = []
    for name in service().operation_names:
        operation = service().operation_model(name)
        parts = re.split(r"\{(\w+)\}", operation.http["requestUri"])
        pattern = "".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        found.append(Route(operation, operation.http["method"], re.compile(pattern)))
    return tuple(found)


def access_key(authorization: str | None) -> str:
    """Return the access key that a request is signed with. Secrets are the emulator's: signatures pass unread.

    Raises:
        Fault: as AWS says it.

    """
    if not authorization:
        raise Fault("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    found = CREDENTIAL.fullmatch(authorization)
    if found is None:
        raise Fault(
            "IncompleteSignatureException", 403, "Authorization header requires a credential of AWS4-HMAC-SHA256"
        )
    if found["service"] != service().signing_name:
        raise denied(f"Credential should be scoped to correct service: '{service().signing_name}'.")
    return found["key"]


def operation_of(method: str, target: str) -> tuple[OperationModel, Mapping[str, str]]:
    """Return the operation that a request is for, and what stands in its path, still as in the URL.

    Raises:
        Fault: there is none.

    """
    path = urlsplit(target).path
    for route in routes():
        if route.method == method and (found := route.path.fullmatch(path)):
            return route.operation, found.groupdict()
    raise Fault("UnknownOperationException", 404, "Unknown operation")


def parameters_of(operation: OperationModel, within: Mapping[str, str], target: str, body: bytes) -> Parameters:
    """Return a request's parameters from its path, its query and its body, by their names in the description.

    Raises:
        Fault: ValidationException, or SerializationException where a type is wrong.

    """
    shape = operation.input_shape
    if shape is None:
        return {}
    query = parse_qs(urlsplit(target).query, keep_blank_values=True)
    try:
        parameters: Parameters = _body(shape, body)
        for name, member in shape.members.items():
            told = member.serialization.get("name", name)
            location = member.serialization.get("location")
            if location == "uri":
                parameters[name] = unquote(within[told])
            elif location == "querystring" and told in query:
                parameters[name] = from_text(member, query[told], name)
    except NotOfTheShape as error:
        raise Fault("SerializationException", 400, str(error)) from error
    if found := list(problems(shape, parameters)):
        raise invalid(counted(found))
    return parameters


def _body(shape: StructureShape, body: bytes) -> Parameters:
    payload = shape.serialization.get("payload")
    expected = shape.members[payload] if payload else shape
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise NotOfTheShape("the body is not JSON") from error
    if payload is None:
        return dict(from_json(shape, document))
    return {payload: from_json(expected, document)} if body else {}


def check_accepted(accept: str | None, content_type: str) -> None:
    """Refuse to send what the caller does not take (RFC 9110 12.5.1).

    Raises:
        Fault: NotAcceptableException.

    """
    if not accept:
        return
    ranges = {each.partition(";")[0].strip().lower() for each in accept.split(",")}
    if not ranges & {"*/*", content_type.lower(), f"{content_type.partition('/')[0]}/*"}:
        raise not_acceptable(f"The content is {content_type}")


def answer_of(operation: OperationModel, answer: Parameters) -> bytes:
    """Return an answer as JSON, after holding it to the description: a fault here is the service's own."""
    if found := list(problems(operation.output_shape, answer)):
        raise internal(counted(found))
    return json.dumps(answer, separators=(",", ":")).encode()
