"""A deflated data set, inflated within a bound (PS3.5 A.5)."""

import zlib
from dataclasses import dataclass

from serverless_dicom.errors import InflatedTooLarge, MalformedHeader
from serverless_dicom.header.ranges import ByteRanges, MemoryRanges

DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
"""The transfer syntaxes whose whole data set is deflated: deflated explicit VR and JPIP (HTJ2K) referenced deflate."""

MAX_INFLATED_BYTES = 128 * 1024 * 1024
"""Bytes that a data set may inflate to, pixel data included. Deflate has no index: all of it passes through memory."""

_STEP = 1024 * 1024
"""Bytes that are read, and inflated, at once."""


@dataclass(frozen=True, slots=True)
class Inflated:
    """An inflated data set, and whether its stream ended as it should."""

    ranges: MemoryRanges
    complete: bool


def inflate(ranges: ByteRanges, start: int) -> Inflated:
    """Inflate the raw deflate stream that begins at `start`.

    Raises InflatedTooLarge past MAX_INFLATED_BYTES, and MalformedHeader where the bytes are no deflate stream.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    data = bytearray()
    try:
        for at in range(start, ranges.size, _STEP):
            piece = ranges.read(at, min(at + _STEP, ranges.size))
            more = True
            while more:
                inflated = stream.decompress(piece, _STEP)
                data += inflated
                if len(data) > MAX_INFLATED_BYTES:
                    raise InflatedTooLarge(
                        f"the data set inflates to more than the {MAX_INFLATED_BYTES} bytes that are accepted"
                    )
                piece = stream.unconsumed_tail
                more = not stream.eof and (bool(piece) or len(inflated) == _STEP)
            if stream.eof:
                break
    except zlib.error as error:
        raise MalformedHeader(
            f"the data set from byte {start} is not the deflate stream that its transfer syntax declares"
        ) from error
    return Inflated(MemoryRanges(data), stream.eof)
