"""The VOI transformation: which values are shown, from black to white (PS3.3 C.11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.image.elements import items, numbers, text
from serverless_dicom.image.groups import place_of
from serverless_dicom.image.lut import Lut, lut_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from serverless_dicom.image.options import Window

WHITE = 255

_MAX = float(np.finfo(np.float64).max) / 1024
"""What a range ends at: so much that its width can be multiplied by WHITE."""

PRESETS = {
    "abdomen": (40.0, 400.0),
    "angiography": (300.0, 600.0),
    "bone": (480.0, 2500.0),
    "brain": (40.0, 80.0),
    "liver": (60.0, 160.0),
    "lung": (-600.0, 1500.0),
    "mediastinum": (50.0, 350.0),
    "soft-tissue": (50.0, 400.0),
    "spine": (50.0, 250.0),
    "stroke": (35.0, 30.0),
    "subdural": (75.0, 215.0),
    "temporal-bone": (600.0, 2800.0),
}
"""Centre and width in Hounsfield units, by name: for CT only."""


@dataclass(frozen=True, slots=True)
class Voi:
    """A window with its function, or a table in its place; `source` tells which, and where it was found."""

    source: str
    center: float = 0.0
    width: float = 0.0
    function: str = "LINEAR"
    lut: Lut | None = None

    def apply(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Values -> grey levels, 0 to 255, rounded down; of the same shape. NaN is black."""
        if self.lut:
            shown = self.lut.look_up(values).astype(np.uint32)
            return (shown * (WHITE + 1) >> self.lut.bits).astype(np.uint8)
        levels = values.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.function == "SIGMOID":  # C.11.2.1.3.1
                levels = WHITE / (1 + np.exp(-4 * (levels - self.center) / self.width))
            else:
                low, high = self.borders
                levels -= low
                levels *= WHITE  # before dividing: the highest value is white exactly
                levels /= high - low if high > low else np.finfo(np.float64).tiny
        np.nan_to_num(levels, copy=False, nan=0.0, posinf=WHITE, neginf=0.0)
        np.clip(levels, 0, WHITE, out=levels)
        return levels.astype(np.uint8)

    @property
    def borders(self) -> tuple[float, float]:
        """The values up to which all is black, and from which all is white.

        LINEAR (C.11.2.1.2.1) counts whole values: 100 wide are 99 steps. LINEAR_EXACT (C.11.2.1.3.2) does not.
        """
        if self.function == "LINEAR":
            return self.center - 0.5 - (self.width - 1) / 2, self.center - 0.5 + (self.width - 1) / 2
        return self.center - self.width / 2, self.center + self.width / 2

    @property
    def explanation(self) -> dict[str, Any]:
        """What was done, for JSON."""
        if self.lut:
            return {"source": self.source}
        return {"source": self.source, "function": self.function, "center": self.center, "width": self.width}


def range_of(low: float, high: float) -> Voi:
    """From the lowest value, black, to the highest, white."""
    low, high = max(low, -_MAX), min(high, _MAX)
    return Voi("range of the used pixels", (low + high) / 2, high - low, "LINEAR_EXACT")


def voi_of(
    dataset: Dataset, number: int, window: Window | None, *, little_endian: bool, signed: bool
) -> tuple[Voi | None, list[str]]:
    """The VOI transformation of frame `number`, from 1, and warnings of what could not be used.

    The one asked for; else the first of the VOI LUT Sequence; else the first window, of the frame's functional groups
    or of the data set; else None: the range of the pixels decides. Raises InvalidRequest.
    """
    if window is not None and window.center is not None and window.width is not None:
        function = "LINEAR" if window.width >= 1 else "LINEAR_EXACT"
        return Voi("request", window.center, window.width, function), []
    if window is not None and window.preset:
        modality = text(dataset, "Modality")
        if modality != "CT":
            raise InvalidRequest(
                f"window {window.preset} is in Hounsfield units, for CT: the object's Modality is not CT"
            )
        return Voi(f"preset {window.preset}", *PRESETS[window.preset]), []
    if window is None:
        for item in items(dataset, "VOILUTSequence")[:1]:
            if lut := lut_of(item, little_endian=little_endian, signed=signed):
                return Voi("VOI LUT Sequence", lut=lut), []
    return _window(dataset, number, window.index if window else None)


def _window(dataset: Dataset, number: int, index: int | None) -> tuple[Voi | None, list[str]]:
    """One of the object's own windows: that of an index, from 1, or the first."""
    place = place_of(dataset, number, "FrameVOILUTSequence", ("WindowCenter", "WindowWidth"))
    centers = numbers(place.dataset, "WindowCenter") if place else []
    widths = numbers(place.dataset, "WindowWidth") if place else []
    windows = list(zip(centers, widths, strict=False))
    if index is not None and index > len(windows):
        have = f"windows 1 to {len(windows)}" if windows else "no window"
        raise InvalidRequest(f"window must be one that the object has, got {index}: it has {have}")
    if place is None:
        return None, []
    function = text(place.dataset, "VOILUTFunction") or "LINEAR"
    center, width = windows[(index or 1) - 1] if windows else (0.0, 0.0)
    if function not in {"LINEAR", "LINEAR_EXACT", "SIGMOID"}:
        function = "LINEAR"
    if not (width >= 1 if function == "LINEAR" else width > 0):  # C.11.2.1.2.1, C.11.2.1.3
        return None, ["the window of the object is invalid: the range of the pixels is shown"]
    which = f"window {index or 1} of the {place.name}"
    return Voi(which, center, width, function), []
