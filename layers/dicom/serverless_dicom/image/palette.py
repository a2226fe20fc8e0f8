"""PALETTE COLOR: indices -> RGB (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.errors import InvalidPixelDescription
from serverless_dicom.image.elements import numbers, words
from serverless_dicom.image.lut import MAX_ENTRIES, Lut, table

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        data = np.array(_expanded(segments.tolist(), colour), np.uint16)
    lut = table(descriptor, data, signed=signed)
    if lut is None:
        raise InvalidPixelDescription(f"the {colour.lower()} palette is absent, or its descriptor does not fit it")
    return replace(lut, bits=max(lut.bits, 8))


def _expanded(segments: Sequence[int], colour: str) -> list[int]:
    """The entries of a segmented table (PS3.3 C.7.9.2)."""
    entries: list[int] = []
    at = 0
    while at + 1 < len(segments):
        opcode, length = segments[at], segments[at + 1]
        if opcode == _INDIRECT:
            target = segments[at + 2] | segments[at + 3] << 16 if at + 3 < len(segments) else len(segments)
            for _ in range(length):
                target = _append(entries, segments, target, colour)
            at += 4
        else:
            at = _append(entries, segments, at, colour)
    return entries


def _append(entries: list[int], segments: Sequence[int], at: int, colour: str) -> int:
    """Append what the discrete or linear segment at an offset stands for; returns the offset of the next."""
    opcode, length = segments[at : at + 2] if at + 1 < len(segments) else (None, 0)
    values = segments[at + 2 : at + 2 + (length if opcode == _DISCRETE else 1)]
    if opcode == _DISCRETE and len(values) == length:
        entries += values
    elif opcode == _LINEAR and values and entries:
        start, stop = entries[-1], values[0]
        entries += [round(start + (stop - start) * step / length) for step in range(1, length + 1)]
    else:
        raise InvalidPixelDescription(f"the segmented {colour.lower()} palette has an invalid segment at word {at}")
    if len(entries) > MAX_ENTRIES:
        raise InvalidPixelDescription(f"the segmented {colour.lower()} palette has more than {MAX_ENTRIES} entries")
    return at + 2 + len(values)
