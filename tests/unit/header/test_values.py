"""What becomes of the bytes of one value."""

import math
import struct
from typing import Any

import pytest

from tests.datasets import BIG_ENDIAN, EXPLICIT, element, raw_file, read

LONG = 0x00189999
"""An element that no dictionary knows, so that its VR is what the file says."""


def found(vr: str, raw: bytes, syntax: str = EXPLICIT) -> tuple[Any, list[str]]:
    """The values of an element with these bytes, and the codes of what was noted of it."""
    header = read(raw_file(element(LONG, vr, raw, order=">" if syntax == BIG_ENDIAN else "<"), syntax))
    model = header.model[f"{LONG:08X}"]
    assert model["vr"] == vr
    return model.get("Value", model.get("InlineBinary")), [note.code for note in header.notes]


@pytest.mark.parametrize(
    "text", ["1.50", "+1", "-0", "1.", ".5", "1E+5", "1e400", "007", "0.10000000000000001", "1e-9"]
)
def test_decimal_strings_keep_their_text(text: str) -> None:
    assert found("DS", text.encode()) == ([text], [])


@pytest.mark.parametrize("text", ["abc", "NaN", "1_000", "--1", "1,5", "1 2", "0x10", "inf", "1e", "."])
def test_invalid_decimal_strings_keep_their_text_and_are_noted(text: str) -> None:
    assert found("DS", text.encode()) == ([text], ["invalid_DS"])


@pytest.mark.parametrize("text", ["1e3", "1.0", "123456789012", "+-1"])
def test_invalid_integer_strings_keep_their_text_and_are_noted(text: str) -> None:
    assert found("IS", text.encode()) == ([text], ["invalid_IS"])


@pytest.mark.parametrize(
    ("vr", "valid", "invalid"),
    [
        ("DA", "20240229", "2024.02.29"),
        ("DA", "18991231", "20241301"),
        ("TM", "235960.123456", "250000"),
        ("TM", "07", "7:30"),
        ("AS", "045Y", "45"),
        ("UI", "1.2.840", "1.2.x"),
    ],
)
def test_dates_times_ages_and_uids_are_checked_but_kept(vr: str, valid: str, invalid: str) -> None:
    assert found(vr, valid.encode()) == ([valid], [])
    assert found(vr, invalid.encode()) == ([invalid], [f"invalid_{vr}"])


def test_padding_is_no_part_of_a_value() -> None:
    assert found("LO", b" two \\ values ")[0] == ["two", "values"]
    assert found("UI", b"1.2.3\0")[0] == ["1.2.3"]
    assert found("CS", b"A\\\\B ")[0] == ["A", None, "B"]


def test_a_backslash_in_long_text_is_a_character_and_leading_spaces_count() -> None:
    for vr in ("LT", "ST", "UT", "UR"):
        assert found(vr, b" a\\b  ")[0] == [" a\\b"]


@pytest.mark.parametrize("raw", [b"", b"  ", b"\\", b"\0\0"])
def test_an_element_of_nothing_has_no_value(raw: bytes) -> None:
    assert found("LO", raw) == (None, [])


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize(
    ("vr", "code", "values"),
    [
        ("US", "H", [0, 65535]),
        ("SS", "h", [-32768, 32767]),
        ("UL", "L", [0, 2**32 - 1]),
        ("SL", "l", [-(2**31), 2**31 - 1]),
        ("UV", "Q", [0, 2**53 - 1]),
        ("SV", "q", [-(2**53) + 1, 5]),
        ("FL", "f", [0.5, -2.0]),
        ("FD", "d", [0.1, -1e308]),
    ],
)
def test_binary_numbers_are_read_in_the_byte_order_of_the_file(
    vr: str, code: str, values: list[float], syntax: str
) -> None:
    order = ">" if syntax == BIG_ENDIAN else "<"

    assert found(vr, struct.pack(f"{order}2{code}", *values), syntax) == (values, [])


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_tags_are_eight_digits_in_either_byte_order(syntax: str) -> None:
    raw = struct.pack(f"{'>' if syntax == BIG_ENDIAN else '<'}4H", 0x0018, 0x00FF, 0x7FE0, 0x0010)

    assert found("AT", raw, syntax) == (["001800FF", "7FE00010"], [])


@pytest.mark.parametrize(("vr", "code"), [("OW", "H"), ("OF", "f"), ("OL", "L"), ("OD", "d"), ("OV", "Q")])
def test_binary_words_are_little_endian_in_json_whatever_the_file(vr: str, code: str) -> None:
    big, little = struct.pack(f">3{code}", 1, 2, 3), struct.pack(f"<3{code}", 1, 2, 3)

    assert found(vr, big, BIG_ENDIAN) == found(vr, little, EXPLICIT)


@pytest.mark.parametrize("vr", ["OB", "UN"])
def test_bytes_are_bytes_in_either_order(vr: str) -> None:
    assert found(vr, b"abcd", BIG_ENDIAN) == found(vr, b"abcd", EXPLICIT) == ("YWJjZA==", [])


def test_integers_beyond_what_json_readers_hold_are_text() -> None:
    assert found("UV", struct.pack("<Q", 2**64 - 1))[0] == [str(2**64 - 1)]
    assert found("SV", struct.pack("<q", -(2**63)))[0] == [str(-(2**63))]


def test_numbers_that_json_lacks_are_text_and_noted() -> None:
    raw = struct.pack("<4d", math.nan, math.inf, -math.inf, 1.5)

    assert found("FD", raw) == (["NaN", "Infinity", "-Infinity", 1.5], ["not_finite"])


@pytest.mark.parametrize("vr", ["US", "UL", "FD", "AT", "SV"])
def test_bytes_that_make_no_whole_number_are_kept_and_noted(vr: str) -> None:
    assert found(vr, b"odd") == ("b2Rk", [f"invalid_{vr}"])


def test_a_vr_that_no_one_knows_keeps_its_bytes_and_is_noted() -> None:
    assert found("ZZ", b"what") == ("d2hhdA==", ["unknown_VR"])


def test_bytes_that_no_text_can_be_are_kept_beside_it() -> None:
    header = read(raw_file(element(0x00080005, "CS", b"ISO_IR 192") + element(0x00100020, "LO", b"id\xff\xfe")))

    assert header.model["00100020"]["Value"] == ["id\ufffd\ufffd"]
    assert [(note.path, note.code, note.raw) for note in header.notes] == [
        ("00100020", "undecodable_text", b"id\xff\xfe")
    ]
