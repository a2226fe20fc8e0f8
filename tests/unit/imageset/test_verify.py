"""verdict: a stored frame is what was imported, or the verdict says why nobody can say so."""

import zlib

import numpy as np
import pytest

from serverless_dicom.imageset.model import Checksum, Frame
from serverless_dicom.imageset.verify import verdict
from tests.image_sets import HTJ2K, boxed, encoded, frame_id, noise

SHAPES = [("<i2", (33, 20)), ("<u2", (16, 16)), ("u1", (7, 9)), ("i1", (8, 8)), ("u1", (20, 33, 3)), ("<u2", (8, 8, 3))]


def frame_of(array: np.ndarray, crc32: int | None = None) -> Frame:
    checksum = Checksum(array.shape[1], array.shape[0], zlib.crc32(array.tobytes()) if crc32 is None else crc32)
    return Frame(frame_id(1), 1, (Checksum(1, 1, 7), checksum))


@pytest.mark.parametrize("syntax", [None, HTJ2K])
@pytest.mark.parametrize(("dtype", "shape"), SHAPES)
def test_a_frame_that_was_encoded_is_compared_by_its_samples(
    dtype: str, shape: tuple[int, ...], syntax: str | None
) -> None:
    array = noise(*shape, dtype=dtype)
    for stored in (encoded(array), encoded(array, box=True)):
        found = verdict(frame_of(array), stored, syntax)
        assert (found.ok, found.found, found.reason) == (True, zlib.crc32(array.tobytes()), None)


def test_a_frame_that_was_kept_is_compared_by_its_bytes() -> None:
    stored = b"whatever a camera wrote"
    frame = Frame(frame_id(1), 1, (Checksum(9, 9, zlib.crc32(stored)),))

    assert verdict(frame, stored, "1.2.840.10008.1.2.4.50").ok
    assert not verdict(frame, stored + b" ", "1.2.840.10008.1.2.4.50").ok


def test_a_frame_of_few_bits_in_wide_samples_is_compared_by_the_wide_ones() -> None:
    narrow = noise(9, 9, dtype="u1")

    assert verdict(frame_of(narrow.astype("<u2")), encoded(narrow)).ok


def test_another_checksum_is_told_with_both() -> None:
    array = noise(9, 9)
    found = verdict(frame_of(array, 4711), encoded(array))

    assert (found.frame_id, found.ok, found.expected, found.found) == (frame_id(1), False, 4711, zlib.crc32(array.data))
    assert found.reason == f"the checksum is {found.found}, the metadata say 4711"


def test_a_frame_without_a_checksum_is_not_called_good() -> None:
    found = verdict(Frame(frame_id(1), 1), encoded(noise(9, 9)))
    assert (found.ok, found.expected) == (False, None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of imagecodecs, which goes on
@pytest.mark.parametrize("at", range(200, 1000, 100))
def test_a_frame_that_was_damaged_is_found(at: int) -> None:
    array = noise(24, 24)
    stored = encoded(array)

    found = verdict(frame_of(array), stored[:at] + bytes(20) + stored[at + 20 :])

    assert not found.ok
    assert found.reason


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\xff\x4f\xff\x51",
        b"<html>",
        encoded(noise(9, 9))[:-40],
        boxed(b""),
        encoded(noise(9, 9), box=True)[:30],
        encoded(noise(9, 10)),
        encoded(noise(9, 9)).replace(b"\xff\x93", b"\xff\x94"),
        b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00\x00\x00\x00jp2h" + bytes(9),
        b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00\x00\x00\x01jp2h" + bytes(8),
    ],
)
def test_what_cannot_be_decoded_is_told_and_raises_nothing(stored: bytes) -> None:
    found = verdict(frame_of(noise(9, 9)), stored)
    assert (found.ok, found.found) == (False, None)
    assert found.reason


def test_a_size_that_would_take_all_memory_is_refused_before_it_is_decoded() -> None:
    stored = bytearray(encoded(noise(9, 9)))
    at = stored.index(b"\xff\x51") + 6
    stored[at : at + 8] = (2**31 - 1).to_bytes(4, "big") * 2
    stored[at + 16 : at + 24] = (2**31 - 1).to_bytes(4, "big") * 2

    found = verdict(Frame(frame_id(1), 1, (Checksum(2**31 - 1, 2**31 - 1, 1),)), bytes(stored))

    assert found.reason
    assert "are accepted" in found.reason
