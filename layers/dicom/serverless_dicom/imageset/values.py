"""The value of one element in the metadata -> its bytes in Explicit VR Little Endian (PS3.5 7.1.2), losing nothing."""

from __future__ import annotations

import re
import struct
from binascii import Error, a2b_base64
from contextlib import suppress
from operator import index
from typing import Any, Final

from serverless_dicom.header.values import CODED_TEXT, NUMBER, TEXT

PADDING = {"UI": b"\0"}
"""What makes a text's length even; a space for all others (PS3.5 6.2)."""

BINARY: Final = {"OB": "B", "OD": "d", "OF": "f", "OL": "L", "OV": "Q", "OW": "H", "UN": "B"}
"""VRs that are base64 in the metadata, with the `struct` code of what they consist of."""

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?")


def encoded(value: Any, vr: str) -> bytes:
    """The bytes of a value, of an even length. Raises ValueError where it is none of its VR.

    A list holds the values of an element that may have several, null stands for an empty one. Text is in UTF-8.
    """
    if value is None:
        return b""
    if vr in TEXT:
        data = _encoded_text("\\".join(_text(one) for one in _several(value)), vr)
    elif vr in NUMBER:
        data = _numbers(value, NUMBER[vr])
    elif vr == "AT":
        data = b"".join(_tag(one) for one in _several(value))
    elif vr in BINARY:
        data = _binary(value, BINARY[vr])
    else:
        raise ValueError(f"a value of VR {vr} cannot be encoded")
    return data + PADDING.get(vr, b" " if vr in TEXT else b"\0") if len(data) % 2 else data


def _encoded_text(text: str, vr: str) -> bytes:
    """The bytes of a text: in UTF-8 where SpecificCharacterSet applies, of others those of the default repertoire.

    What had no place there and came nevertheless, is read as ISO 8859-1 by everyone, and written as such again.
    """
    if vr not in CODED_TEXT and not text.isascii():
        with suppress(UnicodeEncodeError):
            return text.encode("latin-1")
    return text.encode("utf-8", "replace")


def is_base64(value: str) -> bool:
    """Whether a text may be the base64 of a binary value."""
    try:
        a2b_base64(value, strict_mode=True)
    except (Error, ValueError):
        return False
    return True


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("the value is no text")  # noqa: TRY004 - of whatever kind, it is the value that is wrong
    return f"{value:.16g}" if isinstance(value, float) else str(value)


def _numbers(value: Any, code: str) -> bytes:
    try:
        numbers = [_number(one, code) for one in _several(value) if one not in (None, "")]
        return struct.pack(f"<{len(numbers)}{code}", *numbers)
    except (struct.error, OverflowError, TypeError, ValueError):
        raise ValueError("the value is no number, or one out of its range") from None  # their own texts quote it


def _number(value: Any, code: str) -> float:
    if code in "fd":
        return float(value)
    return int(value) if isinstance(value, str) else index(value)


def _tag(value: Any) -> bytes:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32:
        return struct.pack("<HH", value >> 16, value & 0xFFFF)
    found = _TAG.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError("the value is no tag")
    return struct.pack("<HH", int(found[1], 16), int(found[2], 16))


def _binary(value: Any, code: str) -> bytes:
    if isinstance(value, str):
        try:
            return a2b_base64(value, strict_mode=True)
        except (Error, ValueError):
            raise ValueError("the value is no base64") from None
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return b"".join(_binary(one, code) for one in value)
    return _numbers(value, code)
