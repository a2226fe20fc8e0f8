"""The Image Pixel module (PS3.3 C.7.6.3) of a header, checked before anything is done by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_dicom.errors import ImageTooLarge, InvalidPixelDescription
from serverless_dicom.image.elements import text, whole

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAX_FRAME_BYTES = 128 * 1024 * 1024
"""Bytes of one decoded frame: 67 million pixels of 16 bits."""

FLOAT, DOUBLE, INTEGER = 0x7FE00008, 0x7FE00009, 0x7FE00010
"""Float, Double Float and (integer) Pixel Data."""

_FLOAT_BITS = {FLOAT: 32, DOUBLE: 64}
_BITS_OF_GREY, _BITS_OF_COLOUR = (1, 8, 16, 32, 64), (8, 16, 32)

SAMPLES = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_PARTIAL_422": 3,
    "YBR_PARTIAL_420": 3,
    "YBR_RCT": 3,
    "YBR_ICT": 3,
    "XYB": 3,
}
"""Samples per pixel of each photometric interpretation that can be drawn (PS3.3 C.7.6.3.1.2)."""


@dataclass(frozen=True, slots=True)
class PixelDescription:
    """How a frame is stored: its size in pixels, its samples and their bits; `tag` is the pixel data element's."""

    tag: int
    rows: int
    columns: int
    samples_per_pixel: int
    photometric_interpretation: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    planar_configuration: int
    number_of_frames: int

    @property
    def is_float(self) -> bool:
        """Whether samples are IEEE 754 numbers (Float or Double Float Pixel Data)."""
        return self.tag in _FLOAT_BITS

    @property
    def is_subsampled(self) -> bool:
        """Whether, uncompressed, two pixels share a pair of chroma samples (YBR_FULL_422)."""
        return self.photometric_interpretation in {"YBR_FULL_422", "YBR_PARTIAL_422"}

    @property
    def frame_bits(self) -> int:
        """Bits of one uncompressed frame; frames of 1-bit pixels follow each other without padding (PS3.5 8.1.1)."""
        samples = 2 if self.is_subsampled else self.samples_per_pixel
        return self.rows * self.columns * samples * self.bits_allocated


def describe(dataset: Dataset, tag: int) -> PixelDescription:
    """The description of the pixel data element `tag`. Raises InvalidPixelDescription or ImageTooLarge.

    What is often absent and follows from the rest is told from it: BitsStored, HighBit, PixelRepresentation,
    PlanarConfiguration, PhotometricInterpretation, SamplesPerPixel, NumberOfFrames.
    """
    rows, columns = _size(dataset, "Rows"), _size(dataset, "Columns")
    photometric = text(dataset, "PhotometricInterpretation")
    samples = whole(dataset, "SamplesPerPixel")
    if samples is None or tag in _FLOAT_BITS:
        samples = SAMPLES.get(photometric, 1)
    photometric = photometric or ("MONOCHROME2" if samples == 1 else "RGB")
    if SAMPLES.get(photometric) != samples:
        raise InvalidPixelDescription(_contradiction(photometric, samples))
    if tag in _FLOAT_BITS and not photometric.startswith("MONOCHROME"):
        raise InvalidPixelDescription(f"PhotometricInterpretation of real numbers is {photometric}, not MONOCHROME2")
    allocated = _FLOAT_BITS.get(tag) or _bits_allocated(dataset, samples)
    stored, high = _bits(dataset, allocated)
    if (size := rows * columns * samples * max(allocated, 8) // 8) > MAX_FRAME_BYTES:
        raise ImageTooLarge(
            f"a frame of {columns} x {rows} pixels takes {size} bytes when decoded, {MAX_FRAME_BYTES} are accepted"
        )
    return PixelDescription(
        tag=tag,
        rows=rows,
        columns=columns,
        samples_per_pixel=samples,
        photometric_interpretation=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=whole(dataset, "PixelRepresentation") == 1,
        planar_configuration=int(whole(dataset, "PlanarConfiguration") == 1),
        number_of_frames=max(whole(dataset, "NumberOfFrames") or 1, 1),
    )


def _size(dataset: Dataset, keyword: str) -> int:
    value = whole(dataset, keyword)
    if value is None or value < 1:
        raise InvalidPixelDescription(f"{keyword} is {'absent' if value is None else value}, it has to be 1 to 65535")
    return value


def _contradiction(photometric: str, samples: int) -> str:
    if photometric in SAMPLES:
        return f"SamplesPerPixel is {samples}, {photometric} has {SAMPLES[photometric]}"
    return f"PhotometricInterpretation has to be one of {', '.join(SAMPLES)}"


def _bits_allocated(dataset: Dataset, samples: int) -> int:
    allocated = whole(dataset, "BitsAllocated")
    known = _BITS_OF_GREY if samples == 1 else _BITS_OF_COLOUR
    if allocated is None or allocated not in known:
        told = "absent" if allocated is None else allocated
        raise InvalidPixelDescription(f"BitsAllocated is {told}, it has to be one of {', '.join(map(str, known))}")
    return allocated


def _bits(dataset: Dataset, allocated: int) -> tuple[int, int]:
    """BitsStored and HighBit, within the bits allocated."""
    stored = whole(dataset, "BitsStored") or allocated
    if not 1 <= stored <= allocated:
        raise InvalidPixelDescription(f"BitsStored is {stored}, it has to be 1 to BitsAllocated, which is {allocated}")
    high = whole(dataset, "HighBit")
    return stored, high if high is not None and stored - 1 <= high < allocated else stored - 1
