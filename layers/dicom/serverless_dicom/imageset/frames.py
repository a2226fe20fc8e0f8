"""A stored frame -> its codestream, and its samples as they were before HealthImaging encoded them."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

from serverless_dicom.errors import UndecodablePixelData
from serverless_dicom.image.codestream import Codestream, declared, is_reversible
from serverless_dicom.image.htj2k import htj2k_decode
from serverless_dicom.image.syntaxes import Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNCOMPRESSED = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
"""Transfer syntaxes whose stored frames are samples in little-endian order."""

HTJ2K = frozenset({"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"})
"""Transfer syntaxes that HealthImaging encodes frames in: lossless, with checksums of what is decoded."""

MAX_FRAME_BYTES = 256 * 1024 * 1024
"""Bytes of a decoded frame: 134 million pixels of 16 bits."""

_BOX = Struct(">L4s")
_LONG = Struct(">Q")
_SIGNATURE = b"\x00\x00\x00\x0cjP  "
_CODESTREAM = b"jp2c"
_END = b"\xff\xd9"


def codestream_of(stored: bytes) -> bytes:
    """The codestream in a JPH file (ISO/IEC 15444-15 D), or the bytes themselves where they are no such file.

    A frame of a DICOM file is a codestream without boxes (PS3.5 A.4.4). Raises UndecodablePixelData.
    """
    if not stored.startswith(_SIGNATURE):
        return stored
    at = 0
    while at + _BOX.size <= len(stored):
        length, kind = _BOX.unpack_from(stored, at)
        header = _BOX.size
        if length == 1 and at + header + _LONG.size <= len(stored):
            (length,) = _LONG.unpack_from(stored, at + header)
            header += _LONG.size
        stop = at + length if length else len(stored)
        if kind == _CODESTREAM:
            return stored[at + header : stop]
        if stop < at + header:
            break
        at = stop
    raise UndecodablePixelData("the stored frame is a JPH file without a codestream")


def checked_htj2k(codestream: bytes, width: int | None = None, height: int | None = None) -> Codestream:
    """What a codestream declares. Raises UndecodablePixelData where it is none, is of another size, or was cut off."""
    found = declared(codestream, Family.HTJ2K)
    if found is None:
        raise UndecodablePixelData("the stored frame does not begin with an HTJ2K codestream")
    if (width, height) != (None, None) and (found.columns, found.rows) != (width, height):
        raise UndecodablePixelData(
            f"the codestream has {found.columns} x {found.rows} pixels, the metadata {width} x {height}"
        )
    if codestream.rfind(_END, found.at) < 0:
        raise UndecodablePixelData(f"the codestream of {len(codestream)} bytes has no end: it was cut off")
    return found


def decode_htj2k(codestream: bytes, width: int | None = None, height: int | None = None) -> NDArray[Any]:
    """Decode a lossless codestream: shape (rows, columns) or (rows, columns, samples), uint8, uint16, int8 or int16.

    Raises UndecodablePixelData, also as `checked_htj2k` does, before anything is allocated.
    """
    found = checked_htj2k(codestream, width, height)
    if (size := found.rows * found.columns * found.components * -(-found.bits // 8)) > MAX_FRAME_BYTES:
        raise UndecodablePixelData(f"the frame takes {size} bytes when decoded, {MAX_FRAME_BYTES} are accepted")
    decoders = (htj2k_decode, imagecodecs.jpeg2k_decode)[not is_reversible(codestream) :]
    for decode in decoders:
        try:
            array = decode(codestream)
        except Exception:  # noqa: BLE001, S112 - whatever a decoder raises; the next may accept it
            continue
        if array.shape[:2] == (found.rows, found.columns) and array.dtype.kind in "ui":
            return np.ascontiguousarray(array)
    raise UndecodablePixelData("no decoder accepts the HTJ2K codestream")


def native(samples: NDArray[Any], bits_allocated: int, planar_configuration: int = 0) -> memoryview:
    """Samples as they stand in uncompressed pixel data (PS3.5 8.1.1), little-endian.

    Bits of 1-bit pixels stand eight to a byte. Raises UndecodablePixelData where samples have more bits than that.
    """
    if planar_configuration and samples.ndim == 3:  # noqa: PLR2004 - rows, columns, samples
        samples = samples.transpose(2, 0, 1)
    if bits_allocated == 1:
        return np.packbits(samples.reshape(-1) != 0, bitorder="little").data
    if samples.itemsize * 8 > bits_allocated:
        raise UndecodablePixelData(
            f"the frame has samples of {8 * samples.itemsize} bits, BitsAllocated is {bits_allocated}"
        )
    wide = samples.astype(f"<{samples.dtype.kind}{bits_allocated // 8}", copy=False)
    return np.ascontiguousarray(wide).reshape(-1).view(np.uint8).data
