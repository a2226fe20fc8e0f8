"""Where the bytes of one frame lie, and that nothing else of the object is fetched."""

import struct
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset

from serverless_dicom.errors import InvalidPixelDescription, InvalidRequest, TruncatedPixelData
from serverless_dicom.image import open_image
from tests.datasets import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, UNDEFINED, as_file, element, item
from tests.pictures import CountedRanges, drawn, encapsulated, grey, levels, make_image, native, noise, pixels, seen

GIB = 1024**3
KIB = 1024
SIDE = 512
FRAME_BYTES = 2 * SIDE * SIDE
FRAMES = 2048
"""Frames of a virtual object of 1 GiB."""

JPEG_LS, RLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5"
WINDOW = {"WindowCenter": 128, "WindowWidth": 256}


def header(dataset: Dataset, syntax: str = EXPLICIT) -> bytes:
    """A file up to its pixel data."""
    return as_file(dataset, syntax)


class TestUncompressedFrames:
    @pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
    @pytest.mark.parametrize("bits", [8, 16])
    def test_each_is_found(self, syntax: str, bits: int) -> None:
        frames = noise((3, 5, 7), bits)
        order = ">" if syntax == BIG_ENDIAN else "<"
        dataset = make_image(
            rows=5, columns=7, bits=bits, frames=3, WindowCenter=1 << (bits - 1), WindowWidth=1 << bits
        )
        data = frames.astype(f"{order}u{bits // 8}").tobytes()
        if bits == 8 and order == ">":  # OW: the first byte stands second (PS3.5 A.3)
            data = np.frombuffer(data + bytes(len(data) % 2), "<u2").astype(">u2").tobytes()

        file = native(dataset, data, syntax)

        for number in (1, 2, 3):
            assert np.abs(pixels(file, number) - (frames[number - 1] >> (bits - 8))).max() <= 1

    def test_bytes_of_a_big_endian_object_stand_as_they_are(self) -> None:
        frames = noise((3, 3, 5))
        dataset = make_image(rows=3, columns=5, frames=3, **WINDOW)

        file = native(dataset, frames.tobytes(), BIG_ENDIAN, vr="OB")

        assert [pixels(file, number).tolist() for number in (1, 2, 3)] == frames.tolist()

    @pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
    def test_frames_of_bits_need_not_begin_at_a_byte(self, syntax: str) -> None:
        frames = noise((5, 3, 7), 1)
        packed = np.packbits(frames.reshape(-1), bitorder="little").tobytes()
        packed += bytes(len(packed) % 2)
        if syntax == BIG_ENDIAN:
            packed = np.frombuffer(packed, "<u2").astype(">u2").tobytes()
        dataset = make_image(rows=3, columns=7, bits=1, frames=5)

        file = native(dataset, packed, syntax, vr="OW")

        for number in range(1, 6):
            assert np.array_equal(pixels(file, number), frames[number - 1] * 255)

    @pytest.mark.parametrize("number", [0, -1, 4, 2**31])
    def test_a_frame_that_there_is_not_is_refused(self, number: int) -> None:
        with pytest.raises(InvalidRequest, match=f"frame must be 1 to 3, got {number}"):
            levels(grey(noise((3, 2, 2))), number)

    def test_one_that_the_object_ends_before_is_refused(self) -> None:
        file = grey(noise((1, 4, 4)), frames=2)

        assert len(levels(file, 1)) == 16
        with pytest.raises(TruncatedPixelData, match="frame 2 takes 16 bytes"):
            levels(file, 2)

    def test_one_of_which_little_is_missing_is_drawn_with_a_warning(self) -> None:
        picture = drawn(grey(np.full((10, 10), 200), **WINDOW)[:-5])

        assert picture.warnings == ["5.0% of the pixels are missing in the object, they are drawn as 0"]
        assert seen(picture).reshape(-1).tolist() == [200] * 95 + [0] * 5

    def test_one_of_which_much_is_missing_is_not(self) -> None:
        with pytest.raises(TruncatedPixelData):
            levels(grey(np.full((10, 10), 200))[:-20])

    def test_encapsulated_bytes_are_no_uncompressed_frame(self) -> None:
        file = header(make_image()) + element(0x7FE00010, "OB", item() + item(bytes(16)), length=UNDEFINED)

        with pytest.raises(InvalidPixelDescription, match="are encapsulated"):
            levels(file)

    def test_nor_the_reverse(self) -> None:
        file = header(make_image(), JPEG_LS) + element(0x7FE00010, "OB", bytes(16))

        with pytest.raises(InvalidPixelDescription, match="are not encapsulated"):
            levels(file)


def virtual_native() -> CountedRanges:
    """A file of 1 GiB and 2048 frames, zeros but for frame 1500."""
    start = header(make_image(rows=SIDE, columns=SIDE, bits=16, frames=FRAMES, WindowCenter=128, WindowWidth=256))
    start += element(0x7FE00010, "OW", b"", length=FRAMES * FRAME_BYTES)
    frame = np.full(SIDE * SIDE, 77, "<u2").tobytes()
    return CountedRanges(len(start) + FRAMES * FRAME_BYTES, {0: start, len(start) + 1499 * FRAME_BYTES: frame})


class TestOneFrameOfAGibibyte:
    def test_uncompressed_it_takes_two_requests(self) -> None:
        ranges = virtual_native()

        assert set(levels(ranges, 1500)) == {77}
        assert len(ranges.requests) <= 3
        assert ranges.fetched <= FRAME_BYTES + 128 * KIB

    @pytest.mark.parametrize("table", ["basic", "extended"])
    @pytest.mark.parametrize("number", [1, 1500, FRAMES])
    def test_encapsulated_it_takes_few_more_by_its_table(self, table: str, number: int) -> None:
        ranges = virtual_encapsulated(table)

        assert set(levels(ranges, number)) == {77}
        assert len(ranges.requests) <= 8
        assert ranges.fetched <= SPAN + 512 * KIB

    def test_without_a_table_the_fragments_before_it_are_passed_by(self) -> None:
        ranges = virtual_encapsulated("none")

        assert set(levels(ranges, 100)) == {77}
        assert len(ranges.requests) <= 110
        assert ranges.fetched <= 110 * 64 * KIB + SPAN

    def test_the_header_alone_takes_one(self) -> None:
        ranges = virtual_native()

        assert open_image(ranges).number_of_frames == FRAMES
        assert len(ranges.requests) == 1


CODESTREAM = bytes(imagecodecs.jpegls_encode(np.full((SIDE, SIDE), 77, np.uint16)))
CODESTREAM += bytes(len(CODESTREAM) % 2)
SPAN = GIB // FRAMES
"""Bytes of a fragment of the virtual object: the codestream and zeros."""


def virtual_encapsulated(table: str) -> CountedRanges:
    """A file of 1 GiB, each of whose 2048 fragments is a codestream and padding."""
    dataset = make_image(rows=SIDE, columns=SIDE, bits=16, frames=FRAMES, WindowCenter=128, WindowWidth=256)
    offsets = [number * (8 + SPAN) for number in range(FRAMES)]
    if table == "extended":
        dataset.ExtendedOffsetTable = struct.pack(f"<{FRAMES}Q", *offsets)
        dataset.ExtendedOffsetTableLengths = struct.pack(f"<{FRAMES}Q", *[SPAN] * FRAMES)
    start = header(dataset, JPEG_LS) + element(0x7FE00010, "OB", b"", length=UNDEFINED)
    start += item(struct.pack(f"<{FRAMES}L", *offsets) if table == "basic" else b"")
    fragment = element(0xFFFEE000, None, CODESTREAM, length=SPAN)
    parts = {0: start} | {len(start) + offset: fragment for offset in offsets}
    end = len(start) + FRAMES * (8 + SPAN)
    return CountedRanges(end + 8, parts | {end: element(0xFFFEE0DD, None, b"")})


class TestEncapsulatedFrames:
    FRAMES = tuple(bytes(imagecodecs.jpegls_encode(noise((9, 8), seed=seed))) for seed in range(4))

    def file(self, **form: Any) -> bytes:
        dataset = make_image(rows=9, columns=8, frames=4, **WINDOW)
        return encapsulated(dataset, [frame + bytes(len(frame) % 2) for frame in self.FRAMES], JPEG_LS, **form)

    def shown(self, file: bytes) -> None:
        """Every frame is where it should be."""
        for number in (4, 1, 3, 2):
            assert np.array_equal(pixels(file, number), noise((9, 8), seed=number - 1))

    @pytest.mark.parametrize("table", ["basic", "none"])
    @pytest.mark.parametrize("fragments", [1, 2, 3])
    def test_one_may_be_of_several_fragments(self, table: str, fragments: int) -> None:
        self.shown(self.file(table=table, fragments=fragments))

    def test_one_of_one_may_be_of_several_without_a_sign_of_it(self) -> None:
        dataset = make_image(rows=9, columns=8, **WINDOW)
        frame = np.arange(72, dtype=np.uint8)

        file = encapsulated(dataset, [frame.tobytes()], "1.2.840.10008.1.2.1.98", table="none", fragments=4)

        assert levels(file) == frame.tolist()

    @pytest.mark.parametrize(
        "table",
        [
            [0, 2, 4, 6],
            [0xFFFFFFFF] * 4,
            [4000, 3000, 2000, 1000],
            [0, 10**9, 0, 10**9],
            [1, 2, 3],
            [0, 0],
            [8] * 9,
        ],
        ids=str,
    )
    def test_a_wrong_table_is_found_out(self, table: list[int]) -> None:
        right = self.file(table="none")
        at = right.index(b"\xfe\xff\x00\xe0\0\0\0\0")

        self.shown(right[:at] + item(struct.pack(f"<{len(table)}L", *table)) + right[at + 8 :])

    @pytest.mark.parametrize(
        ("offsets", "lengths"),
        [
            ([0, 0, 0, 0], [1, 1, 1, 1]),
            ([2**63, 0, 0, 0], [2**63] * 4),
            ([0, 1, 2, 3], [10, 10, 10, 10]),
            ([0], [10]),
            ([], []),
        ],
        ids=str,
    )
    def test_so_is_a_wrong_extended_table(self, offsets: list[int], lengths: list[int]) -> None:
        dataset = make_image(rows=9, columns=8, frames=4, **WINDOW)
        dataset.ExtendedOffsetTable = struct.pack(f"<{len(offsets)}Q", *offsets)
        dataset.ExtendedOffsetTableLengths = struct.pack(f"<{len(lengths)}Q", *lengths)

        self.shown(encapsulated(dataset, [frame + bytes(len(frame) % 2) for frame in self.FRAMES], JPEG_LS))

    def test_fewer_than_the_header_says_are_told_of(self) -> None:
        dataset = make_image(rows=9, columns=8, frames=9)
        file = encapsulated(dataset, [frame + bytes(len(frame) % 2) for frame in self.FRAMES], JPEG_LS, table="none")

        with pytest.raises(TruncatedPixelData, match="have 4 frames, NumberOfFrames says 9"):
            levels(file, 7)

    def test_a_fragment_that_the_object_ends_within_is_refused(self) -> None:
        file = self.file(table="none")

        with pytest.raises(TruncatedPixelData, match="the object ends at"):
            levels(file[:-60], 4)

    @pytest.mark.parametrize("tail", [b"", item(), item() + item(), element(0xFFFEE0DD, None, b"")])
    def test_no_fragment_is_no_frame(self, tail: bytes) -> None:
        file = header(make_image(), JPEG_LS) + element(0x7FE00010, "OB", tail, length=UNDEFINED)

        with pytest.raises(TruncatedPixelData):
            levels(file)

    def test_a_missing_delimiter_harms_nobody(self) -> None:
        self.shown(self.file(table="basic")[:-8])


def test_a_table_of_zeros_is_found_out() -> None:
    frames = [bytes(imagecodecs.jpegls_encode(noise((9, 8), seed=seed))) for seed in range(4)]
    file = encapsulated(
        make_image(rows=9, columns=8, frames=4, WindowCenter=128, WindowWidth=256),
        [frame + bytes(len(frame) % 2) for frame in frames],
        "1.2.840.10008.1.2.4.80",
        table="none",
    )
    at = file.index(b"\xfe\xff\x00\xe0\0\0\0\0")
    file = file[:at] + item(struct.pack("<4L", 0, 0, 0, 0)) + file[at + 8 :]

    for number in (1, 2, 3, 4):
        assert np.array_equal(pixels(file, number), noise((9, 8), seed=number - 1)), number
