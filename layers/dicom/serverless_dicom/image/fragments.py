"""The frames of encapsulated pixel data (PS3.5 A.4): by an offset table, or by walking from fragment to fragment."""

from __future__ import annotations

from itertools import pairwise
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
        if self._frames == 1:
            return self._joined(first, self._ranges.size)
        if (span := self._extended(number, first)) and self._fetched(*span) == span[1] - span[0] - 8:
            return self._joined(*span)
        if (span := self._basic(number, first, length)) and self._fetched(*span) is not None:
            return self._joined(*span)
        return self._walked(number, first)

    def _extended(self, number: int, first: int) -> tuple[int, int] | None:
        """A frame's span by the Extended Offset Table (PS3.3 C.7.6.3.1.8); None where that is absent."""
        offsets, lengths = self._long_words(_OFFSETS), self._long_words(_LENGTHS)
        if len(offsets) != self._frames or len(lengths) != self._frames:
            return None
        start, length = first + offsets[number - 1], lengths[number - 1]
        return start, start + 8 + length + length % 2

    def _basic(self, number: int, first: int, length: int) -> tuple[int, int] | None:
        """A frame's span by the Basic Offset Table (PS3.5 A.4); None where that is absent, or not in order."""
        if length != 4 * self._frames:
            return None
        begin, end = max(number - 2, 0), min(number + 1, self._frames)
        entries = np.frombuffer(self._read(self._table_at + 8 + 4 * begin, 4 * (end - begin)), "<u4").tolist()
        if len(entries) != end - begin or any(one >= next_ for one, next_ in pairwise(entries)):
            return None
        start = entries[number - 1 - begin]
        stop = entries[number - begin] + first if number < self._frames else self._ranges.size
        return (first + start, stop) if number > 1 or start == 0 else None

    def _fetched(self, start: int, stop: int) -> int | None:
        """The length of the fragment that begins where a table says, fetched with its frame; None where none does."""
        if not start + 8 <= stop <= self._ranges.size:
            return None
        self._fetch(start, min(stop, start + 8 + MAX_ENCODED_BYTES))
        return self._item(start)

    def _walked(self, number: int, first: int) -> bytes:
        """A frame found without a table: it begins with its number's codestream, or is that fragment of all."""
        seen, start = 0, None
        for at, length in self._fragments(first, self._ranges.size):
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
        for at, length in self._fragments(start, stop):
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

    def _fragments(self, at: int, stop: int) -> Iterator[tuple[int, int]]:
        """Offset and length of each fragment from an offset to before another or the delimiter."""
        while at < stop and (length := self._item(at)) is not None:
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
            self._fetch(at, min(at + max(length, BLOCK), self._ranges.size))
            begin = 0
        return self._block[begin : begin + length]

    def _fetch(self, start: int, stop: int) -> None:
        self._block, self._block_at = self._ranges.read(start, stop), start

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
