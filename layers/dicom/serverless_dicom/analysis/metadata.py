"""Whether a JPEG or PNG file holds its picture and nothing else: no EXIF, XMP, comments, text, thumbnails, trailers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from serverless_dicom.analysis.kinds import Kind

_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD"})
"""Of PNG: what the picture is drawn by."""

_TABLES_AND_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD})
"""Markers of JPEG (ITU-T T.81 B.1): frames by Huffman coding, tables, scans."""

_APPLICATION = {0xE0: (b"JFIF\0", 16), 0xEE: (b"Adobe", 14)}
"""Application data that a decoder needs: JFIF's without a thumbnail and Adobe's, each with its length."""

_RESTARTS = frozenset(range(0xD0, 0xD8))
_EOI, _SOS = 0xD9, 0xDA


def is_bare(data: bytes, kind: Kind) -> bool:
    """Whether nothing but a picture stands in a file; in doubt, and for a GIF, it is not."""
    return _CHECKS[kind](data)


def _is_bare_png(data: bytes) -> bool:
    at = 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if name not in _CHUNKS:
            return False
        at += length + 12
        if name == b"IEND":
            return length == 0 and at == len(data)
    return False


def _is_bare_jpeg(data: bytes) -> bool:
    at = 2
    while data[at : at + 1] == b"\xff":
        marker = data[at + 1] if at + 1 < len(data) else 0
        if marker == _EOI:
            return at + 2 == len(data)
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _APPLICATION:
            if (data[at + 4 : at + 9].removesuffix(b"\0"), length) != _application(marker):
                return False
        elif marker not in _TABLES_AND_FRAMES:
            return False
        at += 2 + length
        if marker == _SOS:
            at = _end_of_scan(data, at)
    return False


def _application(marker: int) -> tuple[bytes, int]:
    name, length = _APPLICATION[marker]
    return name.removesuffix(b"\0"), length


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the marker stands that ends the entropy-coded data from `at`."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] and data[at + 1] not in _RESTARTS:
            return at
        at += 2
    return len(data)


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "jpeg": _is_bare_jpeg,
    "png": _is_bare_png,
    "gif": lambda _: False,
}
