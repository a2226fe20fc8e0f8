"""The flat record that is searched."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from serverless_dicom.header.record import HEADERS, INDEXED, MAX_TEXT, MAX_VALUES
from tests.datasets import IMPLICIT, as_file, element, item, make_dataset, raw_file, read


def weight(text: str) -> Any:
    """PatientWeight (DS) as a record has it."""
    return read(raw_file(element(0x00101030, None, text.encode()), IMPLICIT)).record["PatientWeight"]


def test_the_five_headers_are_always_there() -> None:
    full = read(as_file(make_dataset())).record
    bare = read(as_file(make_dataset(**dict.fromkeys(HEADERS)))).record
    empty = read(as_file(make_dataset(**dict.fromkeys(HEADERS, "")))).record

    assert {name: full[name] for name in HEADERS} == {
        "PatientID": "PAT-4711",
        "PatientName": "Zzyzx^Quentin",
        "ReferringPhysicianName": "Referrer^Rosalind",
        "StudyDate": "20240229",
        "StudyDescription": "Skull of a person unknown",
    }
    for record in (bare, empty):
        assert {name: record[name] for name in HEADERS} == dict.fromkeys(HEADERS)


def test_other_attributes_are_there_where_the_object_has_a_value() -> None:
    record = read(as_file(make_dataset(StudyID="", StationName=None))).record

    assert record["Modality"] == "CT"
    assert "StudyID" not in record
    assert "StationName" not in record
    assert set(record) <= {*INDEXED, "PatientNameAlphabetic"}


def test_the_groups_of_the_patient_s_name_can_each_be_searched() -> None:
    record = read(as_file(make_dataset(PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう"))).record

    assert record["PatientName"] == "Yamada^Tarou=山田^太郎=やまだ^たろう"
    assert record["PatientNameAlphabetic"] == "Yamada^Tarou"
    assert record["PatientNameIdeographic"] == "山田^太郎"
    assert record["PatientNamePhonetic"] == "やまだ^たろう"


def test_a_name_of_one_inner_group_keeps_its_place() -> None:
    record = read(as_file(make_dataset(PatientName="=山田^太郎"))).record

    assert record["PatientName"] == "=山田^太郎"
    assert "PatientNameAlphabetic" not in record


def test_several_values_are_a_list_and_one_is_none() -> None:
    record = read(as_file(make_dataset(ImageType=["ORIGINAL", "PRIMARY"], PixelSpacing=["0.5", "0.25"]))).record

    assert record["ImageType"] == ["ORIGINAL", "PRIMARY"]
    assert record["PixelSpacing"] == [Decimal("0.5"), Decimal("0.25")]
    assert record["Rows"] == 4


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("70.5", Decimal("70.5")),
        ("+70", 70),
        ("-0", 0),
        ("1.", 1),
        (".5", Decimal("0.5")),
        ("1e3", 1000),
        ("9" * 38, int("9" * 38)),
        ("9.99E125", Decimal("9.99E125")),
        ("abc", "abc"),
        ("NaN", "NaN"),
        ("1_0", "1_0"),
        ("9" * 39, "9" * 39),
        ("1e400", "1e400"),
        ("1e-130", "1e-130"),
        ("0e500", "0e500"),
        ("0." + "0" * 200, "0." + "0" * 200),
        ("1e99999999999999999999", "1e99999999999999999999"),
        ("9" * 500_000, "9" * MAX_TEXT),
    ],
)
def test_decimal_strings_are_numbers_if_dynamodb_can_hold_them(text: str, value: int | Decimal | str) -> None:
    found = weight(text)

    assert found == value
    assert isinstance(found, str) == isinstance(value, str)
    TypeSerializer().serialize(found)


def test_floating_point_numbers_are_exact_decimals_and_those_that_are_none_text() -> None:
    body = element(0x00189087, "FD", b"") + element(0x00180050, "FD", b"\x9a\x99\x99\x99\x99\x99\xb9\x3f")
    assert read(raw_file(body)).record["SliceThickness"] == Decimal("0.1")

    nan = element(0x00180050, "FD", b"\0\0\0\0\0\0\xf8\x7f")
    assert read(raw_file(nan)).record["SliceThickness"] == "NaN"


def test_long_texts_and_many_values_are_cut_to_what_a_row_can_hold() -> None:
    body = element(0x00081030, None, b"d" * 5000) + element(0x00280030, None, b"1\\" * 999 + b"1")
    record = read(raw_file(body, IMPLICIT)).record

    assert record["StudyDescription"] == "d" * MAX_TEXT
    assert record["PixelSpacing"] == [1] * MAX_VALUES


def test_a_value_of_the_wrong_vr_is_taken_as_it_is() -> None:
    record = read(raw_file(element(0x00100020, "US", b"\5\0") + element(0x00081030, "OB", b"bytes!"))).record

    assert record["PatientID"] == 5
    assert record["StudyDescription"] is None


@pytest.mark.parametrize("vr", ["SQ", "PN", "LO", "AT", "FD", "UN", "LT", "UV", "OB", "ZZ"])
def test_any_vr_in_any_searched_element_gives_a_record_that_dynamodb_takes(vr: str) -> None:
    value = item(element(0x00100020, "LO", b"id")) if vr == "SQ" else b"12345678"
    file = raw_file(b"".join(element(tag, vr, value) for tag in (0x00080020, 0x00100010, 0x00100020, 0x00280010)))
    record = read(file).record

    TypeSerializer().serialize(record)
    assert not any(isinstance(found, dict) for found in record.values())
