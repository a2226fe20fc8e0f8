"""Image sets found by what is in them, in pages, in the order that was asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.local.healthimaging.conftest import SERIES, Bring, Client, instance

Json = dict[str, Any]


def filters(*wanted: tuple[str, Any]) -> Json:
    """Filters by equality, or between two values."""
    told = []
    for name, value in wanted:
        values = value if isinstance(value, list) else [value]
        operator = "BETWEEN" if isinstance(value, list) else "EQUAL"
        told.append({"values": [{name: each} for each in values], "operator": operator})
    return {"filters": told}


def moment(date: str, time: str | None = None) -> Json:
    return {"DICOMStudyDate": date} | ({"DICOMStudyTime": time} if time else {})


@pytest.fixture
def sets(bring: Bring) -> list[str]:
    """Three image sets of studies in January, March and May."""
    return [
        bring(
            instance(
                number,
                StudyInstanceUID=f"1.{number}",
                SeriesInstanceUID=f"{SERIES}.{number}",
                PatientID=f"P{number}",
                AccessionNumber=f"A{number}",
                StudyID=f"S{number}",
                StudyDate=f"20260{number}15",
                StudyTime=f"1{number}0000.5",
            )
        ).image_sets[0]
        for number in (1, 3, 5)
    ]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (filters(("DICOMPatientId", "P3")), [3]),
        (filters(("DICOMAccessionNumber", "A1")), [1]),
        (filters(("DICOMStudyId", "S5")), [5]),
        (filters(("DICOMStudyInstanceUID", "1.3")), [3]),
        (filters(("DICOMSeriesInstanceUID", f"{SERIES}.5")), [5]),
        (filters(("DICOMPatientId", "P3"), ("DICOMStudyId", "S3")), [3]),
        (filters(("DICOMPatientId", "P3"), ("DICOMStudyId", "S5")), []),
        (filters(("DICOMPatientId", "p3")), []),
        (filters(("isPrimary", True)), [5, 3, 1]),
        (filters(("isPrimary", False)), []),
        (filters(("DICOMStudyDateAndTime", [moment("20260115"), moment("20260315")])), [3, 1]),
        (filters(("DICOMStudyDateAndTime", [moment("20260115", "110001"), moment("20260601", "000000")])), [5, 3]),
        (filters(("DICOMStudyDateAndTime", [moment("20260315", "130000.6"), moment("20260601")])), [5]),
        (filters(("DICOMStudyDateAndTime", moment("20260515"))), [5]),
        (filters(("DICOMStudyDateAndTime", moment("20260515", "150000.500000"))), [5]),
        ({"sort": {"sortField": "createdAt", "sortOrder": "ASC"}}, [1, 3, 5]),
        ({"sort": {"sortField": "DICOMStudyDateAndTime", "sortOrder": "DESC"}}, [5, 3, 1]),
        ({}, [5, 3, 1]),
    ],
)
def test_image_sets_are_found(client: Client, sets: list[str], criteria: Json, expected: list[int]) -> None:
    assert [each["imageSetId"] for each in client.found(criteria)] == [sets[number // 2] for number in expected]


def test_moments_of_the_image_set_are_searched(client: Client, sets: list[str]) -> None:
    now = datetime.now(UTC)
    hour = [now - timedelta(hours=1), now + timedelta(hours=1)]
    for name in ("createdAt", "updatedAt"):
        assert len(client.found(filters((name, hour)))) == len(sets)
        assert client.found(filters((name, [moment + timedelta(hours=2) for moment in hour]))) == []


@pytest.mark.parametrize(
    "one",
    [
        {"values": [{"DICOMPatientId": "a"}, {"DICOMPatientId": "b"}], "operator": "EQUAL"},
        {"values": [{"DICOMPatientId": "a"}, {"DICOMPatientId": "b"}], "operator": "BETWEEN"},
        {"values": [{"createdAt": 1}], "operator": "BETWEEN"},
        {"values": [{"createdAt": 2}, {"createdAt": 1}], "operator": "BETWEEN"},
        {"values": [{"createdAt": 1}, {"updatedAt": 2}], "operator": "BETWEEN"},
    ],
)
def test_filters_are_of_their_operator_s_form(client: Client, one: Json) -> None:
    assert client.refused("SearchImageSets", searchCriteria={"filters": [one]})[:2] == ("ValidationException", 400)


def test_more_than_a_page_is_found(client: Client, bring: Bring) -> None:
    job = bring(*(instance(number, SeriesInstanceUID=f"1.{number}") for number in range(1, 108)))
    found = client.found()
    assert {each["imageSetId"] for each in found} == set(job.image_sets)
    assert len(found) == 107
    first = client("SearchImageSets", searchCriteria={})
    assert (len(first["imageSetsMetadataSummaries"]), "nextToken" in first) == (50, True)
    assert first["sort"] == {"sortField": "updatedAt", "sortOrder": "DESC"}


def test_summaries_tell_what_is_in_them(client: Client, bring: Bring) -> None:
    bring(instance(1, BodyPartExamined="CHEST", SeriesNumber=7), instance(2, SeriesNumber=7))
    bring(instance(3, SeriesInstanceUID="1.9", SOPInstanceUID="1.9.1"))
    _, summary = client.found()
    assert summary["DICOMTags"] == {
        "DICOMPatientId": "PAT-4711",
        "DICOMPatientName": "Zzyzx^Quentin",
        "DICOMPatientBirthDate": "19010203",
        "DICOMPatientSex": "O",
        "DICOMStudyInstanceUID": "1.2.826.0.1.3680043.8.498.1",
        "DICOMStudyId": "S1",
        "DICOMStudyDescription": "Skull of a person unknown",
        "DICOMNumberOfStudyRelatedSeries": 2,
        "DICOMNumberOfStudyRelatedInstances": 3,
        "DICOMAccessionNumber": "ACC-9001",
        "DICOMSeriesInstanceUID": SERIES,
        "DICOMSeriesModality": "CT",
        "DICOMSeriesBodyPart": "CHEST",
        "DICOMSeriesNumber": 7,
        "DICOMStudyDate": "20240229",
        "DICOMStudyTime": "101112",
    }
