"""What a codestream says of itself, read before any native decoder sees it.

A decoder allocates what the codestream asks for, and some abort the process over sizes that cannot be. So the size in
the codestream's own header has to be that of the data set, which has been checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from serverless_dicom.errors import InvalidPixelDescription, TruncatedPixelData, UndecodablePixelData
from serverless_dicom.image.syntaxes import Family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from serverless_dicom.image.description import PixelDescription

MAX_TILES = 65_535
"""Tiles of a JPEG 2000 codestream: ISO/IEC 15444-1 A.4.2 has no more."""

_SIZE = Struct(">HBHHB")
_SIZ = Struct(">HHLLLLLLLLH")
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15, and JPEG-LS's SOF55."""

_APP14 = 0xEE
_SOI, _SOC_SIZ = b"\xff\xd8", b"\xff\x4f\xff\x51"
_END = b"\xff\xd9"
"""JPEG's End of Image and JPEG 2000's End of Codestream: no other byte sequence of theirs has it past the header."""

_BOX = Struct(">L4s")
_COD, _COD_TRANSFORM, _COD_SIZE = 0xFF52, 8, 14
"""The marker of the coding style, the offset of its component transformation, and its bytes up to the wavelet."""


@dataclass(frozen=True, slots=True)
class Codestream:
    """The size in pixels, the components and the bits of each, as a codestream declares them at offset `at`."""

    rows: int
    columns: int
    components: int
    bits: int
    at: int


def check(data: bytes, family: Family, description: PixelDescription) -> None:
    """Raise unless the codestream is of its family and of the data set's size.

    UndecodablePixelData where it is none, InvalidPixelDescription where it contradicts the data set, TruncatedPixelData
    where its end is missing: some decoders make up what they lack, and say nothing.
    """
    read = _READERS.get(family)
    if read is None:
        return
    found = read(data)
    if found is None:
        raise UndecodablePixelData(f"the frame does not begin with a {family.value} codestream")
    declared = (description.rows, description.columns, description.samples_per_pixel)
    if (found.rows, found.columns, found.components) != declared:
        raise InvalidPixelDescription(
            f"the {family.value} codestream has {found.columns} x {found.rows} pixels of {found.components} components,"
            f" the data set {declared[1]} x {declared[0]} of {declared[2]}"
        )
    if not 1 <= found.bits <= max(description.bits_allocated, 8):
        raise InvalidPixelDescription(
            f"the {family.value} codestream has {found.bits} bits a sample, BitsAllocated is "
            f"{description.bits_allocated}"
        )
    if data.rfind(_END) < found.at:
        raise TruncatedPixelData(f"the {family.value} codestream of {len(data)} bytes has no end: it was cut off")


def declared(data: bytes, family: Family) -> Codestream | None:
    """What a codestream declares; None where it is none of its family. Raises UndecodablePixelData."""
    read = _READERS.get(family)
    return read(data) if read else None


def begins_codestream(start: bytes) -> bool:
    """Whether a fragment that begins with these bytes (8 are enough) is the first of its frame."""
    return start.startswith((_SOI, _SOC_SIZ)) or start[4:8] == b"jP  "


def adobe_transform(data: bytes) -> int | None:
    """The transform of a JPEG's Adobe segment (ISO/IEC 10918-6 6.5.3): 0 none, 1 YCbCr; None without one."""
    for marker, at in _segments(data):
        if marker == _APP14 and data[at + 2 : at + 7] == b"Adobe":
            return data[at + 13] if at + 13 < len(data) else None
    return None


def is_reversible(data: bytes) -> bool:
    """Whether a JPEG 2000 codestream, without boxes, says that its wavelet is the 5-3 one (ISO/IEC 15444-1 A.6.1)."""
    return _coding_style(data, _COD_SIZE - 1) == 1


def is_transformed(data: bytes) -> bool:
    """Whether its components were transformed before they were encoded (ISO/IEC 15444-1 G): RGB to YBR."""
    return _coding_style(data, _COD_TRANSFORM) == 1


def _coding_style(data: bytes, offset: int) -> int | None:
    """The byte at an offset in the coding style's marker segment; None where there is none."""
    at = 2
    while at + _COD_SIZE <= len(data):
        marker, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _COD:
            return data[at + offset]
        at += 2 + max(2, length)
    return None


def _jpeg(data: bytes) -> Codestream | None:
    """Of JPEG (ISO/IEC 10918-1 B.2.2) and JPEG-LS (ISO/IEC 14495-1 C.2.2): the first frame header."""
    for marker, at in _segments(data):
        if marker in _FRAMES and at + _SIZE.size <= len(data):
            _, bits, rows, columns, components = _SIZE.unpack_from(data, at)
            return Codestream(rows, columns, components, bits, at)
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker up to the first frame header, with the offset of its segment's length."""
    at = 2 if data.startswith(_SOI) else len(data)
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - a marker's first byte
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            at += 1
        elif marker in _STANDALONE:
            at += 2
        else:
            yield marker, at + 2
            if marker in _FRAMES:
                return
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))


def _jpeg_2000(data: bytes) -> Codestream | None:
    """Of JPEG 2000 (ISO/IEC 15444-1 A.5.1), with or without the boxes of a JP2 file."""
    at = 0
    while data[at : at + 4] != _SOC_SIZ:
        if at + 8 > len(data):
            return None
        length, kind = _BOX.unpack_from(data, at)
        if kind == b"jp2c":
            at += 8
        elif length >= 8:  # noqa: PLR2004 - the box's own header
            at += length
        else:
            return None
    at += 4
    if at + _SIZ.size + 1 > len(data):
        return None
    _, _, right, bottom, left, top, tile_width, tile_height, tile_left, tile_top, components = _SIZ.unpack_from(
        data, at
    )
    bits = (data[at + _SIZ.size] & 0x7F) + 1
    if not (tile_width and tile_height and left < right and top < bottom):
        raise UndecodablePixelData("the JPEG 2000 codestream declares an image or tiles without any extent")
    across, down = -(-(right - tile_left) // tile_width), -(-(bottom - tile_top) // tile_height)
    if across * down > MAX_TILES:
        raise UndecodablePixelData(
            f"the JPEG 2000 codestream declares {across * down} tiles, there are {MAX_TILES} at most"
        )
    return Codestream(bottom - top, right - left, components, bits, at)


_READERS: dict[Family, Callable[[bytes], Codestream | None]] = {
    Family.JPEG: _jpeg,
    Family.JPEG_LS: _jpeg,
    Family.JPEG_2000: _jpeg_2000,
    Family.HTJ2K: _jpeg_2000,
}
"""RLE and deflated frames have no size of their own; libjxl's answer is bounded by the memory that it may take."""
