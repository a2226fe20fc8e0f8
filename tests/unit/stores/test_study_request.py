"""The fields of a search: all that is wrong is told, and nothing of a patient."""

import base64
from datetime import date
from typing import Any

import pytest

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.stores.search import Criteria, StudyDates
from serverless_dicom.stores.study_request import StudiesRequest, next_token

TODAY = date(2024, 2, 29)
OBJECT = f"1.2.3#1.2.3.4#{'0' * 32}"


def parsed(**fields: Any) -> StudiesRequest:
    return StudiesRequest.parse(fields, TODAY)


def problems(**fields: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        parsed(**fields)
    assert not [secret for secret in ("Zzyzx", "4711", "1970") if secret in str(refused.value)]
    return list(refused.value.problems)


def test_nothing_need_be_asked() -> None:
    assert parsed() == StudiesRequest(Criteria(), "study", 25, None)
    assert parsed(patientId=None, limit=None, next=None, level=None) == parsed()


def test_every_field_has_its_place() -> None:
    request = parsed(
        patientId=" 4711 ",
        patientName="zzyzx^q*",
        studyDate="20240101-20240131",
        modality="ct",
        accessionNumber="A1",
        studyInstanceUid="1.2.3",
        limit=100,
        next=next_token(OBJECT),
        level="object",
    )
    criteria = Criteria("4711", "zzyzx^q*", StudyDates("20240101", "20240131"), "A1", "CT", "1.2.3")
    assert request == StudiesRequest(criteria, "object", 100, OBJECT)


@pytest.mark.parametrize("name", ["patientId", "patientName", "studyDate", "modality", "accessionNumber"])
@pytest.mark.parametrize("wrong", ["", "  ", 4711, True, ["Zzyzx"], {"Zzyzx": 1}, "Zzyzx" * 1000])
def test_a_criterion_is_a_text(name: str, wrong: Any) -> None:
    (problem,) = problems(**{name: wrong})
    assert problem.startswith(f"{name} must be ")


@pytest.mark.parametrize("wrong", ["1970-01-31", "19700230", "1970", "19700131-19700101", "Zzyzx"])
def test_what_is_no_day_is_told_with_what_would_be(wrong: str) -> None:
    (problem,) = problems(studyDate=wrong)
    assert problem.startswith("studyDate: ")


@pytest.mark.parametrize("wrong", [0, 101, 25.0, "25", True, []])
def test_a_limit_is_a_whole_number(wrong: Any) -> None:
    assert problems(limit=wrong)[0].startswith("limit must be a whole number from 1 to 100, ")


@pytest.mark.parametrize("wrong", ["1.2 3", "1.2.3\n4", "9" * 65, "Zzyzx^Q", "*"])
def test_a_uid_is_one(wrong: str) -> None:
    assert problems(studyInstanceUid=wrong) == ["studyInstanceUid must be a UID: 1 to 64 digits and dots"]


def test_objects_are_those_of_a_study() -> None:
    assert problems(level="object") == ["studyInstanceUid must say of which study, where level is object"]


def test_a_token_tells_no_more_than_a_uid_and_comes_back() -> None:
    token = next_token("1.2.3")
    assert token
    assert base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) == b"1.2.3"
    assert parsed(next=token).after == "1.2.3"
    assert next_token(None) is None


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "x", "MS4yLjM=", "MS4yLjM ", "%%%", "é", "\ud800", "a" * 100_000, 1, True, [], {}, ["MS4yLjM"]),
        next_token("Zzyzx^Quentin"),
        next_token("1.2.3\n"),
        next_token(OBJECT),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_token_that_nobody_gave_is_a_problem(wrong: Any) -> None:
    assert problems(next=wrong) == ["next must be what an earlier answer to the same search had there, unchanged"]


def test_a_study_s_token_is_none_of_an_object() -> None:
    assert problems(next=next_token("1.2.3"), level="object", studyInstanceUid="1.2")[0].startswith("next must be ")


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = {"patientId": 1, "studyDate": "x", "level": "series", "limit": 0, "next": "x", "name": "Zzyzx"}
    told = " ".join(problems(**wrong))
    assert [name for name in wrong if name not in told] == []
