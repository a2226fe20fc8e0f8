"""A data set as image-set metadata has it: keyword by keyword, values as JSON, padding and invalid values kept.

Values are taken from the bytes of the file, by their VR (PS3.5 6.2): nothing of pydicom's conversions, which repair,
round or refuse some of them, stands between.
"""

from __future__ import annotations

import base64
import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from pydicom import Dataset
from pydicom.charset import convert_encodings, decode_bytes, python_encoding
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, TEXT_VR_DELIMS

ONE_TEXT = frozenset({"LT", "ST", "UT", "UR"})
"""VRs in whose values a backslash is a backslash."""

TEXT = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"}) | ONE_TEXT
PADDED = frozenset({"DA", "DS", "IS", "PN", "TM"})
"""VRs whose values keep their padding in AWS's published metadata; its exporter needs others without."""

NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
WORDS = {"OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}
"""Bytes of the words in binary values, which are little-endian in JSON."""

BINARY = frozenset({"OB", "UN", *WORDS})
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
REPEATING = frozenset({0x50, 0x60})
"""The upper bytes of the groups of curves and overlays, whose keywords stand for many elements (PS3.5 7.6)."""

ESCAPE = 0x1B

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What the values of a data set depend on, and where its unknown VRs are noted."""

    encodings: list[str]
    is_signed: bool
    vrs: dict[str, str]


def members(dataset: Dataset, context: Context, *, of_item: bool = False) -> Json:
    """Return all elements of a data set but group lengths; VRs that no dictionary has go into the context.

    Pixel data is null, for it is in frames; that of an item, such as an icon's, is a binary value like others.
    """
    character_set = _bytes_of(dataset, 0x00080005)
    representation = _bytes_of(dataset, 0x00280103)
    context = Context(
        context.encodings if character_set is None else encodings_of(character_set),
        representation.strip(b"\0") in {b"\1", b"1"} if representation else context.is_signed,
        context.vrs,
    )
    found: Json = {}
    for tag in sorted(dataset.keys()):
        if tag.element == 0:
            continue
        if tag in PIXELS and not of_item:
            found[dictionary_keyword(tag)] = None
            continue
        key, value, vr = _told(dataset, tag, context)
        found[key] = value
        if vr is not None and not (of_item and key in context.vrs):
            context.vrs[key] = vr
    return found


def encodings_of(character_set: bytes) -> list[str]:
    """Return Python's names of the encodings that SpecificCharacterSet (0008,0005) names; unknown ones are ASCII."""
    names = [name.strip(" \0") for name in character_set.decode("ascii", "replace").split("\\")]
    known = [name for name in names if name in python_encoding]
    return list(convert_encodings(known)) if known else list(convert_encodings(""))


def _bytes_of(dataset: Dataset, tag: int) -> bytes | None:
    element = dataset.get_item(tag)
    if isinstance(element, RawDataElement):
        return bytes(element.value or b"")
    if element is None or element.value is None:
        return None
    values = [element.value] if isinstance(element.value, str | int) else element.value
    return "\\".join(str(value) for value in values).encode("ascii", "replace")


class Known(NamedTuple):
    """What a tag tells of an element, whatever its value."""

    key: str
    """In JSON: its keyword, or eight hexadecimal digits."""
    vr: str
    is_named: bool
    """Whether the key is a keyword, which tells the VR."""
    is_single: bool
    """Whether a value stands by itself, not in a list."""


def _told(dataset: Dataset, tag: BaseTag, context: Context) -> tuple[str, Any, str | None]:
    """Return the key and the value of an element, and its VR where the key does not tell it."""
    element = dataset.get_item(tag)
    known = _known(int(tag), None if element is None else element.VR, context.is_signed)
    try:
        if known.vr == "SQ" or isinstance(getattr(element, "value", None), Sequence):
            items = [members(item, context, of_item=True) for item in dataset[tag].value]
            return known.key, items or None, None if known.is_named else "SQ"
        value = _value(element, known.vr, context)
    except (ValueError, struct.error, UnicodeError):
        return f"{int(tag):08X}", _binary(bytes(element.value), 1, is_little=True), "UN"
    if known.is_single and isinstance(value, list) and len(value) == 1:
        value = value[0]
    return known.key, value, None if known.is_named else known.vr


@lru_cache(16_384)
def _known(number: int, written: str | None, is_signed: bool) -> Known:
    tag = Tag(number)
    is_public = not tag.is_private and dictionary_has_tag(tag) and tag.group >> 8 not in REPEATING
    told = dictionary_VR(tag) if not tag.is_private and dictionary_has_tag(tag) else "UN"
    own = ("OW" if "OW" in told else "SS" if is_signed else "US") if " or " in told else told
    vr = own
    if written and written != "UN":
        vr = written
    elif tag.is_private_creator and written is None:
        vr = "LO"
    if is_public and (vr in told.split(" or ") or _family(vr) == _family(own)):
        return Known(dictionary_keyword(tag), vr, is_named=True, is_single=dictionary_VM(tag) == "1")
    return Known(f"{number:08X}", vr, is_named=False, is_single=True)


def _family(vr: str) -> str:
    """Return how values of a VR stand in JSON."""
    if vr in TEXT:
        return "text"
    if vr in {"FL", "FD"}:
        return "float"
    return "number" if vr in NUMBERS else "binary" if vr in BINARY else vr


def _value(element: RawDataElement | DataElement | None, vr: str, context: Context) -> Any:
    """Return a value as JSON has it: null, base64, or a list."""
    if not isinstance(element, RawDataElement):  # an element that pydicom made: group 2, or of an inflated data set
        return _of_made(element)
    data, is_little = bytes(element.value or b""), element.is_little_endian
    if not data:
        return None
    if vr in BINARY:
        return _binary(data, WORDS.get(vr, 1), is_little=is_little)
    if vr == "AT":
        order = "<" if is_little else ">"
        return [f"{group:04X}{number:04X}" for group, number in struct.iter_unpack(f"{order}HH", data)]
    if vr in NUMBERS:
        found = [value for (value,) in struct.iter_unpack(f"{'<' if is_little else '>'}{NUMBERS[vr]}", data)]
        return [_finite(value) for value in found] if vr in {"FL", "FD"} else found
    return _texts(data, vr, context.encodings)


def _texts(data: bytes, vr: str, encodings: list[str]) -> list[str]:
    if vr in CUSTOMIZABLE_CHARSET_VR:
        delimiters = TEXT_VR_DELIMS if vr != "PN" else {0x5C, 0x5E, 0x3D}
        text = _decoded(data, encodings, delimiters)
    else:
        text = data.decode("ascii", "replace") if data.isascii() else data.decode("latin-1")
    if vr == "UI":
        text = text.replace("\0", "")
    values = [text] if vr in ONE_TEXT else text.split("\\")
    return values if vr in PADDED else [value.rstrip(" \0") for value in values]


def _decoded(data: bytes, encodings: list[str], delimiters: set[int]) -> str:
    """Return text in the character sets of PS3.5 6.1; bytes that are none of theirs become U+FFFD."""
    if data.isascii() and ESCAPE not in data:
        return data.decode("ascii")
    if len(encodings) == 1 and ESCAPE not in data:
        return data.decode(encodings[0], "replace")
    return str(decode_bytes(data, encodings, delimiters))


def _finite(value: float) -> float | str:
    """Return a number that JSON has, or the name of one that it has not."""
    return value if math.isfinite(value) else str(value)


def _binary(data: bytes, width: int, *, is_little: bool) -> str:
    if width > 1 and not is_little:
        data = b"".join(data[at : at + width][::-1] for at in range(0, len(data), width))
    return base64.b64encode(data).decode()


def _of_made(element: DataElement | None) -> Any:
    """Return the value of an element that pydicom has converted already."""
    if element is None or element.value is None or element.value == "":
        return None
    if isinstance(element.value, bytes):
        return base64.b64encode(element.value).decode()
    values: list[Any] = list(element.value) if element.VM > 1 else [element.value]
    return [str(value) if element.VR in TEXT else value for value in values]
