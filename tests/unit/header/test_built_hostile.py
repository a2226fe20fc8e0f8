"""Objects made to exhaust their reader: each is answered within two seconds and 512 MB, in a process of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_dicom.header.deflate import MAX_INFLATED_BYTES
from tests.bounded import SECONDS, Answer, read_bounded
from tests.datasets import (
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    UNDEFINED,
    deflated_zeros,
    element,
    item,
    raw_file,
    sequence,
)

SEQUENCE, PRIVATE, PIXELS, BYTES = 0x00081140, 0x00091001, 0x7FE00010, 0x00420011


def nested(depth: int, tag: int, vr: str | None, syntax: str) -> bytes:
    """So many sequences within sequences, of undefined length."""
    begin = element(tag, vr, b"", length=UNDEFINED) + element(0xFFFEE000, None, b"", length=UNDEFINED)
    end = element(0xFFFEE00D, None, b"") + element(0xFFFEE0DD, None, b"")
    return raw_file(begin * depth + end * depth, syntax)


def nested_in_lengths(depth: int, vr: str | None, syntax: str) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = sequence(SEQUENCE, item(inner), vr)
    return raw_file(inner, syntax)


def inflating(head: bytes) -> bytes:
    """A deflated file whose data set begins with `head` and goes on with a gigabyte of zeros."""
    plain = raw_file(b"", DEFLATED, identified=False)
    return plain[: plain.rindex(DEFLATED.encode()) + len(DEFLATED)] + stored(head) + deflated_zeros(1024)


def stored(data: bytes) -> bytes:
    """A deflate block that is not compressed and not the last (RFC 1951 3.2.4)."""
    length = len(data).to_bytes(2, "little")
    return b"\0" + length + bytes(byte ^ 0xFF for byte in length) + data


GIB = 1024**3
CREATOR = element(0x31010010, None, b"AMI Annotations_01")

CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty_object"),
    "html": (lambda: b"<html><body>Not found</body></html>" * 1000, "not_dicom"),
    "jpeg": (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(100_000), "not_dicom"),
    "nuls": (lambda: bytes(1_000_000), "not_dicom"),
    "nested 500 deep, explicit": (lambda: nested(500, SEQUENCE, "SQ", EXPLICIT), "nested_too_deep"),
    "nested 500 deep, implicit": (lambda: nested(500, SEQUENCE, None, IMPLICIT), "nested_too_deep"),
    "nested 500 deep, unknown": (lambda: nested(500, PRIVATE, "UN", EXPLICIT), "nested_too_deep"),
    "nested 500 deep, private": (lambda: nested(500, PRIVATE, None, IMPLICIT), "nested_too_deep"),
    "nested 500 deep, lengths": (lambda: nested_in_lengths(500, "SQ", EXPLICIT), "nested_too_deep"),
    "nested 500 deep, implicit lengths": (lambda: nested_in_lengths(500, None, IMPLICIT), "nested_too_deep"),
    "nested 200,000 deep": (lambda: nested(200_000, SEQUENCE, "SQ", EXPLICIT), "nested_too_deep"),
    "a million empty items": (lambda: raw_file(sequence(SEQUENCE, item() * 1_000_000)), "header_too_large"),
    "a million empty items, undefined": (
        lambda: raw_file(sequence(SEQUENCE, item(undefined=True) * 1_000_000, undefined=True)),
        "header_too_large",
    ),
    "a mebibyte of empty items, private": (
        lambda: raw_file(CREATOR + sequence(0x31011010, item() * 131_000, None), IMPLICIT),
        "header_too_large",
    ),
    "a million empty elements": (lambda: raw_file(element(PRIVATE, "LO", b"") * 1_000_000), "header_too_large"),
    "a million names": (
        lambda: raw_file(sequence(SEQUENCE, item(element(0x00081050, "PN", b"a\\" * 32_000)) * 60)),
        "header_too_large",
    ),
    "a deflated element of a gigabyte": (
        lambda: inflating(element(BYTES, "OB", b"", length=GIB)),
        "inflated_too_large",
    ),
    "deflated pixels of a gigabyte": (lambda: inflating(element(PIXELS, "OW", b"", length=GIB)), "inflated_too_large"),
    "a value of 4 GB": (lambda: raw_file(element(BYTES, "OB", bytes(64), length=0xFFFFFFFE)), "truncated_header"),
    "a sequence of 4 GB": (lambda: raw_file(element(SEQUENCE, "SQ", item(), length=0xFFFFFFFE)), "truncated_header"),
    "no delimiter in sight": (
        lambda: raw_file(element(BYTES, "OB", bytes(10_000_000), length=UNDEFINED)),
        "malformed_header",
    ),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    folder = tmp_path_factory.mktemp("hostile")
    paths: list[Path] = []
    for name, (build, _) in CASES.items():
        paths.append(folder / name)
        paths[-1].write_bytes(build())
    return read_bounded(paths)


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_for_its_reason_and_in_bounds(answers: dict[str, Answer], name: str) -> None:
    assert name in answers, "the process that read it ended"
    assert answers[name].escaped is None
    assert answers[name].code == CASES[name][1]
    assert answers[name].seconds < SECONDS


def test_what_a_bomb_may_inflate_to_is_less_than_half_the_memory() -> None:
    assert 2 * MAX_INFLATED_BYTES <= 256 * 1024**2
