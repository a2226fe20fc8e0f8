"""Where the frames of an instance are in its pixel data, and uncompressed ones as samples (PS3.5 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import generate_frames

from local.healthimaging.warnings import Warned

BIG_ENDIAN = "1.2.840.10008.1.2.2"
NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", BIG_ENDIAN})


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of an instance's pixels, by its own elements."""

    frames: int
    rows: int
    columns: int
    samples: int
    bits_allocated: int
    is_signed: bool
    is_planar: bool

    @property
    def bytes_a_frame(self) -> int:
        """Return how long an uncompressed frame of whole bytes is."""
        return self.rows * self.columns * self.samples * self.bits_allocated // 8


def layout_of(dataset: Dataset) -> Layout:
    """Return the shape of a data set's pixels.

    Raises:
        Warned: its elements tell none that pixels can have.

    """
    try:
        layout = Layout(
            int(dataset.get("NumberOfFrames") or 1),
            int(dataset.Rows),
            int(dataset.Columns),
            int(dataset.SamplesPerPixel),
            int(dataset.BitsAllocated),
            bool(dataset.get("PixelRepresentation", 0)),
            bool(dataset.get("PlanarConfiguration", 0)) and int(dataset.SamplesPerPixel) > 1,
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise Warned("FRAMES_EXTRACTION_FAILURE", "an element that describes the pixels is missing") from error
    if min(layout.frames, layout.rows, layout.columns, layout.samples) < 1:
        raise Warned("FRAMES_EXTRACTION_FAILURE", "the pixels are described as none")
    return layout


def fragments_of(dataset: Dataset, frames: int) -> list[bytes]:
    """Return the frames of encapsulated pixel data (PS3.5 A.4).

    Raises:
        Warned: they are damaged, or not as many as NumberOfFrames says.

    """
    extended = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
    offsets = extended if all(extended) else None
    try:
        found = list(generate_frames(bytes(dataset.PixelData), number_of_frames=frames, extended_offsets=offsets))
    except Exception as error:
        raise Warned("FRAMES_EXTRACTION_FAILURE", "the fragments of the pixel data are damaged") from error
    if len(found) != frames:
        raise Warned("FRAME_NUMBER_MISMATCH", f"NumberOfFrames is {frames}, the pixel data has {len(found)}")
    return [bytes(frame) for frame in found]


def little_endian(dataset: Dataset, syntax: str, keyword: str = "PixelData") -> bytes:
    """Return uncompressed pixel data whose samples, or words of samples, are little-endian (PS3.5 7.3)."""
    data = bytes(dataset[keyword].value or b"")
    width = max(int(dataset.get("BitsAllocated") or 0) // 8, 2 if dataset[keyword].VR == "OW" else 1)
    if syntax != BIG_ENDIAN or width == 1:
        return data
    whole = len(data) - len(data) % width
    return np.frombuffer(data[:whole], np.uint8).reshape(-1, width)[:, ::-1].tobytes() + data[whole:]


def real_frames_of(dataset: Dataset, keyword: str, syntax: str, layout: Layout) -> list[bytes]:
    """Return the frames of Float or Double Float Pixel Data, little-endian (PS3.3 C.7.6.24 and C.7.6.25).

    Raises:
        Warned: there are too few bytes.

    """
    data, length = little_endian(dataset, syntax, keyword), layout.bytes_a_frame
    if len(data) < (needed := layout.frames * length):
        raise Warned("FRAMES_EXTRACTION_FAILURE", f"{needed:,} bytes of pixels are described, {len(data):,} are there")
    return [data[at : at + length] for at in range(0, needed, length)]


def samples_of(dataset: Dataset, syntax: str, layout: Layout) -> tuple[list[NDArray[Any]], list[Warned]]:
    """Return each frame of uncompressed pixel data as little-endian rows, columns and samples, and what was wrong.

    Raises:
        Warned: there are too few bytes, or samples of a width that HTJ2K does not take.

    """
    if layout.bits_allocated not in {8, 16, 32} or "422" in str(dataset.get("PhotometricInterpretation", "")):
        raise Warned("TRANSCODING_EXCEPTION", f"samples of {layout.bits_allocated} bits, or subsampled, are kept")
    data, needed = little_endian(dataset, syntax), layout.frames * layout.bytes_a_frame
    if len(data) < needed:
        raise Warned("FRAMES_EXTRACTION_FAILURE", f"{needed:,} bytes of pixels are described, {len(data):,} are there")
    kind = f"<{'i' if layout.is_signed else 'u'}{layout.bits_allocated // 8}"
    shape: tuple[int, ...] = (layout.frames, layout.rows, layout.columns)
    if layout.samples > 1:
        shape = (shape[0], layout.samples, *shape[1:]) if layout.is_planar else (*shape, layout.samples)
    pixels = np.frombuffer(data[:needed], kind).reshape(shape)
    if layout.is_planar:
        pixels = np.moveaxis(pixels, 1, -1)
    extra = len(data) - needed > needed % 2
    warnings = [Warned("FRAME_NUMBER_MISMATCH", f"{len(data) - needed:,} bytes follow the last frame")] if extra else []
    return [np.ascontiguousarray(frame) for frame in pixels], warnings
