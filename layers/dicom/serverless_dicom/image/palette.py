"""PALETTE COLOR: indices -> RGB (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.errors import InvalidPixelDescription
from serverless_dicom.image.elements import numbers, words
from serverless_dicom.image.lut import MAX_ENTRIES, Lut, table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

_DISCRETE, _LINEAR, _INDIRECT = range(3)


def rgb_of(indices: NDArray[Any], dataset: Dataset, *, signed: bool) -> NDArray[np.uint8]:
    """Indices, shape (rows, columns), -> RGB of 8 bits, shape (rows, columns, 3). Raises InvalidPixelDescription."""
    luts = [_lut(dataset, colour, signed=signed) for colour in ("Red", "Green", "Blue")]
    if all(lut.entries.max() <= 0xFF for lut in luts):  # noqa: PLR2004 - 8-bit colours, whatever the descriptor says
        luts = [replace(lut, bits=8) for lut in luts]
    colours = [(lut.look_up(indices) >> (lut.bits - 8)).astype(np.uint8) for lut in luts]
    return np.stack(colours, axis=-1)


def _lut(dataset: Dataset, colour: str, *, signed: bool) -> Lut:
    descriptor = numbers(dataset, f"{colour}PaletteColorLookupTableDescriptor", signed=signed)
    data = words(dataset, f"{colour}PaletteColorLookupTableData")
    if not data.size:
        segments = words(dataset, f"Segmented{colour}PaletteColorLookupTableData")
        if descriptor[2:] == [8]:
            segments = segments.view(np.uint8)
        data = np.array(_Segments(segments.tolist(), 8 * segments.itemsize, colour).expanded(), np.uint16)
    lut = table(descriptor, data, signed=signed)
    if lut is None:
        raise InvalidPixelDescription(f"the {colour.lower()} palette is absent, or its descriptor does not fit it")
    return replace(lut, bits=max(lut.bits, 8))


@dataclass(slots=True)
class _Segments:
    """The words of a segmented table (PS3.3 C.7.9.2), of so many bits each, and the entries that they stand for."""

    words: list[int]
    bits: int
    colour: str
    entries: list[int] = field(default_factory=list)
    count: int = 0

    def expanded(self) -> list[int]:
        """The entries. Raises InvalidPixelDescription."""
        at = 0
        while at + 1 < len(self.words):
            if self.words[at] != _INDIRECT:
                at = self._append(at)
                continue
            offset = at + 2
            at = offset + 32 // self.bits
            target = sum(word << self.bits * place for place, word in enumerate(self.words[offset:at]))
            if at > len(self.words):
                target = at
            for _ in range(self.words[offset - 1]):
                target = self._append(target)
        return self.entries

    def _append(self, at: int) -> int:
        """Append what the discrete or linear segment at an offset stands for; returns the offset of the next."""
        opcode, length = self.words[at : at + 2] if at + 1 < len(self.words) else (None, 0)
        values = self.words[at + 2 : at + 2 + (length if opcode == _DISCRETE else 1)]
        if opcode == _DISCRETE and len(values) == length:
            self.entries += values
        elif opcode == _LINEAR and values and self.entries:
            start, stop = self.entries[-1], values[0]
            self.entries += [round(start + (stop - start) * step / length) for step in range(1, length + 1)]
        else:
            raise InvalidPixelDescription(f"the segmented {self.colour.lower()} palette has an invalid segment at {at}")
        self.count += 1
        if max(len(self.entries), self.count) > MAX_ENTRIES:
            raise InvalidPixelDescription(
                f"the segmented {self.colour.lower()} palette has more than {MAX_ENTRIES} segments or entries"
            )
        return at + 2 + len(values)
