"""What a header costs, whatever the object's size."""

from dataclasses import dataclass, field

import pytest

from serverless_dicom.header import read_header
from serverless_dicom.header.ranges import FIRST_READ
from tests.datasets import EXPLICIT, IMPLICIT, LOCATION, element, item, raw_file, read, sequence

PIXELS = 0x7FE00010
MIB, GIB = 1024**2, 1024**3


@dataclass
class SparseObject:
    """A head, so many bytes of nothing, and a tail; it counts what is asked of it."""

    head: bytes
    gap: int
    tail: bytes = b""
    requests: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.head) + self.gap + len(self.tail)

    def read(self, start: int, stop: int) -> bytes:
        assert 0 <= start < stop <= self.size
        self.requests.append(stop - start)
        filled = self.head[start:stop].ljust(min(stop, len(self.head) + self.gap) - start, b"\0")
        return (
            filled + self.tail[max(0, start - self.size + len(self.tail)) : max(0, stop - self.size + len(self.tail))]
        )


@pytest.mark.parametrize("gibibytes", [0.0005, 1, 2])
def test_a_native_object_costs_one_request_of_64_kib(gibibytes: float) -> None:
    length = int(gibibytes * GIB)
    head = raw_file(element(0x00280008, "IS", b"2000") + element(PIXELS, "OW", b"", length=length))
    ranges = SparseObject(head, length)

    header = read_header(ranges, LOCATION)

    assert header.record["NumberOfFrames"] == 2000
    assert not header.incomplete
    assert ranges.requests == [FIRST_READ]


def test_an_encapsulated_object_costs_one_more_for_its_end() -> None:
    head = raw_file(element(PIXELS, "OB", b"", length=0xFFFFFFFF) + item() + element(0xFFFEE000, None, b"", length=GIB))
    ranges = SparseObject(head, GIB, element(0xFFFEE0DD, None, b""))

    assert not read_header(ranges, LOCATION).incomplete
    assert ranges.requests == [FIRST_READ, FIRST_READ]


def test_a_header_beyond_the_first_fetch_costs_a_handful() -> None:
    frames = b"".join(item(element(0x00209157, "UL", index.to_bytes(4, "little"))) for index in range(20_000))
    head = raw_file(sequence(0x52009230, frames) + element(PIXELS, "OW", b"", length=GIB))
    ranges = SparseObject(head, GIB)

    header = read_header(ranges, LOCATION)

    assert len(header.model["52009230"]["Value"]) == 20_000
    assert len(ranges.requests) <= 5
    assert sum(ranges.requests) < 2 * len(head) + FIRST_READ


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_large_value_before_the_pixel_data_is_skipped(syntax: str) -> None:
    vr = None if syntax == IMPLICIT else "OB"
    head = raw_file(element(0x00420011, vr, b"", length=GIB), syntax)
    tail = element(0x00420012, None if vr is None else "LO", b"text") + element(PIXELS, vr, b"\1\2")
    ranges = SparseObject(head, GIB, tail)

    header = read_header(ranges, LOCATION)

    assert header.model["00420011"]["BulkDataURI"] == f"{LOCATION}?offset={len(head)}&length={GIB}"
    assert header.model["00420012"]["Value"] == ["text"]
    assert not header.incomplete
    assert sum(ranges.requests) <= 3 * MIB


def test_the_header_of_one_object_has_no_effect_on_the_next() -> None:
    first = raw_file(element(0x00080005, "CS", b"ISO_IR 144") + element(0x00100010, "PN", "Люк".encode("iso8859-5")))
    second = raw_file(element(0x00100010, "PN", b"B\xf6hm"))
    alone = read(second)
    read(first)

    assert read(second) == alone
