"""The whole header as DICOM JSON: nothing is lost, nothing is invented."""

import json
import struct
from typing import Any

import pytest

from serverless_dicom.errors import HeaderTooLarge, NestedTooDeep
from serverless_dicom.header.structure import COST, MAX_ELEMENTS
from tests.datasets import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    SYNTAXES,
    UNDEFINED,
    as_file,
    element,
    item,
    make_dataset,
    raw_file,
    read,
    sequence,
)


def of(body: bytes, syntax: str = EXPLICIT) -> dict[str, Any]:
    return read(raw_file(body, syntax)).model


def test_every_element_before_the_pixel_data_is_in_it_and_none_after() -> None:
    dataset = make_dataset()
    model = read(as_file(dataset)).model

    assert {tag for tag in model if not tag.startswith("0002")} == {
        f"{tag:08X}" for tag in set(dataset.keys()) - {0x7FE00010}
    }
    assert model["00020010"]["Value"] == [EXPLICIT]
    assert list(model) == sorted(model)
    json.dumps(model, allow_nan=False)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_same_data_set_gives_the_same_model_in_every_encoding(syntax: str) -> None:
    dataset = make_dataset(ReferencedStudySequence=[make_dataset(pixels=False)])

    model, expected = (read(as_file(dataset, name)).model for name in (syntax, EXPLICIT))

    assert {tag: value for tag, value in model.items() if not tag.startswith("0002")} == {
        tag: value for tag, value in expected.items() if not tag.startswith("0002")
    }


def test_sequences_nest_and_empty_ones_have_no_value() -> None:
    inner = sequence(0x00081140, item(element(0x00081155, "UI", b"1.2.3\0")) + item())
    model = of(sequence(0x00081115, item(inner), undefined=True) + sequence(0x00081199, b""))

    assert model["00081115"] == {
        "vr": "SQ",
        "Value": [
            {"00081140": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.3"]}}, {}]}},
        ],
    }
    assert model["00081199"] == {"vr": "SQ"}


def test_person_names_are_told_by_their_groups() -> None:
    values = of(element(0x00081050, "PN", b"A^B^^=\\ ==Ph^\\ =I "))["00081050"]["Value"]

    assert values == [{"Alphabetic": "A^B"}, {"Phonetic": "Ph"}, {"Ideographic": "I"}]


def test_trimmed_components_of_a_name_are_kept_in_a_note() -> None:
    header = read(raw_file(element(0x00100010, "PN", b"Doe^John^^^ ")))

    assert header.model["00100010"]["Value"] == [{"Alphabetic": "Doe^John"}]
    assert [(note.code, note.raw) for note in header.notes] == [("empty_components", b"Doe^John^^^ ")]


def test_private_elements_have_the_vr_of_their_creator() -> None:
    body = element(0x00190010, None, b"SIEMENS MR HEADER ") + element(0x0019100C, None, b"1000")
    other = element(0x00190010, None, b"NOBODY") + element(0x0019100C, None, b"1000")
    second_block = element(0x00190011, None, b"SIEMENS MR HEADER ") + element(0x0019110C, None, b"1000")

    assert of(body, IMPLICIT)["0019100C"] == {"vr": "IS", "Value": ["1000"]}
    assert of(body, IMPLICIT)["00190010"] == {"vr": "LO", "Value": ["SIEMENS MR HEADER"]}
    assert of(other, IMPLICIT)["0019100C"] == {"vr": "UN", "InlineBinary": "MTAwMA=="}
    assert of(second_block, IMPLICIT)["0019110C"]["vr"] == "IS"


CREATOR = element(0x31010010, None, b"AMI Annotations_01")


def test_what_its_creator_calls_a_sequence_is_one_if_it_has_items() -> None:
    real = sequence(0x31011010, item(element(0x00100020, None, b"id")), None)
    other = element(0x31011010, None, b"not at all items")

    assert of(CREATOR + real, IMPLICIT)["31011010"]["Value"] == [{"00100020": {"vr": "LO", "Value": ["id"]}}]
    assert of(CREATOR + other, IMPLICIT)["31011010"]["vr"] == "UN"


def test_private_sequences_are_bounded_like_any_other() -> None:
    many = sequence(0x31011010, item() * (MAX_ELEMENTS // COST + 1), None)
    deep = b""
    for _ in range(70):
        deep = CREATOR + sequence(0x31011010, item(deep), None)

    with pytest.raises(HeaderTooLarge):
        of(CREATOR + many, IMPLICIT)
    with pytest.raises(NestedTooDeep):
        of(deep, IMPLICIT)


def test_private_sequences_of_undefined_length_need_no_dictionary() -> None:
    items = item(element(0x00100020, None, b"id"), undefined=True)

    for syntax, vr in ((IMPLICIT, None), (EXPLICIT, "UN")):
        model = of(sequence(0x00091001, items, vr, undefined=True), syntax)
        assert model["00091001"] == {"vr": "SQ", "Value": [{"00100020": {"vr": "LO", "Value": ["id"]}}]}


def test_unknown_elements_stay_bytes_and_known_ones_of_vr_un_are_read() -> None:
    header = read(raw_file(element(0x00100020, "UN", b"id") + element(0x00091001, "UN", b"\1\2")))

    assert header.model["00100020"] == {"vr": "LO", "Value": ["id"]}
    assert header.model["00091001"] == {"vr": "UN", "InlineBinary": "AQI="}
    assert [(note.path, note.code) for note in header.notes] == [("00100020", "VR_of_dictionary")]


def test_a_known_element_of_vr_un_is_little_endian_even_in_a_big_endian_file() -> None:
    assert of(element(0x00280010, "UN", b"\4\0", order=">"), BIG_ENDIAN)["00280010"]["Value"] == [4]


@pytest.mark.parametrize(("representation", "vr", "value"), [(0, "US", 65535), (1, "SS", -1), (None, "US", 65535)])
def test_pixel_values_are_signed_as_the_pixels_are(representation: int | None, vr: str, value: int) -> None:
    signed = b"" if representation is None else element(0x00280103, None, struct.pack("<H", representation))
    smallest = element(0x00280106, None, b"\xff\xff")

    assert of(signed + smallest, IMPLICIT)["00280106"] == {"vr": vr, "Value": [value]}
    assert of(signed + sequence(0x00283000, item(smallest), None), IMPLICIT)["00283000"]["Value"][0]["00280106"] == {
        "vr": vr,
        "Value": [value],
    }


def test_lookup_tables_without_a_vr_are_words() -> None:
    assert of(element(0x00283006, None, b"\1\0\2\0"), IMPLICIT)["00283006"] == {"vr": "OW", "InlineBinary": "AQACAA=="}


def test_an_encapsulated_icon_without_a_vr_is_bytes() -> None:
    icon = sequence(0x7FE00010, item() + item(b"\xff\xd8\xff\xd9"), None, undefined=True)
    model = of(sequence(0x00880200, item(icon), None), IMPLICIT)

    assert model["00880200"]["Value"][0]["7FE00010"]["vr"] in {"OB", "OW"}


def test_group_lengths_and_unknown_standard_elements_are_kept() -> None:
    model = of(element(0x00100000, None, b"\4\0\0\0") + element(0x00189999, None, b"xy"), IMPLICIT)

    assert model["00100000"] == {"vr": "UL", "Value": [4]}
    assert model["00189999"] == {"vr": "UN", "InlineBinary": "eHk="}


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_of_two_elements_with_one_tag_the_first_counts(syntax: str) -> None:
    vr = None if syntax == IMPLICIT else "LO"
    body = element(0x00100020, vr, b"first ") + element(0x00100021, vr, b"x ") + element(0x00100020, vr, b"second")

    assert of(body, syntax)["00100020"]["Value"] == ["first"]


@pytest.mark.parametrize("undefined", [False, True])
def test_a_value_of_more_than_a_mebibyte_is_pointed_to_where_it_lies(*, undefined: bool) -> None:
    payload = bytes(range(256)) * 5000
    value = item() + item(payload) if undefined else payload
    file = raw_file(sequence(0x00420011, value, "OB", undefined=undefined) + element(0x00420012, "LO", b"after "))
    model = read(file).model

    location, _, query = model["00420011"]["BulkDataURI"].partition("?")
    offset, length = (int(part.partition("=")[2]) for part in query.split("&"))
    assert location == "s3://bucket/key"
    assert file[offset : offset + length] == value
    assert model["00420012"]["Value"] == ["after"]


@pytest.mark.parametrize("undefined", [False, True])
def test_the_elements_of_a_sequence_of_more_than_a_mebibyte_are_read(*, undefined: bool) -> None:
    items = b"".join(item(element(0x00100020, "LO", f"{index:05}x".encode()) + bytes(0)) for index in range(500))
    filler = item(element(0x00420011, "OB", bytes(1_200_000)))
    model = of(sequence(0x00081140, items + filler, undefined=undefined))

    assert len(model["00081140"]["Value"]) == 501
    assert model["00081140"]["Value"][499]["00100020"]["Value"] == ["00499x"]
    assert len(model["00081140"]["Value"][500]["00420011"]["InlineBinary"]) == 1_600_000


def test_a_delimiter_with_a_length_is_still_a_delimiter() -> None:
    items = element(
        0xFFFEE000, None, element(0x00100020, "LO", b"id") + element(0xFFFEE00D, None, b"", length=7), length=UNDEFINED
    )
    data = element(0x00081140, "SQ", items + element(0xFFFEE0DD, None, b"", length=9), length=UNDEFINED)

    assert of(data)["00081140"]["Value"] == [{"00100020": {"vr": "LO", "Value": ["id"]}}]
