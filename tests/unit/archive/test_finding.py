"""Searching image sets: what HealthImaging is asked, what it does not compare itself, and what is told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.finding import MAX_CALLS, SearchRequest, find, told
from serverless_dicom.archive.rates import UNLIMITED
from serverless_dicom.errors import ArchiveRefused, InvalidRequest
from tests.image_sets import DATASTORE
from tests.peers import refusal


def summary(number: int, *, primary: bool = True, **tags: Any) -> dict[str, Any]:
    known = {"DICOMPatientId": "PAT-1", "DICOMStudyDate": "20240229", "DICOMStudyInstanceUID": "1.2.3"}
    return {"imageSetId": f"{number:032}", "version": 1, "isPrimary": primary, "DICOMTags": known | tags}


@dataclass
class Store:
    """Gives its summaries page by page, whatever the filters; refuses tokens that it has not given."""

    summaries: list[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def search_image_sets(self, **wanted: Any) -> dict[str, Any]:
        self.asked.append(wanted)
        if not (token := wanted.get("nextToken", "0")).isdecimal():
            raise refusal("ValidationException", "SearchImageSets")
        begin = int(token)
        end = begin + wanted["maxResults"]
        more = {"nextToken": str(end)} if end < len(self.summaries) else {}
        return {"imageSetsMetadataSummaries": self.summaries[begin:end]} | more


def archive(store: Store) -> HealthImaging:
    return HealthImaging(store, DATASTORE, rates=UNLIMITED)


def search(store: Store, **fields: Any) -> list[str]:
    return [row["imageSetId"].lstrip("0") for row in find(archive(store), SearchRequest.parse(fields)).rows]


def test_a_search_for_nothing_asks_for_all() -> None:
    store = Store([summary(1), summary(2)])

    assert search(store) == ["1", "2"]

    assert store.asked == [{"datastoreId": DATASTORE, "searchCriteria": {}, "maxResults": 25}]


def test_days_are_asked_for_from_their_beginning_to_their_end() -> None:
    store = Store([])

    search(store, studyDate="20240101-20240131", patientId=" PAT-1 ")

    assert store.asked[0]["searchCriteria"]["filters"] == [
        {"values": [{"DICOMPatientId": "PAT-1"}], "operator": "EQUAL"},
        {
            "values": [
                {"DICOMStudyDateAndTime": {"DICOMStudyDate": "20240101", "DICOMStudyTime": "000000"}},
                {"DICOMStudyDateAndTime": {"DICOMStudyDate": "20240131", "DICOMStudyTime": "235959.999999"}},
            ],
            "operator": "BETWEEN",
        },
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("20240229", "20240229", "20240229"),
        ("20240229-", "20240229", "99991231"),
        ("-20240229", "19000101", "20240229"),
        ("20240101 - 20240229", "20240101", "20240229"),
    ],
)
def test_a_span_of_days_may_be_open(text: str, first: str, last: str) -> None:
    assert SearchRequest.parse({"studyDate": text}).days == (first, last)


def test_what_two_filters_cannot_hold_is_compared_here() -> None:
    store = Store([summary(1), summary(2, DICOMPatientId="PAT-2"), summary(3, DICOMStudyDate="20230101")])

    found = search(store, patientId="PAT-1", studyInstanceUid="1.2.3", studyDate="20240101-", accessionNumber="A")
    assert found == []
    assert len(store.asked[0]["searchCriteria"]["filters"]) == 2
    store.summaries = [one | {"DICOMTags": one["DICOMTags"] | {"DICOMAccessionNumber": "A"}} for one in store.summaries]
    assert search(store, patientId="PAT-1", studyInstanceUid="1.2.3", studyDate="20240101-", accessionNumber="A") == [
        "1"
    ]


def test_sets_that_are_not_primary_come_only_if_asked_for() -> None:
    store = Store([summary(1), summary(2, primary=False), summary(3)])

    assert search(store) == ["1", "3"]
    assert search(store, all=True) == ["1", "2", "3"]


def test_a_page_is_full_though_others_lie_between_and_the_next_goes_on_where_it_ends() -> None:
    store = Store([summary(number, primary=number % 3 == 0) for number in range(1, 100)])
    found, token = list[str](), None
    while True:
        page = find(archive(store), SearchRequest.parse({"limit": 10, "next": token}))
        assert len(page.rows) == 10 or page.next is None
        found += [row["imageSetId"].lstrip("0") for row in page.rows]
        if (token := page.next) is None:
            break
    assert found == [str(number) for number in range(3, 100, 3)]


def test_a_page_ends_though_nothing_fits() -> None:
    store = Store([summary(number, primary=False) for number in range(2000)])

    page = find(archive(store), SearchRequest.parse({}))

    assert (page.rows, page.next, len(store.asked)) == ([], str(25 * MAX_CALLS), MAX_CALLS)


def test_a_page_that_comes_again_is_the_last() -> None:
    class Repeating(Store):
        def search_image_sets(self, **wanted: Any) -> dict[str, Any]:
            self.asked.append(wanted)
            return {"imageSetsMetadataSummaries": self.summaries, "nextToken": "1"}

    store = Repeating([summary(1)])
    assert (search(store), len(store.asked)) == (["1", "1"], 2)


def test_a_row_has_dicoms_keywords_and_nothing_that_was_not_told() -> None:
    moment = datetime(2024, 2, 29, 10, 11, 12, tzinfo=UTC)
    tags: dict[str, Any] = {
        "DICOMSeriesModality": "CT",
        "DICOMSeriesBodyPart": "CHEST",
        "DICOMNumberOfStudyRelatedInstances": 7,
    }
    row = told(summary(1, **tags) | {"createdAt": moment})

    assert row == {
        "imageSetId": f"{1:032}",
        "version": 1,
        "isPrimary": True,
        "createdAt": "2024-02-29T10:11:12+00:00",
        "PatientID": "PAT-1",
        "StudyDate": "20240229",
        "StudyInstanceUID": "1.2.3",
        "Modality": "CT",
        "BodyPartExamined": "CHEST",
        "NumberOfStudyRelatedInstances": 7,
    }


def test_a_token_of_another_search_is_a_fault_of_the_request() -> None:
    with pytest.raises(InvalidRequest, match="search anew"):
        search(Store([]), next="of another")


def test_another_refusal_is_none_of_the_request() -> None:
    class Refusing(Store):
        def search_image_sets(self, **_: Any) -> dict[str, Any]:
            raise refusal("AccessDeniedException", "SearchImageSets")

    with pytest.raises(ArchiveRefused, match="AccessDenied"):
        search(Refusing([]))


def test_all_that_is_wrong_is_told_at_once_and_no_value() -> None:
    wrong = {"patientId": 4711, "studyDate": "1970-01-31", "studyInstanceUid": "Zzyzx", "limit": 51, "x": 1}

    with pytest.raises(InvalidRequest) as raised:
        SearchRequest.parse(wrong | {"seriesInstanceUid": "", "accessionNumber": "a" * 513, "all": "yes", "next": 1})

    named = [problem.partition(" ")[0] for problem in raised.value.problems]
    assert sorted(named) == sorted([*wrong, "seriesInstanceUid", "accessionNumber", "all", "next"])
    assert [value for value in ("4711", "1970", "Zzyzx") if value in str(raised.value)] == []


@pytest.mark.parametrize("text", ["2024", "20240230", "20240301-20240229", "-", "2024022x", "20240229-2024"])
def test_days_that_are_none_are_told(text: str) -> None:
    with pytest.raises(InvalidRequest, match="studyDate must be days of the calendar"):
        SearchRequest.parse({"studyDate": text})
