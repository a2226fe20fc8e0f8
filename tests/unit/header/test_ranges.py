"""A header is fetched in few requests, whatever the object's size."""

import io
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from serverless_dicom.errors import HeaderTooLarge
from serverless_dicom.header.ranges import FIRST_READ, NEAR, FileRanges, MemoryRanges, RangedFile

MIB = 1024 * 1024


@dataclass
class CountedRanges:
    """An object of zeros, of any size, that counts what is asked of it."""

    size: int
    requests: list[tuple[int, int]] = field(default_factory=list)

    def read(self, start: int, stop: int) -> bytes:
        assert 0 <= start < stop <= self.size
        self.requests.append((start, stop))
        return bytes(stop - start)


def test_the_first_fetch_is_of_64_kib() -> None:
    ranges = CountedRanges(10 * MIB)

    RangedFile(ranges).read(132)

    assert ranges.requests == [(0, FIRST_READ)]


def test_what_was_fetched_is_not_fetched_again() -> None:
    ranges = CountedRanges(10 * MIB)
    file = RangedFile(ranges)
    for _ in range(3):
        file.seek(0)
        while file.tell() < FIRST_READ:
            assert file.read(100) != b""

    assert len(ranges.requests) == 1 + 1  # the last read reaches beyond the first fetch


def test_a_long_header_takes_steps_that_grow() -> None:
    ranges = CountedRanges(64 * MIB)
    file = RangedFile(ranges)
    while file.tell() < 8 * MIB:
        file.read(1000)

    assert len(ranges.requests) < 12
    assert sum(stop - start for start, stop in ranges.requests) < 16 * MIB


def test_what_lies_near_is_fetched_on_the_way_and_what_lies_far_is_skipped() -> None:
    ranges = CountedRanges(1024 * MIB)
    file = RangedFile(ranges)
    file.read(8)
    file.seek(NEAR // 2)
    file.read(8)
    file.seek(500 * MIB)
    file.read(8)

    assert ranges.requests[-1] == (500 * MIB, 500 * MIB + FIRST_READ)
    assert sum(stop - start for start, stop in ranges.requests) <= NEAR + 2 * FIRST_READ


def test_a_skipped_part_can_be_read_afterwards() -> None:
    data = bytes(range(256)) * 40_000
    file = RangedFile(MemoryRanges(data))
    for at in (9_000_000, 0, 5_000_000, 9_100_000, 4_999_990):
        file.seek(at)
        assert file.read(20) == data[at : at + 20]


def test_more_bytes_than_the_limit_are_refused() -> None:
    file = RangedFile(CountedRanges(10 * MIB), limit=MIB)

    with pytest.raises(HeaderTooLarge, match="1048576 bytes"):
        file.read(2 * MIB)


def test_the_limit_can_be_used_up_to_the_last_byte() -> None:
    file = RangedFile(CountedRanges(10 * MIB), limit=MIB)

    assert len(file.read(MIB)) == MIB
    with pytest.raises(HeaderTooLarge):
        file.read(1)


def test_it_reads_and_seeks_as_a_file_does() -> None:
    data = bytes(range(100))
    file, model = RangedFile(MemoryRanges(data)), io.BytesIO(data)
    for offset, whence, size in ((10, 0, 5), (-3, 1, 5), (-5, 2, 10), (0, 2, 4), (200, 0, 4), (0, 0, -1), (90, 0, 100)):
        assert file.seek(offset, whence) == model.seek(offset, whence)
        assert file.read(size) == model.read(size)
        assert file.tell() == model.tell()


def test_a_local_file_is_read_by_range(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        ranges = FileRanges.of(file)

        assert ranges.size == 10
        assert ranges.read(3, 6) == b"345"
