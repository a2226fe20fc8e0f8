"""The modality transformation: stored values -> values of a unit, such as Hounsfield's (PS3.3 C.11.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.image.elements import items, number
from serverless_dicom.image.groups import place_of
from serverless_dicom.image.lut import Lut, lut_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Modality:
    """Rescale slope and intercept, or a table in their place; `source` tells which, and where it was found."""

    source: str
    slope: float = 1.0
    intercept: float = 0.0
    lut: Lut | None = None

    def apply(self, stored: NDArray[Any]) -> NDArray[Any]:
        """The values of stored ones: uint16 by a table, float64 by a rescale, as they are if it changes nothing."""
        if self.lut:
            return self.lut.look_up(stored)
        if self.slope == 1 and self.intercept == 0:
            return stored
        values: NDArray[Any] = stored.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):  # beyond all numbers is white, or black
            values *= self.slope
            values += self.intercept
        return values

    @property
    def explanation(self) -> dict[str, Any]:
        """What was done, for JSON."""
        if self.lut or self.source == "none":
            return {"source": self.source}
        return {"source": self.source, "slope": self.slope, "intercept": self.intercept}


def modality_of(dataset: Dataset, number_of_frame: int, *, little_endian: bool, signed: bool) -> Modality:
    """The modality transformation of a frame: a sequence, else a rescale, else none. A slope of 0 counts as none."""
    for item in items(dataset, "ModalityLUTSequence")[:1]:
        if lut := lut_of(item, little_endian=little_endian, signed=signed):
            return Modality("Modality LUT Sequence", lut=lut)
    keywords = ("RescaleSlope", "RescaleIntercept")
    place = place_of(dataset, number_of_frame, "PixelValueTransformationSequence", keywords)
    if place is None:
        return Modality("none")
    slope, intercept = number(place.dataset, "RescaleSlope"), number(place.dataset, "RescaleIntercept")
    return Modality(f"rescale of the {place.name}", slope or 1.0, intercept or 0.0)
