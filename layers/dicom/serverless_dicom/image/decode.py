"""A frame's bytes -> its samples as they were stored. Native code runs here: see `render`."""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import imagecodecs
from pydicom.encaps import encapsulate

from serverless_dicom.errors import UndecodablePixelData
from serverless_dicom.image.codecs import DECODERS, ORDER
from serverless_dicom.image.codestream import check
from serverless_dicom.image.frames import FrameBytes
from serverless_dicom.image.native import samples_of
from serverless_dicom.image.syntaxes import EXPLICIT_BIG, Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serverless_dicom.image.description import PixelDescription


@dataclass(frozen=True, slots=True)
class Decoded:
    """A frame's stored values, shape (rows, columns) or (rows, columns, 3), and what they mean now.

    Integers are of BitsStored bits, sign-extended: dtype uint8 to uint64 or int8 to int64. `unmasked` are those of
    uncompressed frames and of RLE with the bits beside BitsStored, where old objects keep overlays; else None.
    `decoder` names what decoded them.
    """

    samples: NDArray[Any]
    photometric_interpretation: str
    decoder: str
    unmasked: NDArray[Any] | None = None


def decode(frame: FrameBytes, description: PixelDescription, transfer_syntax_uid: str, family: Family) -> Decoded:
    """Decode one frame. Raises UndecodablePixelData or InvalidPixelDescription."""
    if family in {Family.NATIVE, Family.ENCAPSULATED_NATIVE}:
        return _native(frame, description, little_endian=transfer_syntax_uid != EXPLICIT_BIG)
    check(frame.data, family, description)
    if family is Family.DEFLATED:
        return _deflated(frame.data, description)
    if family is Family.JPEG_XL:
        return _jpeg_xl(frame.data, description)
    return _by_pydicom(frame.data, description, transfer_syntax_uid, family)


def _native(frame: FrameBytes, description: PixelDescription, *, little_endian: bool, decoder: str = "none") -> Decoded:
    if len(frame.data) * 8 < frame.first_bit + description.frame_bits:
        needed = -(-description.frame_bits // 8)
        raise UndecodablePixelData(f"the frame has {len(frame.data)} bytes, its description takes {needed}")
    stored = samples_of(frame.data, description, little_endian=little_endian, first_bit=frame.first_bit)
    photometric = description.photometric_interpretation
    return Decoded(_of_stored_bits(stored, description, from_high_bit=True), photometric, decoder, stored)


def _deflated(data: bytes, description: PixelDescription) -> Decoded:
    """Deflated Image Frame Compression (PS3.5 A.4.13)."""
    try:
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, -(-description.frame_bits // 8))
    except zlib.error:
        raise UndecodablePixelData("the frame is no deflate stream") from None
    return _native(FrameBytes(inflated), description, little_endian=True, decoder="zlib")


def _jpeg_xl(data: bytes, description: PixelDescription) -> Decoded:
    """JPEG XL (PS3.5 A.4.12), which pydicom does not know; libjxl answers in RGB whatever was encoded."""
    try:
        array = imagecodecs.jpegxl_decode(data, numthreads=1)
    except Exception as error:  # noqa: BLE001 - RuntimeError, ValueError, MemoryError
        raise UndecodablePixelData(f"libjxl refuses the frame ({type(error).__name__})") from None
    samples = (description.samples_per_pixel,) if description.samples_per_pixel > 1 else ()
    if array.shape != (description.rows, description.columns, *samples) or array.dtype.kind not in "ui":
        raise UndecodablePixelData("the decoded frame is not of the declared size")
    photometric = "RGB" if samples else description.photometric_interpretation
    return Decoded(_of_stored_bits(array, description), photometric, "libjxl")


def _by_pydicom(data: bytes, description: PixelDescription, transfer_syntax_uid: str, family: Family) -> Decoded:
    """By the first decoder that accepts the frame."""
    refusals = []
    for plugin in ORDER[transfer_syntax_uid]:
        try:
            return decode_by(plugin, data, description, transfer_syntax_uid, family)
        except Exception as error:  # noqa: BLE001 - whatever a decoder raises
            refusals.append(f"{plugin}: {type(error).__name__}")
    raise UndecodablePixelData(f"no decoder accepts the {family.value} frame ({', '.join(refusals)})")


def decode_by(
    plugin: str, data: bytes, description: PixelDescription, transfer_syntax_uid: str, family: Family
) -> Decoded:
    """Decode a frame by one of the plugins of DECODERS. Raises whatever pydicom and the plugin raise."""
    with warnings.catch_warnings(action="ignore"):  # they quote the header
        array, properties = DECODERS[transfer_syntax_uid].as_array(
            encapsulate([data], has_bot=False),
            index=0,
            raw=True,
            decoding_plugin=plugin,
            **_options(description),
        )
    is_rle = family is Family.RLE
    samples = _of_stored_bits(array, description, from_high_bit=is_rle)
    return Decoded(samples, str(properties["photometric_interpretation"]), plugin, array if is_rle else None)


def _options(description: PixelDescription) -> dict[str, Any]:
    """What pydicom wants to know of a frame."""
    return {
        "rows": description.rows,
        "columns": description.columns,
        "samples_per_pixel": description.samples_per_pixel,
        "photometric_interpretation": description.photometric_interpretation,
        "bits_allocated": description.bits_allocated,
        "bits_stored": description.bits_stored,
        "pixel_representation": int(description.signed),
        "planar_configuration": description.planar_configuration,
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
        "correct_unused_bits": False,  # see _of_stored_bits
    }


def _of_stored_bits(array: NDArray[Any], description: PixelDescription, *, from_high_bit: bool = False) -> NDArray[Any]:
    """The samples without the bits beside BitsStored (PS3.5 8.1.1), sign-extended where they are signed."""
    width, stored = 8 * array.itemsize, description.bits_stored
    low = description.high_bit + 1 - stored if from_high_bit else 0
    if description.is_float or (low == 0 and stored >= width):
        return array
    if low == 0 and _fits(array, stored):
        return array
    if array.dtype.kind == "i":
        shifted: NDArray[Any] = array << (width - stored - low)
        return shifted >> (width - stored)
    masked: NDArray[Any] = (array >> low) & array.dtype.type((1 << stored) - 1)
    return masked


def _fits(array: NDArray[Any], bits: int) -> bool:
    """Whether no sample uses the bits beyond so many: nearly always, and quicker to find out than to mask them all."""
    if array.dtype.kind == "u":
        return int(array.max()) < 1 << bits
    return -(1 << (bits - 1)) <= int(array.min()) and int(array.max()) < 1 << (bits - 1)
