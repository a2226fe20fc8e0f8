"""Uncompressed frames -> arrays of samples (PS3.5 8.1.1, PS3.3 C.7.6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serverless_dicom.image.description import PixelDescription


def samples_of(
    data: bytes, description: PixelDescription, *, little_endian: bool = True, first_bit: int = 0
) -> NDArray[Any]:
    """The samples of one frame, shape (rows, columns) or (rows, columns, 3), as they are stored.

    dtype uint8 to uint64, int8 to int64, float32 or float64, in the machine's byte order; 1-bit pixels are 0 and 1, of
    which the first stands at bit `first_bit` of the data. Chroma that pixels share is repeated.
    """
    pixels = description.rows * description.columns
    if description.bits_allocated == 1:
        count = pixels * description.samples_per_pixel
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        return shaped(bits[first_bit : first_bit + count], description, description.planar_configuration)
    dtype = sample_type(description)
    stored = np.frombuffer(data, dtype.newbyteorder("<" if little_endian else ">")).astype(dtype, copy=False)
    if description.is_subsampled:
        return _spread(stored[: 2 * pixels])[: 3 * pixels].reshape(description.rows, description.columns, 3)
    count = pixels * description.samples_per_pixel
    return shaped(stored[:count], description, description.planar_configuration)


def sample_type(description: PixelDescription) -> np.dtype[Any]:
    """The type of one sample as it is stored; 1-bit ones take a byte."""
    integer = "i" if description.signed and description.bits_allocated > 1 else "u"
    kind = "f" if description.is_float else integer
    return np.dtype(f"{kind}{max(description.bits_allocated, 8) // 8}")


def shaped(array: NDArray[Any], description: PixelDescription, planar_configuration: int) -> NDArray[Any]:
    """A run of samples as (rows, columns) or (rows, columns, samples)."""
    rows, columns, samples = description.rows, description.columns, description.samples_per_pixel
    if samples == 1:
        return array.reshape(rows, columns)
    if planar_configuration:
        return array.reshape(samples, rows, columns).transpose(1, 2, 0)
    return array.reshape(rows, columns, samples)


def _spread(array: NDArray[Any]) -> NDArray[Any]:
    """Y1 Y2 Cb Cr of each pair of pixels -> Y1 Cb Cr Y2 Cb Cr (PS3.3 C.7.6.3.1.2); a last pixel alone has Y and Cb."""
    if odd := len(array) % 4:
        array = np.pad(array, (0, 4 - odd), mode="edge")
    spread: NDArray[Any] = array.reshape(-1, 4)[:, [0, 2, 3, 1, 2, 3]].reshape(-1)
    return spread
