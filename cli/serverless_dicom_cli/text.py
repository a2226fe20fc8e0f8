"""Values as text for people, and as JSON for programs."""

from __future__ import annotations

import io
import json
import re
import sys
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, changes its colours or turns its text around: names come from anywhere."""


def shown(value: object) -> str:
    """Return a value as people read it, with what would steer their terminal escaped."""
    if value is None:
        return ""
    text = ", ".join(map(shown, value)) if isinstance(value, list) else str(value)
    return _STEERING.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def encoded(value: Any) -> str:
    """Return a value as JSON on one line; decimals are numbers with all the digits that they have."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{encoded(name)}: {encoded(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(encoded, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def json_array() -> Iterator[Callable[[str], None]]:
    """Write a JSON array to stdout, one element a line as it comes; it is left open where an error ends it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # UTF-8 as RFC 8259 8.1 says, whatever the terminal; a byte of a path that is no text as its escape
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    written = 0

    def write(element: str) -> None:
        nonlocal written
        sys.stdout.write((",\n" if written else "[\n") + element)
        written += 1

    yield write
    sys.stdout.write("\n]\n" if written else "[]\n")
