"""Text in the character sets of PS3.3 C.12.1.1.2, by pydicom's decoder and what it lacks."""

import codecs
from functools import lru_cache

from pydicom.charset import CODES_TO_ENCODINGS, convert_encodings, decode_bytes, python_encoding

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DEFAULT = ("iso8859",)
"""The default repertoire, read as Latin-1: what stands there against the rules is mostly that."""

# Latin alphabet No. 9 is younger than pydicom 3.0's tables, which are the place where its decoder looks.
for _term in ("ISO_IR 203", "ISO 2022 IR 203"):
    python_encoding.setdefault(_term, "iso8859_15")
CODES_TO_ENCODINGS.setdefault(b"\x1b-b", "iso8859_15")

_OF_TEXT = ("iso8859", "utf-8", "cp125", "gb", "big5", "euc", "shift_jis", "koi8", "tis")
"""Families of Python codecs that a wrong term may name. Others, such as idna, are slow or no character sets at all."""

_GB2312_ESCAPE = "\x1b$)A"
"""The designation of ISO 2022 IR 58 to G1 (PS3.5 K): Python's codec leaves it in the text."""

_ENDS_EXTENSION = {"PN": frozenset(b"\\^="), "text": frozenset(b"\\\t\n\f\r")}
"""What ends a code extension within a value (PS3.5 6.1.2.5.3)."""


@lru_cache(maxsize=256)
def codecs_for(terms: tuple[str, ...]) -> tuple[str, ...]:
    """The Python codecs of the values of SpecificCharacterSet; an unknown one falls back to the default repertoire."""
    found = convert_encodings(list(terms))
    known = frozenset(python_encoding.values())
    return tuple(
        codec if codec in known or codecs.lookup(codec).name.startswith(_OF_TEXT) else DEFAULT[0] for codec in found
    )


def decode(raw: bytes, found: tuple[str, ...], vr: str) -> tuple[str, bool]:
    """The text of a value and whether every byte of it was understood; what was not stands as U+FFFD."""
    escapes = b"\x1b" in raw
    if raw.isascii() and not escapes:
        return raw.decode("ascii"), True
    if escapes:
        ends = _ENDS_EXTENSION["PN" if vr == "PN" else "text"]
        text = decode_bytes(raw, found, set(ends)).replace(_GB2312_ESCAPE, "").replace("\x1b", REPLACEMENT)
    else:
        text = raw.decode(found[0], errors="replace")
    return text, REPLACEMENT not in text
