"""The frames of encapsulated pixel data (PS3.5 A.4): by an offset table, or by walking from fragment to fragment."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.errors import TruncatedPixelData, UndecodablePixelData
from serverless_dicom.header.structure import ITEM, UNDEFINED
from serverless_dicom.image.codestream import begins_codestream
from serverless_dicom.image.description import MAX_FRAME_BYTES
from serverless_dicom.image.syntaxes import ONE_FRAGMENT_A_FRAME, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_dicom.header.parse import Parsed
    from serverless_dicom.header.structure import Element

BLOCK = 64 * 1024
"""Bytes that are fetched at once on a walk: small fragments share a fetch."""

MAX_ENCODED_BYTES = MAX_FRAME_BYTES
"""Bytes of one encoded frame; a frame that grows when it is compressed is still far smaller."""

_ITEM = Struct("<HHL")
_START = 8
_OFFSETS, _LENGTHS = 0x7FE00001, 0x7FE00002


class Fragments:
    """The fragments of one pixel data element, of which frames are fetched one at a time."""

    def __init__(self, parsed: Parsed, element: Element, family: Family, number_of_frames: int) -> None:
        """Fetch nothing yet."""
        self._parsed, self._ranges = parsed, parsed.ranges
        self._family, self._frames = family, number_of_frames
        self._table_at = element.value
        self._block, self._block_at = b"", 0

    def frame(self, number: int) -> bytes:
        """The fragments of frame `number`, from 1, joined. Raises TruncatedPixelData."""
        length = self._item(self._table_at)
        if length is None:
            raise TruncatedPixelData("the pixel data have no offset table, and so no fragment")
        first = self._table_at + 8 + length
        start, stop = self._extended(number, first) or self._basic(number, first, length) or (first, None)
        if stop is None and start == first and self._frames > 1:
            return self._walked(number, first)
        return self._joined(start, stop or self._ranges.size)

    def _extended(self, number: int, first: int) -> tuple[int, int] | None:
        """A frame's span by the Extended Offset Table (PS3.3 C.7.6.3.1.8); None where that is absent or wrong."""
        offsets, lengths = self._long_words(_OFFSETS), self._long_words(_LENGTHS)
        if len(offsets) != self._frames or len(lengths) != self._frames:
            return None
        start, length = first + int(offsets[number - 1]), int(lengths[number - 1])
        stop = start + 8 + length + length % 2
        return (
            (start, stop) if stop <= self._ranges.size and self._item(start) in {length, length + length % 2} else None
        )

    def _basic(self, number: int, first: int, length: int) -> tuple[int, int | None] | None:
        """A frame's span by the Basic Offset Table (PS3.5 A.4), None where that is no help."""
        if length != 4 * self._frames or self._frames == 1:
            return None
        at = self._table_at + 8 + 4 * (number - 1)
        if at + 4 > self._ranges.size:
            return None
        entries = self._read(at, min(8 if number < self._frames else 4, first - at))
        start = first + int.from_bytes(entries[:4], "little")
        stop = first + int.from_bytes(entries[4:], "little") if number < self._frames else self._ranges.size
        if not first <= start < stop <= self._ranges.size or self._item(start) is None:
            return None
        return start, stop

    def _walked(self, number: int, first: int) -> bytes:
        """A frame found without a table: it begins with its number's codestream, or is that fragment of all."""
        seen, start = 0, None
        for at, length in self._fragments(first):
            begins = self._family in ONE_FRAGMENT_A_FRAME or begins_codestream(self._read(at + 8, min(length, _START)))
            if begins or at == first:
                seen += 1
                if start is not None:
                    return self._joined(start, at)
                if seen == number:
                    start = at
        if start is None:
            raise TruncatedPixelData(f"the pixel data have {seen} frames, NumberOfFrames says {self._frames}")
        return self._joined(start, self._ranges.size)

    def _joined(self, start: int, stop: int) -> bytes:
        """The fragments from `start` to before `stop` or the delimiter."""
        pieces, total = [], 0
        for at, length in self._fragments(start):
            if at >= stop:
                break
            total += length
            if total > MAX_ENCODED_BYTES:
                raise UndecodablePixelData(
                    f"the encoded frame has more than the {MAX_ENCODED_BYTES} bytes that are read"
                )
            if length:
                pieces.append(self._read(at + 8, length))
        if not total:
            raise TruncatedPixelData("the frame has no bytes")
        return b"".join(pieces)

    def _fragments(self, at: int) -> Iterator[tuple[int, int]]:
        """Offset and length of each fragment from an offset to the delimiter."""
        while (length := self._item(at)) is not None:
            if at + 8 + length > self._ranges.size:
                raise TruncatedPixelData(
                    f"a fragment declares {length} bytes from {at + 8}, the object ends at {self._ranges.size}"
                )
            yield at, length
            at += 8 + length

    def _item(self, at: int) -> int | None:
        """The length of the item at an offset; None at the delimiter, at the object's end and where none is."""
        if not 0 <= at <= self._ranges.size - 8:
            return None
        group, number, length = _ITEM.unpack(self._read(at, 8))
        return length if group << 16 | number == ITEM and length != UNDEFINED else None

    def _read(self, at: int, length: int) -> bytes:
        """Bytes of the object, through a block that holds what lies next to them too."""
        begin = at - self._block_at
        if not 0 <= begin <= begin + length <= len(self._block):
            stop = min(at + max(length, BLOCK), self._ranges.size)
            self._block, self._block_at, begin = self._ranges.read(at, stop), at, 0
        return self._block[begin : begin + length]

    def _long_words(self, tag: int) -> list[int]:
        """The 64-bit words of an element before the pixel data, none where it is absent."""
        dataset = self._parsed.dataset
        element: Any = dataset.get_item(tag, keep_deferred=True) if tag in dataset else None
        if element is None:
            return []
        value = element.value
        if value is None:  # too long to have been read with the header
            value = self._ranges.read(element.value_tell, element.value_tell + element.length)
        return np.frombuffer(value[: len(value) & ~7], "<u8").tolist() if isinstance(value, bytes) else []
