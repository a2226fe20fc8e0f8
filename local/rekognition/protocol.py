"""Requests and their parameters by botocore's description of the service: AWS JSON 1.1, validated shape by shape."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape

from local.rekognition.faults import Fault, invalid_parameters, not_serialized, unknown_operation

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
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise not_serialized("the body is not JSON") from error
    parameters: Parameters = _value(shape, document, "")
    if problems := list(_problems(shape, parameters, "")):
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise Fault("InvalidParameterException", f"{count}: {'; '.join(problems)}", "by the service's description")
    if ("Bytes" in parameters["Image"]) == ("S3Object" in parameters["Image"]):
        raise invalid_parameters("an Image is either Bytes or an S3Object")
    return parameters


def _value(shape: Shape | None, value: Any, path: str) -> Any:
    """Return a value of JSON as the shape has it; null members count as absent."""
    if isinstance(shape, StructureShape):
        _expect(isinstance(value, dict), path, "an object")
        members = {name: member for name, member in shape.members.items() if value.get(name) is not None}
        return {name: _value(member, value[name], f"{path}.{_small(name)}") for name, member in members.items()}
    if isinstance(shape, ListShape):
        _expect(isinstance(value, list), path, "a list")
        return [_value(shape.member, item, f"{path}.{index}.member") for index, item in enumerate(value, start=1)]
    kind = shape.type_name if shape else ""
    if kind == "blob":
        _expect(isinstance(value, str), path, "text in base64")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise not_serialized(f"{path.lstrip('.')} is not base64") from error
    if kind in {"integer", "float"}:
        _expect(isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**31, path, "a number")
        _expect(kind == "float" or value == int(value), path, "a whole number")
        return int(value) if kind == "integer" else float(value)
    _expect(isinstance(value, str), path, "text")
    return value


def _problems(shape: Shape | None, value: Any, path: str) -> Iterator[str]:
    """Yield what is wrong with a value, in the words of AWS's validation."""
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if name not in value:
                yield _problem(None, f"{path}.{_small(name)}", "must not be null")
        for name in value:
            yield from _problems(shape.members[name], value[name], f"{path}.{_small(name)}")
    elif isinstance(shape, ListShape):
        yield from _outside(shape, len(value), "[…]", path, "length")
        for index, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{path}.{index}.member")
    elif shape:
        is_number = shape.type_name in {"integer", "float"}
        shown = value if isinstance(value, int | float | str) else "[…]"
        yield from _outside(shape, value if is_number else len(value), shown, path, "value" if is_number else "length")
        if isinstance(shape, StringShape):
            yield from _problems_of_text(shape, value, path)


def _problems_of_text(shape: StringShape, value: str, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield _problem(value, path, f"must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield _problem(value, path, f"must satisfy regular expression pattern: {pattern}")


def _outside(shape: Shape, number: float, shown: object, path: str, what: str) -> Iterator[str]:
    """Yield that a number, or a length, is below or above what the shape allows."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        yield _problem(shown, path, f"must have {what} greater than or equal to {least}")
    if most is not None and number > most and shape.type_name != "blob":  # too large an image has a name of its own
        yield _problem(shown, path, f"must have {what} less than or equal to {most}")


def _problem(value: object, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path.lstrip('.')}' failed to satisfy constraint: Member {constraint}"


def _expect(is_so: bool, path: str, what: str) -> None:
    if not is_so:
        raise not_serialized(f"{path.lstrip('.') or 'the body'} is not {what}")


def _small(name: str) -> str:
    return name[0].lower() + name[1:]
