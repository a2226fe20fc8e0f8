"""Where the bytes of one frame lie, and nothing else of the object is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_dicom.errors import InvalidPixelDescription, InvalidRequest, TruncatedPixelData
from serverless_dicom.header.structure import UNDEFINED
from serverless_dicom.image.fragments import Fragments
from serverless_dicom.image.syntaxes import EXPLICIT_BIG, Family

if TYPE_CHECKING:
    from serverless_dicom.header.parse import Parsed
    from serverless_dicom.header.structure import Element
    from serverless_dicom.image.description import PixelDescription

MAX_MISSING = 0.1
"""Share of an uncompressed frame that may be missing at the object's end: it is drawn as 0, and the answer says so."""


@dataclass(frozen=True, slots=True)
class FrameBytes:
    """The encoded bytes of a frame; the first pixel of 1-bit ones stands at bit `first_bit`.

    `missing` is the share of them that the object ends before, filled with zeros.
    """

    data: bytes
    first_bit: int = 0
    missing: float = 0.0


def frame_bytes(parsed: Parsed, description: PixelDescription, family: Family, number: int) -> FrameBytes:
    """Fetch frame `number`, from 1.

    Raises InvalidRequest where there is no such frame, TruncatedPixelData where it is not whole, and whatever the
    object's ranges raise.
    """
    if not 1 <= number <= description.number_of_frames:
        raise InvalidRequest(f"frame must be 1 to {description.number_of_frames}, got {number}")
    element = parsed.pixel_data
    if element is None:
        raise TruncatedPixelData("the object ends before its pixel data")
    if family is Family.NATIVE:
        if element.length == UNDEFINED:
            raise InvalidPixelDescription("the pixel data are encapsulated, the transfer syntax says uncompressed")
        return _native(parsed, element, description, number)
    if element.length != UNDEFINED:
        raise InvalidPixelDescription(f"the pixel data are not encapsulated, the transfer syntax says {family.value}")
    return FrameBytes(Fragments(parsed, element, family, description.number_of_frames).frame(number))


def _native(parsed: Parsed, element: Element, description: PixelDescription, number: int) -> FrameBytes:
    bit = (number - 1) * description.frame_bits
    start, first_bit = element.value + bit // 8, bit % 8
    length = -(-(first_bit + description.frame_bits) // 8)
    swapped = _is_swapped(parsed, element, description)
    aligned = start - (start - element.value) % 2 if swapped else start
    stop = start + length + (start + length - element.value) % 2 if swapped else start + length
    end = min(element.value + element.length, parsed.ranges.size)
    data = parsed.ranges.read(aligned, min(stop, end)) if aligned < end else b""
    if swapped:
        data = _swap(data)[start - aligned :]
    data = data[:length]
    missing = 1 - len(data) / length
    if missing > MAX_MISSING:
        raise TruncatedPixelData(f"frame {number} takes {length} bytes from {start}, the pixel data end at {end}")
    return FrameBytes(data.ljust(length, b"\0"), first_bit, missing)


def _is_swapped(parsed: Parsed, element: Element, description: PixelDescription) -> bool:
    """Whether bytes stand in 16-bit words of big-endian order: 8-bit samples and bits as OW (PS3.5 8.1.1, A.3)."""
    big_endian = parsed.transfer_syntax_uid == EXPLICIT_BIG
    return big_endian and element.vr == b"OW" and description.bits_allocated <= 8  # noqa: PLR2004


def _swap(data: bytes) -> bytes:
    swapped = bytearray(data.ljust(len(data) + len(data) % 2, b"\0"))
    swapped[::2], swapped[1::2] = swapped[1::2], swapped[::2]
    return bytes(swapped)
