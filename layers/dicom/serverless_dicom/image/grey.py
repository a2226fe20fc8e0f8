"""Stored grey values -> grey levels (PS3.4 N.2): modality, VOI, presentation, by one table where that is quicker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from serverless_dicom.image.elements import number, text
from serverless_dicom.image.modality import modality_of
from serverless_dicom.image.syntaxes import EXPLICIT_BIG
from serverless_dicom.image.voi import WHITE, range_of, voi_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from serverless_dicom.image.decode import Decoded
    from serverless_dicom.image.modality import Modality
    from serverless_dicom.image.opening import Frame
    from serverless_dicom.image.options import Window
    from serverless_dicom.image.voi import Voi

MAX_TABLE_BITS = 16
"""Bits of stored values for which a table is made; those of more are transformed pixel by pixel."""

_STRIP = 1 << 18
"""Pixels that are transformed at once: the numbers in between take eight bytes each, and fit into a cache."""

_PADDING = ("PixelPaddingValue", "FloatPixelPaddingValue", "DoubleFloatPixelPaddingValue")
_PADDING_LIMIT = ("PixelPaddingRangeLimit", "FloatPixelPaddingRangeLimit", "DoubleFloatPixelPaddingRangeLimit")


@dataclass(frozen=True, slots=True)
class Transformation:
    """All of the grayscale pipeline for one frame."""

    modality: Modality
    voi: Voi
    inverted: bool
    padding: tuple[float, float] | None
    warnings: list[str] = field(default_factory=list)

    def apply(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """Stored values -> grey levels, 0 to 255; of the same shape."""
        levels = self.voi.apply(self.modality.apply(stored))
        return WHITE - levels if self.inverted else levels

    def clipped(self, stored: NDArray[Any]) -> dict[str, float]:
        """The shares of used pixels that lie below and above the window."""
        used = _used(stored, self.padding)
        if self.voi.lut or self.voi.function == "SIGMOID" or not used.size:
            return {"below": 0.0, "above": 0.0}
        low, high = self.voi.borders
        values = self.modality.apply(used)
        return {
            "below": round(float(np.count_nonzero(values < low)) / values.size, 6),
            "above": round(float(np.count_nonzero(values > high)) / values.size, 6),
        }


def transformation_of(frame: Frame, decoded: Decoded, window: Window | None) -> Transformation:
    """The transformation that the object asks for, or `window` instead of its own. Raises InvalidRequest."""
    dataset, stored = frame.dataset, decoded.samples
    little_endian, signed = frame.transfer_syntax_uid != EXPLICIT_BIG, frame.description.signed
    modality = modality_of(dataset, frame.number, little_endian=little_endian, signed=signed)
    negative = signed or (modality.lut is None and (modality.intercept < 0 or modality.slope < 0))
    voi, warnings = voi_of(dataset, frame.number, window, little_endian=little_endian, signed=negative)
    padding = _padding(dataset, signed=signed)
    if voi is None:
        voi = range_of(*_ends(stored, modality, padding))
    # C.11.6: a shape speaks of the last step; where there is none, the photometric interpretation does (C.7.6.3.1.2).
    shape = text(dataset, "PresentationLUTShape")
    inverted = shape == "INVERSE" or (shape != "IDENTITY" and decoded.photometric_interpretation == "MONOCHROME1")
    return Transformation(modality, voi, inverted, padding, warnings)


def levels_of(stored: NDArray[Any], transformation: Transformation, bits: int) -> NDArray[np.uint8]:
    """The grey levels of stored values of so many bits, shape (rows, columns)."""
    bits = min(bits, 8 * stored.itemsize)
    table = None
    if stored.dtype.kind in "iu" and bits <= MAX_TABLE_BITS and stored.size >= 1 << bits:
        table = transformation.apply(_domain(bits, signed=stored.dtype.kind == "i", dtype=stored.dtype))
    levels = np.empty(stored.shape, np.uint8)
    rows = max(1, _STRIP // stored.shape[1])
    for top in range(0, stored.shape[0], rows):
        strip, out = stored[top : top + rows], levels[top : top + rows]
        if table is None:
            out[...] = transformation.apply(strip)
        else:
            np.take(table, strip, out=out, mode="wrap")  # negative ones count from the end
    return levels


def _domain(bits: int, *, signed: bool, dtype: np.dtype[Any]) -> NDArray[Any]:
    """All values of so many bits; negative ones follow the others, where negative indices find them."""
    half = 1 << (bits - 1)
    return np.r_[0:half, -half:0].astype(dtype) if signed else np.arange(2 * half, dtype=dtype)


def _ends(stored: NDArray[Any], modality: Modality, padding: tuple[float, float] | None) -> tuple[float, float]:
    """The lowest and the highest value of the used pixels; where there are none, above which nothing is."""
    used = _used(stored, padding)
    if not used.size:
        values = modality.apply(stored[np.isfinite(stored)] if stored.dtype.kind == "f" else stored)
        return (float(values.max()),) * 2 if values.size else (0.0, 0.0)
    values = modality.apply(used if modality.lut else np.array([used.min(), used.max()]))
    return float(values.min()), float(values.max())


def _used(stored: NDArray[Any], padding: tuple[float, float] | None) -> NDArray[Any]:
    """The pixels that are no padding (PS3.3 C.7.5.1.1.2), and finite."""
    used = stored
    if padding is not None:
        used = used[(used < padding[0]) | (used > padding[1])]
    return used[np.isfinite(used)] if used.dtype.kind == "f" else used


def _padding(dataset: Dataset, *, signed: bool) -> tuple[float, float] | None:
    """The lowest and highest value of padding; None where the object declares none."""
    value = next((found for name in _PADDING if (found := number(dataset, name, signed=signed)) is not None), None)
    limit = next(
        (found for name in _PADDING_LIMIT if (found := number(dataset, name, signed=signed)) is not None), None
    )
    if value is None:
        return None
    limit = value if limit is None else limit
    return min(value, limit), max(value, limit)
