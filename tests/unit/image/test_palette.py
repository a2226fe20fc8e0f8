"""PALETTE COLOR: indices -> RGB (PS3.3 C.7.6.3.1.5, C.7.9)."""

import struct
import time
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from serverless_dicom.errors import InvalidPixelDescription
from tests.datasets import BIG_ENDIAN, EXPLICIT, IMPLICIT
from tests.pictures import drawn, make_image, native, pixels

COLOURS = ("Red", "Green", "Blue")
DESCRIPTORS = dict(zip(COLOURS, (0x00281101, 0x00281102, 0x00281103), strict=True))
DATA = dict(zip(COLOURS, (0x00281201, 0x00281202, 0x00281203), strict=True))
SEGMENTED = dict(zip(COLOURS, (0x00281221, 0x00281222, 0x00281223), strict=True))


def with_palette(  # noqa: PLR0913 - three parts of a descriptor and two of an encoding
    dataset: Dataset,
    *tables: Any,
    first: int = 0,
    bits: int = 16,
    vr: str = "US",
    order: str = "<",
    count: int | None = None,
    tags: dict[str, int] = DATA,
) -> Dataset:
    """The data set with three tables, or one for all colours, of words or of ready bytes."""
    for colour, entries in zip(COLOURS, tables * (3 if len(tables) == 1 else 1), strict=True):
        entries_count = len(entries) if count is None else count
        dataset.add_new(DESCRIPTORS[colour], vr, [entries_count, first, bits])
        data = entries if isinstance(entries, bytes) else struct.pack(f"{order}{len(entries)}H", *entries)
        dataset.add_new(tags[colour], "OW", data)
    return dataset


def indexed(values: list[int], *, bits: int = 8, signed: bool = False) -> tuple[Dataset, bytes]:
    """An image of one row of indices."""
    dataset = make_image("PALETTE COLOR", rows=1, columns=len(values), bits=bits, signed=signed)
    kind = f"<{'i' if signed else 'u'}{dataset.BitsAllocated // 8}"
    return dataset, np.array(values).astype(kind).tobytes()


def colours(dataset: Dataset, data: bytes, syntax: str = EXPLICIT) -> list[list[int]]:
    found: list[list[int]] = pixels(native(dataset, data, syntax))[0].tolist()
    return found


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_each_colour_has_its_table_of_16_bits(syntax: str) -> None:
    dataset, data = indexed([0, 1, 2, 1])
    order = ">" if syntax == BIG_ENDIAN else "<"
    with_palette(dataset, [0x0100, 0x8000, 0xFFFF], [0, 0xFF00, 0x1234], [0x4000, 0x7FFF, 1], order=order)
    if syntax == BIG_ENDIAN:
        data = data[1::-1] + data[:1:-1]  # 16-bit words

    assert colours(dataset, data, syntax) == [[1, 0, 64], [128, 255, 127], [255, 18, 0], [128, 255, 127]]


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_two_entries_of_8_bits_share_a_word(syntax: str) -> None:
    dataset, data = indexed([0, 1, 2, 3])
    tables = [bytes([1, 2, 3, 4]), bytes([10, 20, 30, 40]), bytes([100, 150, 200, 250])]
    if syntax == BIG_ENDIAN:  # the first entry stands in the lower half of its word (PS3.5 A.3)
        tables = [bytes([table[1], table[0], table[3], table[2]]) for table in tables]
        data = data[1::-1] + data[:1:-1]
    with_palette(dataset, *tables, bits=8)

    assert colours(dataset, data, syntax) == [[1, 10, 100], [2, 20, 150], [3, 30, 200], [4, 40, 250]]


def test_an_odd_number_of_8_bit_entries_is_padded() -> None:
    dataset, data = indexed([0, 1, 2])
    with_palette(dataset, bytes([7, 8, 9, 0]), bits=8, count=3)

    assert colours(dataset, data) == [[7] * 3, [8] * 3, [9] * 3]


def test_8_bit_entries_may_stand_in_words_of_their_own() -> None:
    dataset, data = indexed([0, 1, 2])
    with_palette(dataset, [7, 8, 255], bits=8)

    assert colours(dataset, data) == [[7] * 3, [8] * 3, [255] * 3]


def test_entries_of_8_bits_are_such_whatever_the_descriptor_says() -> None:
    dataset, data = indexed([0, 1, 2])
    with_palette(dataset, [7, 8, 255], bits=16)

    assert colours(dataset, data) == [[7] * 3, [8] * 3, [255] * 3]


def test_indices_beyond_the_table_take_its_nearest_entry() -> None:
    dataset, data = indexed([0, 9, 10, 11, 12, 255])
    with_palette(dataset, [0x1000, 0x2000, 0x3000], first=10)

    assert [red for red, *_ in colours(dataset, data)] == [16, 16, 16, 32, 48, 48]


@pytest.mark.parametrize(("vr", "first"), [("SS", -2), ("US", 0x10000 - 2)])
def test_signed_indices_begin_below_0(vr: str, first: int) -> None:
    dataset, data = indexed([-3, -2, -1, 0, 1], signed=True)
    with_palette(dataset, [0x1000, 0x2000, 0x3000], first=first, vr=vr)

    assert [red for red, *_ in colours(dataset, data)] == [16, 16, 32, 48, 48]


def test_indices_of_16_bits_into_65536_entries() -> None:
    dataset, data = indexed([0, 0x1234, 0xFFFF], bits=16)
    with_palette(dataset, list(range(65536)), count=0)

    assert [red for red, *_ in colours(dataset, data)] == [0, 0x12, 0xFF]


def test_the_explanation_names_the_palette() -> None:
    dataset, data = indexed([0])
    with_palette(dataset, [0xFFFF])

    assert drawn(native(dataset, data)).explanation["colour_transform"] == "palette to RGB"


class TestSegmentedTables:
    """PS3.3 C.7.9.2."""

    def shown(self, segments: list[int], count: int, syntax: str = EXPLICIT) -> list[int]:
        """The entries of a segmented table, through the picture."""
        dataset, data = indexed(list(range(count + count % 2)))
        order = ">" if syntax == BIG_ENDIAN else "<"
        with_palette(dataset, segments, count=count, tags=SEGMENTED, order=order)
        if syntax == BIG_ENDIAN:
            data = np.frombuffer(data, "<u2").astype(">u2").tobytes()
        return [red for red, *_ in colours(dataset, data, syntax)][:count]

    @pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
    def test_a_discrete_segment_has_its_entries(self, syntax: str) -> None:
        assert self.shown([0, 3, 0x1000, 0x2000, 0x3000], 3, syntax) == [16, 32, 48]

    def test_a_linear_one_goes_on_to_its_end(self) -> None:
        assert self.shown([0, 1, 0, 1, 4, 0x4000], 5) == [0, 16, 32, 48, 64]

    def test_a_linear_one_may_go_down(self) -> None:
        assert self.shown([0, 1, 0x4000, 1, 4, 0], 5) == [64, 48, 32, 16, 0]

    @pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
    def test_those_of_8_bit_tables_are_bytes(self, syntax: str) -> None:
        packed = np.array([0, 2, 10, 20, 1, 2, 40, 2, 2, 0, 0, 0, 0, 0], np.uint8).view("<u2").tolist()
        dataset, data = indexed(list(range(8)))
        order = ">" if syntax == BIG_ENDIAN else "<"
        with_palette(dataset, packed, count=8, bits=8, tags=SEGMENTED, order=order)
        if syntax == BIG_ENDIAN:
            data = np.frombuffer(data, "<u2").astype(">u2").tobytes()

        assert [red for red, *_ in colours(dataset, data, syntax)][:6] == [10, 20, 30, 40, 10, 20]

    def test_segments_without_entries_do_not_go_on_for_ever(self) -> None:
        empty = [0, 0] * 1000
        with pytest.raises(InvalidPixelDescription, match="more than 65536 segments"):
            self.shown([*empty, *[2, 1000, 0, 0] * 1000], 8)

    def test_an_indirect_one_repeats_segments(self) -> None:
        segments = [0, 2, 0x1000, 0x2000, 1, 2, 0x4000, 2, 2, 0, 0]

        assert self.shown(segments, 8) == [16, 32, 48, 64, 16, 32, 48, 64]

    @pytest.mark.parametrize(
        "segments",
        [
            [],
            [0],
            [7, 1, 1],
            [1, 4, 0x4000],
            [0, 9, 1],
            [0, 1, 1, 1, 4],
            [0, 1, 5, 2, 1, 100, 0],
            [0, 1, 5, 2, 1],
            [0, 1, 5, 2, 3, 3, 0],
            [2, 1, 0, 0],
        ],
        ids=str,
    )
    def test_a_broken_one_is_refused(self, segments: list[int]) -> None:
        with pytest.raises(InvalidPixelDescription, match="palette"):
            self.shown(segments, 8)

    @pytest.mark.parametrize(
        "segments",
        [
            [0, 1, 1] + [1, 65535, 9] * 10_000,
            [0, 1, 1, 1, 65535, 9] + [2, 65535, 3, 0] * 10_000,
            [0, 0] + [2, 65535, 0, 0] * 10_000,
        ],
        ids=["lines", "repeated", "of nothing"],
    )
    def test_one_that_grows_without_bounds_is_refused_in_time(self, segments: list[int]) -> None:
        began = time.process_time()

        with pytest.raises(InvalidPixelDescription):
            self.shown(segments, 8)

        assert time.process_time() - began < 10


@pytest.mark.parametrize("missing", COLOURS)
@pytest.mark.parametrize("tags", [DATA, DESCRIPTORS], ids=["data", "descriptor"])
def test_all_three_are_needed(missing: str, tags: dict[str, int]) -> None:
    dataset, data = indexed([0, 1])
    with_palette(dataset, [1, 2])
    del dataset[tags[missing]]

    with pytest.raises(InvalidPixelDescription, match=f"the {missing.lower()} palette"):
        colours(dataset, data)


@pytest.mark.parametrize("descriptor", [[2, 0], [2, 0, 0], [2, 0, 40]], ids=str)
def test_a_descriptor_that_makes_no_table_is_refused(descriptor: list[int]) -> None:
    dataset, data = indexed([0, 1])
    with_palette(dataset, [1, 2])
    dataset.add_new(DESCRIPTORS["Green"], "US", descriptor)

    with pytest.raises(InvalidPixelDescription, match="the green palette"):
        colours(dataset, data)
