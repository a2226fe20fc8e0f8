"""The values of a header that tell who somebody is."""

from typing import Any

import pytest
from pydicom.dataset import Dataset

from serverless_dicom.analysis.identifiers import Identity, identity_of
from serverless_dicom.header.parse import parse_header
from serverless_dicom.header.ranges import MemoryRanges
from tests.datasets import SYNTAXES, as_file, make_dataset


def identity(dataset: Dataset, *syntax: str) -> Identity:
    return identity_of(parse_header(MemoryRanges(as_file(dataset, *syntax))))


def texts(**elements: Any) -> dict[str, list[str]]:
    """The values of a header's identifying elements, by keyword."""
    found: dict[str, list[str]] = {}
    for one in identity(make_dataset(**elements)).identifiers:
        found.setdefault(one.keyword, []).append(one.text)
    return found


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_names_numbers_and_dates_are_found_in_every_encoding(syntax: str) -> None:
    found = {one.keyword: (one.kind, one.text) for one in identity(make_dataset(), syntax).identifiers}

    assert found == {
        "PatientName": ("name", "Zzyzx^Quentin"),
        "ReferringPhysicianName": ("name", "Referrer^Rosalind"),
        "PatientID": ("number", "PAT-4711"),
        "OtherPatientIDs": ("number", "OTHER-0815"),
        "AccessionNumber": ("number", "ACC-9001"),
        "PatientBirthDate": ("date", "19010203"),
        "StudyDate": ("date", "20240229"),
    }


def test_every_group_of_a_name_and_every_value_counts() -> None:
    other = Dataset()
    other.PatientID = "OLD-1"
    found = texts(
        PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう",
        OperatorsName=["One^Op", "Two^Op"],
        OtherPatientIDsSequence=[other],
        OtherPatientIDs=None,
    )

    assert found["PatientName"] == ["Yamada^Tarou", "山田^太郎", "やまだ^たろう"]
    assert found["OperatorsName"] == ["One^Op", "Two^Op"]
    assert found["OtherPatientIDs"] == ["OLD-1"]


@pytest.mark.parametrize(
    "nobody",
    ["Anonymous", "ANONYMIZED", "anon^patient", "anonymous 12", "Unknown", "NONE", "N/A", "XXXX", "0000", "Removed"],
)
def test_who_stands_for_nobody_is_left_out(nobody: str) -> None:
    assert "PatientName" not in texts(PatientName=nobody)
    assert "PatientID" not in texts(PatientID=nobody)


def test_what_the_header_says_of_itself_is_kept() -> None:
    found = identity(make_dataset(PatientIdentityRemoved="YES", BurnedInAnnotation="NO"))

    assert (found.identity_removed, found.burned_in_annotation) == ("YES", "NO")


def test_a_hostile_number_of_values_is_bounded() -> None:
    found = texts(OperatorsName=[f"Operator{number}" for number in range(5000)], InstitutionAddress="y" * 1000)

    assert len(found["OperatorsName"]) == 16
    assert len(found["InstitutionAddress"][0]) == 256


@pytest.mark.parametrize("text", ["0" * 60 + "!", "anon" + "1" * 50 + "!", "x" * 60 + "!", "anon" + " ^_-" * 12 + "!"])
def test_no_value_takes_long(text: str) -> None:
    assert texts(PatientID=text)["PatientID"] == [text.strip()]
