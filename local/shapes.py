"""Values held to botocore's description of a service: read from JSON or text, and judged in AWS's words."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

NUMBERS = {"integer", "long", "float", "double"}


class NotOfTheShape(Exception):
    """A value is of another type than the shape; the text says where and which."""


def from_json(shape: Shape | None, value: Any, path: str = "") -> Any:
    """Return a value of JSON as the shape has it: null members absent, blobs as bytes, timestamps as epoch seconds.

    Raises:
        NotOfTheShape: a value is of another type.

    """
    if isinstance(shape, StructureShape):
        _expect(isinstance(value, dict), path, "an object")
        members = {
            name: (member, member.serialization.get("name", name))
            for name, member in shape.members.items()
            if member.serialization.get("location") is None
        }
        return {
            name: from_json(member, value[told], f"{path}.{small(name)}")
            for name, (member, told) in members.items()
            if value.get(told) is not None
        }
    if isinstance(shape, ListShape):
        _expect(isinstance(value, list), path, "a list")
        return [from_json(shape.member, item, f"{path}.{index}.member") for index, item in enumerate(value, start=1)]
    if isinstance(shape, MapShape):
        _expect(isinstance(value, dict), path, "an object")
        return {key: from_json(shape.value, item, f"{path}.{key}.member") for key, item in value.items()}
    return _scalar(shape.type_name if shape else "", value, path)


def _scalar(kind: str, value: Any, path: str) -> Any:
    if kind == "blob":
        _expect(isinstance(value, str), path, "text in base64")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise NotOfTheShape(f"{shown(path)} is not base64") from error
    if kind == "boolean":
        _expect(isinstance(value, bool), path, "true or false")
        return value
    if kind == "timestamp":
        return _moment(value, path)
    if kind in NUMBERS:
        _expect(isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63, path, "a number")
        _expect(kind not in {"integer", "long"} or value == int(value), path, "a whole number")
        return int(value) if kind in {"integer", "long"} else float(value)
    _expect(isinstance(value, str), path, "text")
    return value


def _moment(value: Any, path: str) -> float:
    """Return a timestamp, which JSON has as seconds since 1970 and some clients write by ISO 8601."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        _expect(abs(value) < 2**38, path, "a timestamp")
        return float(value)
    _expect(isinstance(value, str), path, "a timestamp")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise NotOfTheShape(f"{shown(path)} is not a timestamp") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def from_text(shape: Shape, texts: list[str], path: str) -> Any:
    """Return a value of a URL or a header as the shape has it."""
    if isinstance(shape, ListShape):
        return texts
    text = texts[-1]
    if shape.type_name in {"integer", "long"}:
        _expect(re.fullmatch(r"[+-]?\d{1,18}", text) is not None, path, "a whole number")
        return int(text)
    if shape.type_name == "boolean":
        _expect(text in {"true", "false"}, path, "true or false")
        return text == "true"
    return text


def problems(shape: Shape | None, value: Any, path: str = "") -> Iterator[str]:
    """Yield what is wrong with a value of the right type, in the words of AWS's validation."""
    if isinstance(shape, StructureShape):
        yield from _problems_of_members(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _outside(shape, len(value), "[…]", path, "length")
        for index, item in enumerate(value, start=1):
            yield from problems(shape.member, item, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from problems(shape.key, key, f"{path}.key")
            yield from problems(shape.value, item, f"{path}.{key}.member")
    elif shape and shape.type_name not in {"boolean", "timestamp"}:
        yield from _problems_of_scalar(shape, value, path)


def _problems_of_members(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield problem(None, f"{path}.{small(name)}", "must not be null")
    if shape.is_tagged_union and len(value) != 1:
        yield problem("…", path, f"must have exactly one of {', '.join(shape.members)}")
    for name, member in value.items():
        yield from problems(shape.members[name], member, f"{path}.{small(name)}")


def _problems_of_scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    is_number, is_sensitive = shape.type_name in NUMBERS, bool(shape.metadata.get("sensitive"))
    told = value if isinstance(value, int | float | str) and not is_sensitive else "***"
    yield from _outside(shape, value if is_number else len(value), told, path, "value" if is_number else "length")
    if isinstance(shape, StringShape):
        yield from _problems_of_text(shape, value, told, path)


def _problems_of_text(shape: StringShape, value: str, told: object, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield problem(told, path, f"must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield problem(told, path, f"must satisfy regular expression pattern: {pattern}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"))


def _outside(shape: Shape, number: float, told: object, path: str, what: str) -> Iterator[str]:
    """Yield that a number, or a length, is below or above what the shape allows."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        yield problem(told, path, f"must have {what} greater than or equal to {least}")
    if most is not None and number > most:
        yield problem(told, path, f"must have {what} less than or equal to {most}")


def problem(value: object, path: str, constraint: str) -> str:
    """Return one constraint that a value breaks."""
    told = "null" if value is None else f"'{value}'"
    return f"Value {told} at '{path.lstrip('.')}' failed to satisfy constraint: Member {constraint}"


def counted(found: list[str]) -> str:
    """Return what AWS says of a request with these problems."""
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"


def _expect(is_so: bool, path: str, what: str) -> None:
    if not is_so:
        raise NotOfTheShape(f"{shown(path)} is not {what}")


def shown(path: str) -> str:
    """Return a path within a request for whoever wrote the request."""
    return path.lstrip(".") or "the body"


def small(name: str) -> str:
    """Return a member's name as AWS's validation has it."""
    return name[0].lower() + name[1:]
