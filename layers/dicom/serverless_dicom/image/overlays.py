"""Overlay planes (PS3.3 C.9.2): bit masks beside the pixels, or, in old objects, in their unused bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.image.elements import numbers, packed, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

GROUPS = range(0x6000, 0x6020, 2)
DATA = 0x3000

MAX_PLANE_BYTES = 16 * 1024 * 1024
"""Bytes of one overlay's planes that are read."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A mask (bool, shape (rows, columns)), and where its first pixel stands in the picture, from 0."""

    mask: NDArray[np.bool_]
    top: int
    left: int

    def draw(self, levels: NDArray[np.uint8]) -> None:
        """Make the picture white, in place, where the mask is true; what lies outside of the picture is left out."""
        top, left = max(self.top, 0), max(self.left, 0)
        mask = self.mask[top - self.top :, left - self.left :]
        place = levels[top : top + mask.shape[0], left : left + mask.shape[1]]
        place[mask[: place.shape[0], : place.shape[1]]] = 255


def overlays_of(
    dataset: Dataset, number: int, deferred: Mapping[int, bytes], unmasked: NDArray[Any] | None, *, little_endian: bool
) -> list[Overlay]:
    """The overlays of frame `number`, from 1; those that do not fit their own description are left out.

    `deferred` has the planes that were too long to be read with the header, by their tags; `unmasked` are the samples
    with all of their bits.
    """
    found = []
    for group in GROUPS:
        at = group << 16
        rows, columns = whole(dataset, at | 0x0010) or 0, whole(dataset, at | 0x0011) or 0
        first = (whole(dataset, at | 0x0051) or 1) - 1  # ImageFrameOrigin
        frames = whole(dataset, at | 0x0015) or 1
        plane = number - 1 - first if at | 0x0015 in dataset else 0
        if rows < 1 or columns < 1 or not 0 <= plane < frames:
            continue
        data = packed(dataset, at | DATA, deferred.get(at | DATA), little_endian=little_endian)
        mask = _mask(data, rows, columns, plane) if data else _in_high_bits(dataset, at, rows, columns, unmasked)
        if mask is not None:
            origin = [int(value) for value in numbers(dataset, at | 0x0050, signed=True)] or [1, 1]
            found.append(Overlay(mask, origin[0] - 1, origin[-1] - 1))
    return found


def deferred_planes(dataset: Dataset) -> dict[int, tuple[int, int]]:
    """Offset and length of the planes that were not read with the header, by their tags."""
    found = {}
    for group in GROUPS:
        tag = group << 16 | DATA
        element: Any = dataset.get_item(tag, keep_deferred=True) if tag in dataset else None
        if element is not None and element.value is None and 0 < element.length <= MAX_PLANE_BYTES:
            found[tag] = (element.value_tell, element.length)
    return found


def _mask(data: bytes, rows: int, columns: int, plane: int) -> NDArray[np.bool_] | None:
    first, count = plane * rows * columns, rows * columns
    if first + count > 8 * len(data):
        return None
    bits = np.unpackbits(np.frombuffer(data, np.uint8)[first // 8 :], bitorder="little", count=first % 8 + count)
    return bits[first % 8 :].astype(bool).reshape(rows, columns)


def _in_high_bits(
    dataset: Dataset, at: int, rows: int, columns: int, unmasked: NDArray[Any] | None
) -> NDArray[np.bool_] | None:
    """An overlay in the bits that pixels leave unused (retired: PS3.3 C.9.2 of 2004)."""
    position = whole(dataset, at | 0x0102)
    if unmasked is None or unmasked.ndim != 2 or unmasked.dtype.kind == "f" or position is None:  # noqa: PLR2004
        return None
    if unmasked.shape != (rows, columns) or not 0 < position < 8 * unmasked.itemsize:
        return None
    mask: NDArray[np.bool_] = (unmasked >> position & 1).astype(bool)
    return mask
