"""Whatever is done to a file, there is a picture or an error of this package: nothing else ever escapes."""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from random import Random

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset

from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import Picture, RenderOptions, open_image, render
from serverless_dicom.runtime.apart import apart
from tests.pictures import encapsulated, grey, make_image, native, noise, real

_DICOM = "1.2.840.10008.1.2"
TRIES = 12
"""Damaged variants of each file; many more were tried by hand."""


def palette_image(segments: bytes = b"") -> bytes:
    dataset = make_image("PALETTE COLOR")
    for colour in range(3):
        dataset.add_new(0x00281101 + colour, "US", [4, 0, 16])
        if segments:
            dataset.add_new(0x00281221 + colour, "OW", segments)
        else:
            dataset.add_new(0x00281201 + colour, "OW", bytes(range(8)))
    return native(dataset, bytes(16))


def rich_image() -> bytes:
    """Tables, groups, overlays: all that is read beside the pixels."""
    lut, window, group = Dataset(), Dataset(), Dataset()
    lut.add_new(0x00283002, "US", [4, 0, 8])
    lut.add_new(0x00283006, "OW", bytes(8))
    window.WindowCenter, window.WindowWidth = 40, 400
    group.FrameVOILUTSequence = [window]
    dataset = make_image(
        frames=2,
        ModalityLUTSequence=[lut],
        VOILUTSequence=[lut],
        PixelPaddingValue=3,
        PixelSpacing=["2", "1"],
        SharedFunctionalGroupsSequence=[group],
        ICCProfile=bytes(200),
    )
    for tag, vr, value in (
        (0x10, "US", 4),
        (0x11, "US", 4),
        (0x50, "SS", [1, 1]),
        (0x15, "IS", 2),
        (0x3000, "OW", b"abcd"),
    ):
        dataset.add_new(0x60000000 | tag, vr, value)
    return native(dataset, bytes(32))


def in_frames(
    number: str, encode: Callable[[np.ndarray], object], *, colour: bool = False, table: str = "basic"
) -> bytes:
    array = noise((9, 8, 3) if colour else (9, 8))
    encoded = bytes(encode(array))  # type: ignore[call-overload]
    dataset = make_image("RGB" if colour else "MONOCHROME2", rows=9, columns=8, frames=2)
    return encapsulated(dataset, [encoded + bytes(len(encoded) % 2)] * 2, f"{_DICOM}.{number}", table=table)


def rle(array: np.ndarray) -> bytes:
    runs = b"".join(bytes([len(row) - 1]) + row.tobytes() for row in array)
    return struct.pack("<16L", 1, 64, *[0] * 14) + runs


def deflate(array: np.ndarray) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(array.tobytes()) + stream.flush()


FILES = {
    "grey": grey(noise((4, 4), 12), bits=12, WindowCenter=100, WindowWidth=50),
    "signed": grey(noise((4, 4), 16, signed=True), bits=16, signed=True, RescaleSlope="2", RescaleIntercept="-9"),
    "bits": native(make_image(bits=1, frames=3), bytes(6)),
    "float": real([[0.5, np.nan], [1.0, np.inf]]),
    "rich": rich_image(),
    "palette": palette_image(),
    "segmented": palette_image(struct.pack("<11H", 0, 2, 1, 2, 1, 2, 400, 2, 2, 0, 0)),
    "rgb": native(make_image("RGB", PlanarConfiguration=1), bytes(48)),
    "422": native(make_image("YBR_FULL_422"), bytes(32)),
    "uncompressed": in_frames("1.98", np.ndarray.tobytes, table="none"),
    "deflated": in_frames("8.1", deflate),
    "rle": in_frames("5", rle),
    "jpeg": in_frames("4.50", lambda a: imagecodecs.jpeg8_encode(a, level=90), colour=True),
    "jpeg lossless": in_frames("4.70", lambda a: imagecodecs.jpeg8_encode(a, lossless=True, predictor=1)),
    "jpeg-ls": in_frames("4.80", imagecodecs.jpegls_encode, table="extended"),
    "jpeg 2000": in_frames("4.90", lambda a: imagecodecs.jpeg2k_encode(a, codecformat="jp2", reversible=True)),
    "htj2k": in_frames("4.201", lambda a: imagecodecs.htj2k_encode(a, reversible=True)),
    "jpeg xl": in_frames("4.110", lambda a: imagecodecs.jpegxl_encode(a, lossless=True), colour=True),
}
OPTIONS = RenderOptions(explain=True, overlays=True, square_pixels=True)


def damaged(data: bytes, random: Random) -> bytes:
    """The data with some bytes turned, lost or added, or a length that lies; most of it behind the preamble."""
    found = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(132, max(len(found), 133))
        match random.randrange(8):
            case 0 | 1 | 2:
                found[at : at + 1] = bytes([random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])])
            case 3:
                found[at : at + 2] = random.randbytes(2)
            case 4:
                found[at : at + 4] = random.choice([b"\xff" * 4, bytes(4), b"\0\0\0\x80", b"\xff\xff\0\0"])
            case 5:
                del found[at : at + random.randint(1, 8)]
            case 6:
                found[at:at] = random.randbytes(random.randint(1, 8))
            case _:
                if random.random() < 0.2:
                    del found[at:]
    return bytes(found)


def outcome(data: bytes, frame: int = 1) -> Picture | ServerlessDicomError:
    """The picture of a frame, drawn apart, or why there is none."""
    try:
        image = open_image(MemoryRanges(data))
        json.dumps(image.metadata(), allow_nan=False)
        return apart(render, image.frame(frame, overlays=True), OPTIONS)
    except ServerlessDicomError as error:
        return error


def variants(name: str) -> Iterator[bytes]:
    random = Random(name)  # noqa: S311 - noise, no secret
    for _ in range(TRIES):
        yield damaged(FILES[name], random)


@pytest.mark.parametrize("name", FILES)
def test_undamaged_it_is_a_picture(name: str) -> None:
    assert isinstance(outcome(FILES[name]), Picture)


@pytest.mark.parametrize("name", FILES)
def test_damaged_it_is_a_picture_or_an_error(name: str) -> None:
    for data in variants(name):
        found = outcome(data, frame=1)

        if isinstance(found, Picture):
            assert json.dumps(found.explanation, allow_nan=False)
        else:
            assert found.code
