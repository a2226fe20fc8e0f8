"""The bytes of one value -> its form in the DICOM JSON model (PS3.18 F.2), losing nothing.

Decimal and integer strings keep their text, which F.2.3 allows: to whoever compares files "1.50" is not 1.5. What JSON
or the VR has no form for keeps its bytes, and is noted.
"""

import math
import re
from base64 import b64encode
from collections.abc import Callable
from struct import Struct, calcsize, unpack
from typing import Any

from serverless_dicom.header.charset import DEFAULT, decode

BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
"""VRs whose values JSON holds as base64 (F.2.7)."""

SINGLE_TEXT = frozenset({"LT", "ST", "UR", "UT"})
"""VRs in which a backslash is a character (PS3.5 6.2)."""

CODED_TEXT = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""VRs that SpecificCharacterSet applies to (PS3.5 6.1.2.3)."""

TEXT = SINGLE_TEXT | CODED_TEXT | {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"}

WORD_BYTES = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
"""Bytes of the words in a binary value: JSON holds them little endian (F.2.7)."""

NUMBER = {"FD": "d", "FL": "f", "SL": "l", "SS": "h", "SV": "q", "UL": "L", "US": "H", "UV": "Q"}
"""VRs of binary numbers, with the `struct` code of each."""

FORM: dict[str, re.Pattern[str]] = {
    "AS": re.compile(r"\d{3}[DWMY]"),
    "DA": re.compile(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    "DS": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    "IS": re.compile(r"[+-]?\d{1,11}"),
    "TM": re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d|60)?)?(\.\d{1,6})?"),
    "UI": re.compile(r"[0-9.]{1,64}"),
}
"""What a valid value of these VRs looks like (PS3.5 table 6.2-1); an invalid one is kept as text and noted."""

_EMPTY_COMPONENTS = re.compile(r"\^ *(?:$|[=\\])")
_SAFE_INTEGER = 2**53
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")

Note = Callable[..., None]
"""What a conversion calls with a code, and the bytes that its result does not show."""


def text_values(raw: bytes, vr: str, codecs: tuple[str, ...], note: Note) -> list[Any]:
    """The values of a text VR: strings without their padding, person names by group, None where a value is empty."""
    text, understood = decode(raw, codecs if vr in CODED_TEXT else DEFAULT, vr)
    if not understood:
        note("undecodable_text", raw)
    if vr in SINGLE_TEXT:
        return [text.rstrip(" \0") or None]
    if vr == "PN":
        if understood and _EMPTY_COMPONENTS.search(text):
            note("empty_components", raw)
        return [person_name(value.strip(" \0")) for value in text.split("\\")]
    values = [value.strip(" \0") or None for value in text.split("\\")]
    if (form := FORM.get(vr)) and not all(map(form.fullmatch, filter(None, values))):
        note(f"invalid_{vr}")
    return values


def person_name(text: str) -> dict[str, str] | None:
    """The groups of a person name that are not empty, without empty components at their ends (PS3.5 6.2.1)."""
    groups = zip(_GROUPS, text.split("=", 2), strict=False)
    return {name: trimmed for name, group in groups if (trimmed := group.strip().rstrip("^ "))} or None


def number_values(raw: bytes, vr: str, order: str, note: Note) -> list[Any] | None:
    """The values of a binary number VR, or None where the bytes are no whole number of them.

    What JSON cannot hold stands as text: NaN and the infinities, and integers beyond 2**53.
    """
    code = NUMBER[vr]
    count, odd = divmod(len(raw), calcsize(order + code))
    if odd:
        note(f"invalid_{vr}")
        return None
    numbers = list(unpack(f"{order}{count}{code}", raw))
    if vr in {"FD", "FL"} and not all(map(math.isfinite, numbers)):
        note("not_finite")
        return [value if math.isfinite(value) else _not_finite(value) for value in numbers]
    if vr in {"SV", "UV"}:
        return [value if abs(value) < _SAFE_INTEGER else str(value) for value in numbers]
    return numbers


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def tag_values(raw: bytes, order: str, note: Note) -> list[str] | None:
    """The values of an AT element as 8 hexadecimal digits, or None where the bytes are no whole number of tags."""
    struct = Struct(f"{order}HH")
    if len(raw) % struct.size:
        note("invalid_AT")
        return None
    return [f"{group:04X}{element:04X}" for group, element in struct.iter_unpack(raw)]


def inline_binary(raw: bytes, vr: str, order: str) -> str:
    """A binary value as base64 of its little-endian words."""
    words = WORD_BYTES.get(vr, 1) if order == ">" else 1
    if words > 1 and len(raw) % words == 0:
        raw = b"".join(raw[at : at + words][::-1] for at in range(0, len(raw), words))
    return b64encode(raw).decode("ascii")
