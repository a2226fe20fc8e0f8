"""Lookup tables: descriptor and data of modality, VOI and palette LUTs (PS3.3 C.11.1, C.7.6.3.1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.image.elements import numbers, words

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

MAX_ENTRIES = 65_536


@dataclass(frozen=True, slots=True)
class Lut:
    """A table: `entries` (uint16) from input `first`, each of `bits` bits; inputs outside take the nearest entry."""

    entries: NDArray[np.uint16]
    first: int
    bits: int

    def look_up(self, values: NDArray[Any]) -> NDArray[np.uint16]:
        """The entries of values, which are rounded down to whole ones; of the same shape."""
        index = (
            np.floor(np.nan_to_num(values)).astype(np.int64) if values.dtype.kind == "f" else values.astype(np.int64)
        )
        found: NDArray[np.uint16] = self.entries[np.clip(index - self.first, 0, len(self.entries) - 1)]
        return found


def lut_of(item: Dataset, *, little_endian: bool, signed: bool) -> Lut | None:
    """The table of an item of a Modality or VOI LUT Sequence (LUTDescriptor, LUTData); None where it is unusable.

    `signed` says whether its input may be negative: so the first mapped value is read (PS3.3 C.11.1.1.1).
    """
    data = words(item, "LUTData", little_endian=little_endian)
    return table(numbers(item, "LUTDescriptor"), data, signed=signed)


def table(descriptor: list[float], data: NDArray[np.uint16], *, signed: bool) -> Lut | None:
    """The table that a descriptor (entries, first mapped value, bits) and its data make; None where they make none."""
    if len(descriptor) != 3:  # noqa: PLR2004 - PS3.3 C.11.1.1.1
        return None
    count, first, bits = (int(value) for value in descriptor)
    count = count & 0xFFFF or MAX_ENTRIES  # 0 stands for 65536
    if first > 0x7FFF and signed:  # noqa: PLR2004 - written as US, meant as SS
        first -= 0x10000
    if bits == 8 and len(data) == (count + 1) // 2 < count:  # noqa: PLR2004 - two 8-bit entries to a word
        data = data.view(np.uint8)[:count].astype(np.uint16)
    entries = data[:count]
    if not len(entries) or not 1 <= bits <= 16:  # noqa: PLR2004
        return None
    needed = int(entries.max()).bit_length()
    return Lut(entries, first, max(bits, needed))  # some declare fewer bits than they use
