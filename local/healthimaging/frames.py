"""Pixels of one instance as HealthImaging stores them: HTJ2K lossless, or as they came, with checksums and extremes."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from local.healthimaging.native import (
    NATIVE,
    Layout,
    fragments_of,
    layout_of,
    little_endian,
    real_frames_of,
    samples_of,
)
from local.healthimaging.warnings import Warned

HTJ2K_RPCL = "1.2.840.10008.1.2.4.202"
J2K_LOSSLESS = "1.2.840.10008.1.2.4.90"

_JPEG = "1.2.840.10008.1.2.4."
TRANSCODED = frozenset(
    {"1.2.840.10008.1.2.5", *(f"{_JPEG}{last}" for last in (51, 57, 70, 80, 81, 90, 92, 93, 201, 202))}
)
JPEG = frozenset(f"{_JPEG}{last}" for last in (51, 57, 70))
REALS = ("FloatPixelData", "DoubleFloatPixelData")
VIDEO = frozenset(f"{_JPEG}{last}" for last in (100, 101, 102, 103, 104, 105, 106, "100.1", "101.1", "102.1", "103.1"))
VIDEO |= {f"{_JPEG}{last}" for last in ("104.1", "105.1", "106.1", 107, 108)}
KEPT = frozenset(f"{_JPEG}{last}" for last in (50, 91, 112, 203)) | VIDEO

LEAST_SIDE = 128
"""Pixels: no lower resolution than this is checksummed, as in AWS's published metadata."""

JPH_START = (
    b"\0\0\0\x0cjP  \r\n\x87\n"  # the signature box
    b"\0\0\0\x14ftypjph \0\0\0\0jph "
)

Json = dict[str, Any]

# OpenJPH makes the tables of its encoder at first use, and a thread that comes meanwhile encodes with half of them:
# of 60 processes that began with eight threads, one stored a frame that is not what was imported.
imagecodecs.htj2k_encode(np.zeros((8, 8), np.uint8))


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One frame as it is kept: its id, its bytes, and what metadata says of it."""

    id: str
    data: bytes
    described: Json


@dataclass(frozen=True, slots=True)
class Stored:
    """All frames of an instance, in the syntax that they are stored in, and what there is to be warned of."""

    syntax: str | None
    frames: list[StoredFrame] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


def store(dataset: Dataset, syntax: str, lossless: str = HTJ2K_RPCL, *, levels: bool = True) -> Stored:
    """Return the frames of a data set whose transfer syntax is `syntax`, as HealthImaging stores them.

    An instance without pixel data has none; pixels that cannot be taken apart or transcoded are kept as they are, with
    a warning, as AWS says of its own.
    """
    if "PixelData" not in dataset:
        return _of_reals(dataset, syntax)
    kept_as = _kept_as(syntax)
    try:
        layout = layout_of(dataset)
        if syntax in NATIVE:
            return _of_native(dataset, syntax, layout, lossless, levels)
        fragments = fragments_of(dataset, 1 if syntax in VIDEO else layout.frames)
    except Warned as warning:
        return Stored(kept_as, _blob(dataset, syntax), [warning])
    if syntax not in TRANSCODED:
        warnings = [] if syntax in KEPT else [Warned("UNSUPPORTED_TRANSFER_SYNTAX", f"{syntax} is kept as it is")]
        return Stored(syntax, [_as_it_is(dataset, fragment) for fragment in fragments], warnings)
    try:
        arrays = _decoded(dataset, syntax, fragments)
        return Stored(lossless, [encoded(array, lossless, levels=levels) for array in arrays])
    except Exception as error:  # noqa: BLE001 - any decoder's
        failed = Warned("TRANSCODING_EXCEPTION", f"the pixel data could not be decoded ({type(error).__name__})")
        return Stored(syntax, [_as_it_is(dataset, fragment) for fragment in fragments], [failed])


def _of_native(dataset: Dataset, syntax: str, layout: Layout, lossless: str, levels: bool) -> Stored:
    if layout.bits_allocated == 1:  # a binary segmentation stays as it is
        return Stored(_kept_as(syntax), _blob(dataset, syntax))
    arrays, warnings = samples_of(dataset, syntax, layout)
    return Stored(lossless, [encoded(array, lossless, levels=levels) for array in arrays], warnings)


def _kept_as(syntax: str) -> str:
    """Return the syntax of pixels that are kept: uncompressed ones are explicit, little-endian."""
    return "1.2.840.10008.1.2.1" if syntax in NATIVE else syntax


def _of_reals(dataset: Dataset, syntax: str) -> Stored:
    """Return Float or Double Float Pixel Data as it is: HTJ2K has no such samples."""
    keyword = next((one for one in REALS if dataset.get(one)), None)
    if keyword is None:
        return Stored(None)
    try:
        frames = real_frames_of(dataset, keyword, syntax, layout_of(dataset))
    except Warned as warning:
        return Stored(_kept_as(syntax), _blob(dataset, syntax, keyword), [warning])
    return Stored(_kept_as(syntax), [_as_it_is(dataset, frame) for frame in frames])


def _blob(dataset: Dataset, syntax: str, keyword: str = "PixelData") -> list[StoredFrame]:
    """Return all pixel data as one frame."""
    data = little_endian(dataset, syntax, keyword)
    return [_as_it_is(dataset, data)] if data else []


def _as_it_is(dataset: Dataset, data: bytes) -> StoredFrame:
    size = {"Width": dataset.get("Columns"), "Height": dataset.get("Rows")}
    told = {name: value for name, value in size.items() if isinstance(value, int)}
    return _described(data, [{**told, "Checksum": zlib.crc32(data)}], None, None)


def _described(data: bytes, checksums: list[Json], least: float | None, most: float | None) -> StoredFrame:
    identity = secrets.token_hex(16)
    told = {
        "ID": identity,
        "PixelDataChecksumFromBaseToFullResolution": checksums,
        "MinPixelValue": least,
        "MaxPixelValue": most,
        "FrameSizeInBytes": len(data),
    }
    return StoredFrame(identity, data, told)


def _decoded(dataset: Dataset, syntax: str, fragments: list[bytes]) -> Iterator[NDArray[Any]]:
    """Yield the samples of compressed frames as they were compressed: rows, columns and samples."""
    bits, is_signed = int(dataset.BitsAllocated), bool(dataset.get("PixelRepresentation", 0))
    if syntax in {f"{_JPEG}201", HTJ2K_RPCL}:
        found: Iterable[NDArray[Any]] = (imagecodecs.htj2k_decode(fragment, planar=False) for fragment in fragments)
    elif syntax in JPEG:
        found = (_of_jpeg(fragment, dataset, syntax) for fragment in fragments)
    else:
        found = (array for array, _ in get_decoder(UID(syntax)).iter_array(dataset, raw=True))
    for array in found:
        yield np.ascontiguousarray(array.astype(f"{'i' if is_signed else 'u'}{bits // 8}", casting="unsafe"))


def _of_jpeg(data: bytes, dataset: Dataset, syntax: str) -> NDArray[Any]:
    """Return the samples of a JPEG frame, their colours those of PhotometricInterpretation.

    JFIF or Adobe segments tell of colours that are YCbCr where the header says RGB: they are converted, no others.
    """
    told = any(segment in data[:1024] for segment in (b"JFIF\0", b"Adobe"))
    if dataset.SamplesPerPixel == 1 or (syntax == f"{_JPEG}51" and dataset.PhotometricInterpretation == "RGB" and told):
        return imagecodecs.jpeg8_decode(data)
    return imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB")


def encoded(array: NDArray[Any], lossless: str = HTJ2K_RPCL, *, levels: bool = True) -> StoredFrame:
    """Return a frame of rows, columns and samples in the lossless syntax of the data store."""
    if lossless == HTJ2K_RPCL:
        data = bytes(imagecodecs.htj2k_encode(array, tlm=True))
    else:
        data = bytes(imagecodecs.jpeg2k_encode(array, level=0, codecformat="j2k", mct=False, reversible=True))
    checksums = checksums_of(array, levels=levels)
    return _described(data, checksums, array.min().item(), array.max().item())


def checksums_of(array: NDArray[Any], *, levels: bool = True) -> list[Json]:
    """Return the CRC32 of each resolution, the lowest first; of anything but 16-bit grey, the full one only."""
    resolutions = [array]
    if levels and array.ndim == 2 and array.dtype.itemsize == 2:  # noqa: PLR2004 - rows and columns; bytes
        low: NDArray[np.int32] = array.astype(np.int32)
        while min(low.shape) >= 2 * LEAST_SIDE - 1:
            low = halved(low)
            resolutions.insert(0, low.astype(array.dtype))
    return [
        {"Width": one.shape[1], "Height": one.shape[0], "Checksum": zlib.crc32(_little(one))} for one in resolutions
    ]


def _little(array: NDArray[Any]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def halved(samples: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the low-low band of one reversible 5/3 wavelet step (ISO/IEC 15444-1 annex F).

    It may have values beyond the range of 16 bits; who checksums it lets them wrap around, as OpenJPH's decoding of a
    lower resolution does.
    """
    return _low(_low(samples).T).T


def _low(samples: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return every other row, smoothed by its neighbours; beyond the edges rows are mirrored."""
    if len(samples) == 1:
        return samples
    even, odd = samples[::2], samples[1::2]
    after = even[1:] if len(even) > len(odd) else np.concatenate([even[1:], even[-1:]])
    high = odd - ((even[: len(odd)] + after) >> 1)
    before = np.concatenate([high[:1], high])[: len(even)]
    following = high if len(high) == len(even) else np.concatenate([high, high[-1:]])
    low: NDArray[np.int32] = even + ((before + following + 2) >> 2)
    return low


def boxed(codestream: bytes) -> bytes:
    """Return an HTJ2K codestream as a JPH file (ISO/IEC 15444-15 annex D): signature, file type, header, codestream."""
    width, height = (int.from_bytes(codestream[at : at + 4]) for at in (8, 12))  # of SIZ, from the origin
    components = int.from_bytes(codestream[40:42])
    depth = codestream[42]
    header = _box(b"ihdr", height.to_bytes(4) + width.to_bytes(4) + components.to_bytes(2) + bytes([depth, 7, 0, 0]))
    colour = _box(b"colr", b"\1\0\0" + (17 if components < 3 else 16).to_bytes(4))  # noqa: PLR2004 - grey or sRGB
    return JPH_START + _box(b"jp2h", header + colour) + _box(b"jp2c", codestream)


def _box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4) + kind + content
