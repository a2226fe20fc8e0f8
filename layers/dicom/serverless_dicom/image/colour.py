"""Colour samples -> RGB of 8 bits (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from serverless_dicom.image.elements import items

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

_PARTIAL = np.array([[1.1644, 0.0, 1.5960], [1.1644, -0.3917, -0.8130], [1.1644, 2.0173, 0.0]])
_PARTIAL_ZERO = np.array([16, 128, 128])

_STRIP = 256
"""Rows that are converted at once: the numbers in between take four times the memory."""

MAX_PROFILE_BYTES = 1024 * 1024
"""Bytes of an ICC profile that is passed on."""


def rgb_of(samples: NDArray[Any], photometric_interpretation: str, bits: int) -> tuple[NDArray[np.uint8], str]:
    """Samples of so many bits, shape (rows, columns, 3), -> RGB of 8 bits, and what was done to the colours.

    More bits are cut to the highest 8, fewer spread over them. What is returned may be written to.
    """
    transform = next(
        (found for name, found in _TRANSFORMS.items() if photometric_interpretation.startswith(name)), None
    )
    bits = min(bits, 8 * samples.itemsize)
    if transform is None and bits == 8 and samples.dtype == np.uint8:  # noqa: PLR2004
        return np.require(samples, requirements=["C", "W"]), "none"
    rgb = np.empty(samples.shape, np.uint8)
    for top in range(0, len(samples), _STRIP):
        strip = _eight_bits(samples[top : top + _STRIP], bits)
        rgb[top : top + _STRIP] = transform(strip) if transform else strip
    return rgb, f"{photometric_interpretation} to RGB" if transform else "none"


def icc_profile(dataset: Dataset) -> bytes | None:
    """The ICC profile of the object, or of its first optical path, None where it has none (PS3.3 C.11.15)."""
    for place in [dataset, *items(dataset, "OpticalPathSequence")[:1]]:
        element = place.get_item("ICCProfile", keep_deferred=True) if "ICCProfile" in place else None
        value = element.value if element is not None else None
        if (
            isinstance(value, bytes)
            and value[36:40] == b"acsp"
            and value[16:20] == b"RGB "
            and len(value) <= MAX_PROFILE_BYTES
        ):
            return value
    return None


def _eight_bits(samples: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    if samples.dtype.kind == "i":
        samples = samples.astype(np.int64) + (1 << (bits - 1))
    if bits < 8:  # noqa: PLR2004
        return (samples.astype(np.uint16) * 255 // ((1 << bits) - 1)).astype(np.uint8)
    return (samples >> (bits - 8)).astype(np.uint8) if bits > 8 else samples.astype(np.uint8, copy=False)  # noqa: PLR2004


def _of_full(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB of YBR_FULL, by Pillow: its YCbCr is JFIF's, and so DICOM's."""
    image = Image.frombuffer("YCbCr", samples.shape[1::-1], np.ascontiguousarray(samples), "raw", "YCbCr", 0, 1)
    rgb: NDArray[np.uint8] = np.asarray(image.convert("RGB"))
    return rgb


def _of_partial(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB of the retired YBR_PARTIAL_422, whose luminance is 16 to 235 (ITU-R BT.601)."""
    rgb: NDArray[np.float64] = (samples.astype(np.float32) - _PARTIAL_ZERO) @ _PARTIAL.T
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)


_TRANSFORMS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "YBR_PARTIAL": _of_partial,
    "YBR": _of_full,
}
"""By how the photometric interpretation begins, the more special first; RGB needs none."""
