"""A deflated data set passes through memory, within a bound."""

from random import Random

import pytest

from serverless_dicom.errors import InflatedTooLarge, MalformedHeader, TruncatedHeader
from serverless_dicom.header.deflate import MAX_INFLATED_BYTES, inflate
from serverless_dicom.header.ranges import MemoryRanges
from tests.datasets import DEFLATED, as_file, deflated, deflated_zeros, element, make_dataset, raw_file, read


def test_the_whole_stream_is_inflated_and_what_follows_it_ignored() -> None:
    data = bytes(range(256)) * 20_000

    found = inflate(MemoryRanges(b"meta" + deflated(data) + b"\0"), 4)

    assert found.ranges.data == data
    assert found.complete


def test_a_cut_stream_gives_what_there_was_and_says_so() -> None:
    data = bytes(range(256)) * 20_000

    found = inflate(MemoryRanges(deflated(data)[:-10]), 0)

    assert data.startswith(found.ranges.data)
    assert not found.complete


def test_a_stream_that_inflates_beyond_the_bound_is_refused() -> None:
    mebibytes = MAX_INFLATED_BYTES // 1024**2

    with pytest.raises(InflatedTooLarge):
        inflate(MemoryRanges(deflated_zeros(mebibytes, b"\0")), 0)


def test_bytes_that_are_no_deflate_stream_are_malformed() -> None:
    with pytest.raises(MalformedHeader, match="deflate"):
        inflate(MemoryRanges(b"\xff" * 100), 0)


def test_a_deflated_file_has_the_header_of_its_plain_twin() -> None:
    plain, compressed = read(as_file(make_dataset())), read(as_file(make_dataset(), DEFLATED))

    assert {**compressed.record, "TransferSyntaxUID": None} == {**plain.record, "TransferSyntaxUID": None}


def test_a_deflated_file_that_is_cut_in_its_header_is_refused_and_in_its_pixels_marked() -> None:
    noise = Random(1)  # noqa: S311 - no secret, only what deflate cannot shorten
    header, pixels = element(0x00420011, "OB", noise.randbytes(4000)), element(0x7FE00010, "OW", noise.randbytes(4000))
    whole = raw_file(header + pixels, DEFLATED)
    before = len(raw_file(header, DEFLATED)) - 600

    with pytest.raises(TruncatedHeader):
        read(whole[:before])
    assert read(whole[:-300]).incomplete
    assert not read(whole).incomplete


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20 + 100])
def test_streams_of_any_length_come_whole(size: int) -> None:
    inflated = inflate(MemoryRanges(deflated(bytes(size))), 0)

    assert inflated.complete
    assert inflated.ranges.read(0, inflated.ranges.size) == bytes(size)
