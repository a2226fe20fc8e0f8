"""`serverless-dicom search`: what is asked and what is printed; what is found is shown in tests/unit/stores."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from pydicom.data import get_testdata_file

from serverless_dicom.change import ObjectChange
from serverless_dicom.stores.search import StudyDates
from serverless_dicom_cli.dates import study_dates
from tests.datasets import as_file, make_dataset
from tests.stack import INBOX, Stack
from tests.unit.cli.account import Account

TODAY = date(2024, 2, 29)


@pytest.fixture
def filled(stack: Stack, account: Account) -> Account:
    """A stack that has indexed a CT of pydicom's, and two objects of one study."""
    path = get_testdata_file("CT_small.dcm", download=False)
    objects = {"ct.dcm": Path(str(path)).read_bytes()}
    for number in ("1", "2"):
        built = make_dataset(
            StudyInstanceUID="1.2",
            SeriesInstanceUID="1.2.1",
            SOPInstanceUID=f"1.2.1.{number}",
            SliceThickness="0.50",
            PatientID="P2",
            PatientName="Yamada^Tarou=山田^太郎",
            StudyDate="20240105",
            StudyDescription="a\x9b31mb",
            AccessionNumber=None,
        )
        objects[f"{number}.dcm"] = as_file(built)
    for key, body in objects.items():
        stack.s3.put_object(Bucket=INBOX, Key=key, Body=body)
        stack.indexer.apply(ObjectChange(INBOX, key, "created"))
    for study in {row["StudyInstanceUID"] for row in stack.objects()}:
        stack.studies.refresh(study)
    return account


def test_text_is_a_table_with_a_line_a_study(filled: Account) -> None:
    ran = filled.run("search", "--study-date", "20000101-20251231")
    assert ran.status == 0
    heading, first, second = ran.out.splitlines()
    assert heading.split() == [
        *("Date", "Patient", "ID", "Patient", "Modalities", "Series", "Instances", "Description", "StudyInstanceUID"),
    ]
    assert first.split()[:4] == ["20040119", "1CT1", "CompressedSamples^CT1", "CT"]
    assert second.split()[-1] == "1.2"
    assert "a\\x9b31mb" in second
    # Columns stand below their headings also where letters are two columns wide.
    assert first.index(" CT ") - second.index(" CT ") == 4


def test_nothing_found_is_no_failure_and_no_result(filled: Account) -> None:
    ran = filled.run("search", "--patient-id", "NOBODY")
    assert (ran.status, ran.out, ran.err) == (0, "", "nothing found\n")
    assert filled.run("search", "--patient-id", "NOBODY", "--output", "json").json == []


def test_json_has_the_attributes_of_the_row_and_none_of_the_indexes(filled: Account) -> None:
    (study,) = filled.run("search", "--patient-name", "yamada", "--output", "json").json
    assert study["PatientName"] == "Yamada^Tarou=山田^太郎"
    assert study["NumberOfStudyRelatedInstances"] == 2
    assert study["StudyDate"] == "20240105"
    assert not {"PatientIDKey", "StudyYear", "StudyDateKey"} & study.keys()
    ran = filled.run("search", "--study-uid", "1.2", "--level", "object", "--output", "json")
    objects: list[dict[str, Any]] = json.loads(ran.out, parse_float=Decimal)
    assert [row["S3Uri"] for row in objects] == [f"s3://{INBOX}/1.dcm", f"s3://{INBOX}/2.dcm"]
    assert objects[0]["SliceThickness"] == Decimal("0.5")


def test_levels_and_limits(filled: Account) -> None:
    series = filled.run("search", "--patient-id", "P2", "--level", "series").out.splitlines()
    assert len(series) == 2
    assert series[1].split()[-2:] == ["1.2.1", "1.2"]
    assert len(filled.run("search", "--patient-id", "P2", "--level", "object").out.splitlines()) == 3
    assert len(filled.run("search", "--limit", "1", "--output", "json").json) == 1


def test_a_modality_is_found_in_small_letters(filled: Account) -> None:
    assert len(filled.run("search", "--modality", "ct", "--output", "json").json) == 2


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("20240131", "20240131", "20240131"),
        ("20240101-20240131", "20240101", "20240131"),
        ("20240101-", "20240101", "20251231"),
        ("-20240131", "19000101", "20240131"),
        (" 20240131 ", "20240131", "20240131"),
    ],
)
def test_days_and_spans_of_days(text: str, first: str, last: str) -> None:
    assert study_dates(text, TODAY) == StudyDates(first, last)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2024-01-31", "days without dashes"),
        ("2024/01/31-2024/02/29", "days without dashes"),
        ("20240230", "no day of the calendar"),
        ("2024", "no day of the calendar"),
        ("２０２４０１３１", "no day of the calendar"),  # noqa: RUF001 - digits of another script are the point
        ("-", "neither a first nor a last day"),
        ("20240131-20240101", "is after"),
        ("20240101-20240131-", "no day of the calendar"),
    ],
)
def test_what_is_no_day_is_told_with_what_would_be(text: str, told: str) -> None:
    with pytest.raises(click.UsageError, match=told):
        study_dates(text, TODAY)


@pytest.mark.parametrize("option", ["--patient-id", "--patient-name", "--study-date", "--study-uid", "--modality"])
def test_an_empty_criterion_is_a_wrong_command_line(account: Account, option: str) -> None:
    ran = account.run("search", option, " ")
    assert ran.status == 2
    assert "leave it out" in ran.err
