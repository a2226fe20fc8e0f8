"""What a codestream says of itself, read before any native decoder sees it."""

import struct
from collections.abc import Callable
from typing import Any

import imagecodecs
import pytest

from serverless_dicom.errors import InvalidPixelDescription, TruncatedPixelData, UndecodablePixelData
from serverless_dicom.image.codestream import begins_codestream, check, is_reversible
from serverless_dicom.image.description import INTEGER, PixelDescription
from serverless_dicom.image.syntaxes import Family
from tests.pictures import noise


def description(rows: int = 7, columns: int = 9, samples: int = 1, bits: int = 8) -> PixelDescription:
    photometric = "RGB" if samples == 3 else "MONOCHROME2"
    return PixelDescription(INTEGER, rows, columns, samples, photometric, bits, bits, bits - 1, False, 0, 1)


def j2k(**options: Any) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(noise((7, 9)), codecformat="j2k", reversible=True, **options))


GREY = {
    Family.JPEG: bytes(imagecodecs.jpeg8_encode(noise((7, 9)), level=90)),
    Family.JPEG_LS: bytes(imagecodecs.jpegls_encode(noise((7, 9)))),
    Family.JPEG_2000: j2k(),
    Family.HTJ2K: bytes(imagecodecs.htj2k_encode(noise((7, 9)), reversible=True)),
}


@pytest.mark.parametrize("family", GREY)
def test_one_of_the_declared_size_passes(family: Family) -> None:
    check(GREY[family], family, description())


@pytest.mark.parametrize("family", GREY)
@pytest.mark.parametrize(
    "declared", [description(rows=9), description(columns=7), description(samples=3), description(9, 7)], ids=str
)
def test_one_of_another_does_not(family: Family, declared: PixelDescription) -> None:
    with pytest.raises(InvalidPixelDescription, match="codestream has 9 x 7 pixels of 1 components"):
        check(GREY[family], family, declared)


@pytest.mark.parametrize("family", GREY)
@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xd9", bytes(100), b"\xff" * 100, b"GIF89a"])
def test_anything_else_is_refused(family: Family, data: bytes) -> None:
    with pytest.raises(UndecodablePixelData, match="does not begin with a"):
        check(data, family, description())


@pytest.mark.parametrize("family", GREY)
def test_so_is_every_beginning_of_one_and_told_from_what_is_none(family: Family) -> None:
    whole = GREY[family]
    with_size = []
    for length in range(len(whole)):
        with pytest.raises((UndecodablePixelData, TruncatedPixelData)) as refused:
            check(whole[:length], family, description())
        if refused.type is TruncatedPixelData:
            with_size.append(length)
    assert with_size == list(range(with_size[0], len(whole))), "a longer beginning has the size too"


END = b"\xff\xd9"
"""JPEG's End of Image, JPEG 2000's End of Codestream."""


def sof(marker: int = 0xC0, bits: int = 8, rows: int = 7, columns: int = 9, components: int = 1) -> bytes:
    """The frame header of a JPEG."""
    return struct.pack(">BBHBHHB", 0xFF, marker, 8 + 3 * components, bits, rows, columns, components) + bytes(3)


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCF, 0xF7])
@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\xff\xe0\0\x04ab",
        b"\xff\xff\xff\xfe\0\x02",
        b"\xff\x01",
        b"\xff\xc4\0\x03\0",
        b"\xff\xdb\0\x02",
    ],
    ids=["nothing", "application", "fill bytes", "standalone", "tables", "empty tables"],
)
def test_its_frame_header_is_found_behind_whatever_may_stand_before(marker: int, before: bytes) -> None:
    check(b"\xff\xd8" + before + sof(marker) + END, Family.JPEG, description())


@pytest.mark.parametrize(
    "header", [sof(rows=65500, columns=65500), sof(rows=0), sof(columns=0), sof(components=4), sof(components=0)]
)
def test_an_absurd_one_is_refused(header: bytes) -> None:
    with pytest.raises(InvalidPixelDescription):
        check(b"\xff\xd8" + header, Family.JPEG_LS, description())


@pytest.mark.parametrize("bits", [0, 17, 38, 255])
def test_so_are_bits_that_the_object_has_no_place_for(bits: int) -> None:
    with pytest.raises(InvalidPixelDescription, match=f"has {bits} bits a sample, BitsAllocated is 16"):
        check(b"\xff\xd8" + sof(bits=bits), Family.JPEG, description(bits=16))


def siz(**changed: int) -> bytes:
    """The beginning of a JPEG 2000 codestream of 9 x 7 pixels."""
    values = {
        "length": 41, "profile": 0, "right": 9, "bottom": 7, "left": 0, "top": 0, "tile_width": 9, "tile_height": 7,
        "tile_left": 0, "tile_top": 0, "components": 1, "depth": 7,
    } | changed  # fmt: skip
    return b"\xff\x4f\xff\x51" + struct.pack(">HHLLLLLLLLHB", *values.values()) + b"\1\1"


def test_an_image_may_begin_within_its_grid() -> None:
    check(siz(right=12, left=3, bottom=8, top=1) + END, Family.JPEG_2000, description())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"tile_width": 0}, "without any extent"),
        ({"tile_height": 0}, "without any extent"),
        ({"right": 0}, "without any extent"),
        ({"left": 9}, "without any extent"),
        ({"top": 2**32 - 1}, "without any extent"),
        ({"right": 60_000, "bottom": 60_000, "tile_width": 1, "tile_height": 1}, "3600000000 tiles"),
    ],
)
def test_sizes_that_cannot_be_are_refused(changed: dict[str, int], told: str) -> None:
    with pytest.raises(UndecodablePixelData, match=told):
        check(siz(**changed), Family.JPEG_2000, description())


@pytest.mark.parametrize(
    "changed", [{"right": 2**31 - 1, "tile_width": 2**31 - 1}, {"components": 16384}, {"components": 0}, {"depth": 37}]
)
def test_sizes_that_are_not_the_object_s_are_refused(changed: dict[str, int]) -> None:
    with pytest.raises(InvalidPixelDescription):
        check(siz(**changed), Family.HTJ2K, description())


def test_a_signed_component_has_as_many_bits() -> None:
    check(siz(depth=0x80 | 15) + END, Family.JPEG_2000, description(bits=16))


class TestBoxes:
    def test_a_codestream_may_stand_in_a_jp2_file(self) -> None:
        jp2 = bytes(imagecodecs.jpeg2k_encode(noise((7, 9)), codecformat="jp2", reversible=True))

        check(jp2, Family.JPEG_2000, description())

    @pytest.mark.parametrize(
        "boxes",
        [
            struct.pack(">L4s", 0, b"jP  ") * 3,
            struct.pack(">L4s", 7, b"jP  ") * 3,
            struct.pack(">L4s", 2**32 - 1, b"jP  "),
            struct.pack(">L4s", 8, b"jP  ") * 100_000,
            struct.pack(">L4s", 8, b"jp2c") * 3,
        ],
        ids=["no length", "short", "long", "many", "empty codestreams"],
    )
    def test_boxes_without_one_are_refused(self, boxes: bytes) -> None:
        with pytest.raises(UndecodablePixelData):
            check(boxes, Family.JPEG_2000, description())


@pytest.mark.parametrize("data", [*GREY.values(), b"\0\0\0\x0cjP  \r\n\x87\n"])
def test_a_frame_begins_where_a_codestream_does(data: bytes) -> None:
    assert begins_codestream(data[:8])
    assert not begins_codestream(data[1:9])
    assert not begins_codestream(b"")


@pytest.mark.parametrize("family", [Family.RLE, Family.DEFLATED, Family.JPEG_XL])
def test_those_without_a_size_of_their_own_are_left_to_their_decoders(family: Family) -> None:
    check(b"anything", family, description())


@pytest.mark.parametrize("reversible", [True, False])
@pytest.mark.parametrize(
    "encode", [imagecodecs.htj2k_encode, lambda a, **k: imagecodecs.jpeg2k_encode(a, codecformat="j2k", **k)]
)
def test_it_says_whether_it_is_reversible(encode: Callable[..., Any], reversible: bool) -> None:
    assert is_reversible(bytes(encode(noise((7, 9)), reversible=reversible))) is reversible


@pytest.mark.parametrize("length", [0, 1, 2, 40, 58, 60])
def test_one_that_was_cut_before_it_says_so_is_not(length: int) -> None:
    assert not is_reversible(GREY[Family.HTJ2K][:length])
