"""Is a stored frame what was imported? Its CRC-32 says so."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import UndecodablePixelData
from serverless_dicom.imageset.frames import HTJ2K, codestream_of, decode_htj2k
from serverless_dicom.imageset.model import HTJ2K_LOSSLESS_RPCL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serverless_dicom.imageset.model import Frame


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the comparison: `expected` and `found` are CRC-32s of the full resolution.

    `found` is None where the frame cannot be decoded, `expected` where the metadata have no checksum of it: such
    a frame is not `ok`, for nobody can say that it is.
    """

    frame_id: str
    ok: bool
    expected: int | None
    found: int | None
    reason: str | None = None


def verdict(frame: Frame, stored: bytes, syntax: str | None = None) -> Verdict:
    """Compare a frame as it is stored with its checksum in the metadata.

    That of a frame which HealthImaging encoded (`syntax` None or HTJ2K lossless) is of its decoded samples, in
    little-endian order and interleaved; that of one which it kept as it came is of the stored bytes.
    """
    return checked(frame, stored, syntax)[0]


def checked(frame: Frame, stored: bytes, syntax: str | None = None) -> tuple[Verdict, NDArray[Any] | None]:
    """The verdict, and the samples if they had to be decoded for it."""
    expected = frame.checksum
    if (syntax or HTJ2K_LOSSLESS_RPCL) not in HTJ2K:
        return _compared(frame, zlib.crc32(stored)), None
    try:
        size = (expected.width, expected.height) if expected else (None, None)
        samples = decode_htj2k(codestream_of(stored), *size)
    except UndecodablePixelData as error:
        return Verdict(frame.id, False, expected and expected.crc32, None, str(error)), None
    result = _compared(frame, zlib.crc32(samples.data))
    if not result.ok and samples.itemsize == 1:  # few bits in wide samples: the checksum may be of the wide ones
        wide = samples.astype("<u2" if samples.dtype.kind == "u" else "<i2")
        if (again := _compared(frame, zlib.crc32(wide.data))).ok:
            return again, wide
    return result, samples


def _compared(frame: Frame, found: int) -> Verdict:
    if frame.checksum is None:
        return Verdict(frame.id, False, None, found, "the metadata have no checksum of the frame")
    expected = frame.checksum.crc32
    reason = None if found == expected else f"the checksum is {found}, the metadata say {expected}"
    return Verdict(frame.id, found == expected, expected, found, reason)
