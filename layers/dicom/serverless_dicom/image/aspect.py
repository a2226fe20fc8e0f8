"""The shape of a pixel (PS3.3 C.7.6.3.1.7, 10.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serverless_dicom.image.elements import numbers
from serverless_dicom.image.groups import place_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")

MAX_ASPECT = 16.0
"""A pixel this many times as high as wide, or as wide as high, is taken for a mistake."""


def aspect_of(dataset: Dataset, number: int) -> float:
    """How many times as high as wide a pixel of frame `number` is; 1 where nothing, or nothing sensible, says."""
    for keyword in _SPACINGS:
        if place := place_of(dataset, number, "PixelMeasuresSequence", (keyword,)):
            return _ratio(numbers(place.dataset, keyword))
    return _ratio(numbers(dataset, "PixelAspectRatio"))


def _ratio(vertical_and_horizontal: list[float]) -> float:
    if len(vertical_and_horizontal) < 2 or min(vertical_and_horizontal[:2]) <= 0:  # noqa: PLR2004 - a pair
        return 1.0
    ratio = vertical_and_horizontal[0] / vertical_and_horizontal[1]
    return ratio if 1 / MAX_ASPECT <= ratio <= MAX_ASPECT else 1.0
