"""OpenJPH's errors, also those that imagecodecs does not raise."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import imagecodecs
import numpy as np
import pytest

from serverless_dicom.image.htj2k import htj2k_decode
from tests.pictures import noise

PIXELS = noise((64, 64), 12).astype(np.uint16)
WHOLE = bytes(imagecodecs.htj2k_encode(PIXELS, reversible=True))


def damaged(at: int) -> bytes:
    return WHOLE[:at] + bytes([WHOLE[at] ^ 0xFF]) + WHOLE[at + 1 :]


def unwritten() -> list[bytes]:
    """Codestreams of which imagecodecs alone gives an array that is not wholly written."""
    heard: list[object] = []
    hook, sys.unraisablehook = sys.unraisablehook, heard.append
    found = []
    try:
        for at in range(100, len(WHOLE), 13):
            heard.clear()
            try:
                imagecodecs.htj2k_decode(damaged(at))
            except imagecodecs.Htj2kError:
                continue
            if heard:
                found.append(damaged(at))
    finally:
        sys.unraisablehook = hook
    return found


def test_a_whole_codestream_is_decoded() -> None:
    assert (htj2k_decode(WHOLE) == PIXELS).all()


def test_what_imagecodecs_keeps_to_itself_is_an_error() -> None:
    codestreams = unwritten()
    assert len(codestreams) > 10
    for codestream in codestreams:
        with pytest.raises(ValueError, match="damaged"):
            htj2k_decode(codestream)


def test_threads_do_not_hear_of_each_other() -> None:
    broken = unwritten()[0]

    def decodes(number: int) -> bool:
        try:
            return bool((htj2k_decode(broken if number % 2 else WHOLE) == PIXELS).all())
        except ValueError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(decodes, range(200))) == [number % 2 == 0 for number in range(200)]


def test_others_hear_of_what_is_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: heard.append(told.exc_value))
    htj2k_decode(WHOLE)

    class Odd:
        def __del__(self) -> None:
            raise KeyError

    odd = Odd()
    del odd

    assert [type(error) for error in heard] == [KeyError]
