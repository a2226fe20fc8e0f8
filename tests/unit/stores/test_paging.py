"""Pages of a search: together they are the whole, in order, and each begins where the last one ended."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.stores.paging import Page, object_as_json, object_page, study_as_json, study_page
from serverless_dicom.stores.search import Criteria, Search, StudyDates
from tests.peers import Peer
from tests.stack import Stack
from tests.unit.stores.test_search import TABLE, store

DATED = Criteria(study_dates=StudyDates("20220101", "20241231"))


@pytest.fixture
def client(stack: Stack) -> Any:
    """A DynamoDB with twelve studies of one patient over four years, two on each of their days."""
    for number in range(12):
        day = f"202{number // 4 + 1}0{number // 2 + 1}01"
        store(stack.dynamodb, {"StudyInstanceUID": f"1.{number}", "StudyDate": day, "PatientID": "A"})
    store(stack.dynamodb, {"StudyInstanceUID": "2.1", "StudyDate": None, "Modality": "MR", "PatientID": "B"})
    return stack.dynamodb


@pytest.fixture
def search(client: Any) -> Search:
    return Search(client, TABLE)


def pages(search: Search, criteria: Criteria, limit: int, read: Any = study_page) -> Iterator[Page]:
    after = None
    while True:
        page = read(search, criteria, limit, after)
        yield page
        if not (after := page.after):
            return


def studies(page: Page) -> list[str]:
    return [row["StudyInstanceUID"] for row in page.rows]


CRITERIA = [
    Criteria(),
    DATED,
    Criteria(patient_id="A"),
    Criteria(patient_id="A", study_dates=StudyDates("20220101", "20231231")),
    Criteria(patient_name="*"),
    Criteria(modality="CT", study_dates=StudyDates("20190101", "20251231")),
    Criteria(modality="MR"),
    Criteria(study_instance_uid="1.3"),
    Criteria(patient_id="nobody"),
]


def test_pages_together_are_the_whole_search(search: Search) -> None:
    for criteria in CRITERIA:
        whole = [row["StudyInstanceUID"] for row in search.rows(criteria)]
        for limit in (1, 4, 5, 13):
            found = [studies(page) for page in pages(search, criteria, limit)]
            assert [study for page in found for study in page] == whole
            assert all(len(page) == limit for page in found[:-1])
            assert len(found) == max(1, -(-len(whole) // limit))  # none is empty that could be spared


class Recording:
    """A DynamoDB that remembers what it was asked page by page."""

    def __init__(self, client: Any) -> None:
        self.client, self.batch_get_item, self.asked = client, client.batch_get_item, list[dict[str, Any]]()

    def get_paginator(self, operation: str) -> Any:
        inner = self.client.get_paginator(operation)
        outer = self

        class Pages:
            def paginate(self, **asked: Any) -> Any:
                outer.asked.append(asked)
                return inner.paginate(**asked)

        return Pages()


def test_what_came_before_is_not_read_again(client: Any) -> None:
    recording: Any = Recording(client)
    first = study_page(Search(recording, TABLE), DATED, 6)
    recording.asked.clear()
    assert studies(study_page(Search(recording, TABLE), DATED, 6, first.after)) == ["1.10", "1.11"]
    assert [asked["ExpressionAttributeValues"][":year"]["S"] for asked in recording.asked] == ["2023", "2024"]
    assert recording.asked[0]["ExclusiveStartKey"]["StudyInstanceUID"] == {"S": "1.9"}

    first = study_page(Search(recording, TABLE), Criteria(), 6)
    recording.asked.clear()
    assert len(studies(study_page(Search(recording, TABLE), Criteria(), 100, first.after))) == 7
    assert [asked["ExclusiveStartKey"]["StudyInstanceUID"] for asked in recording.asked] == [{"S": first.after}]


def test_a_study_that_is_gone_cannot_be_gone_on_from(search: Search, client: Any) -> None:
    for criteria in (Criteria(), DATED, Criteria(patient_id="A")):
        with pytest.raises(InvalidRequest, match="search anew"):
            study_page(search, criteria, 5, "9.9")
    page = study_page(search, DATED, 2)
    client.delete_item(TableName=TABLE, Key={"StudyInstanceUID": {"S": str(page.after)}, "SortKey": {"S": "STUDY"}})
    with pytest.raises(InvalidRequest, match="search anew"):
        study_page(search, DATED, 2, page.after)


def test_a_study_of_another_search_cannot_be_gone_on_from(search: Search) -> None:
    for after in ("1.0", "2.1"):
        with pytest.raises(InvalidRequest, match="another search"):
            study_page(search, DATED, 5, after)


def test_a_page_may_end_before_anything_was_found(search: Search) -> None:
    found = list(pages(search, Criteria(modality="MR"), 5, partial(study_page, most=4)))
    assert len(found) == 4
    assert [study for page in found for study in studies(page)] == ["2.1"]


def test_new_studies_come_where_they_belong(search: Search, client: Any) -> None:
    first = study_page(search, DATED, 3)
    store(client, {"StudyInstanceUID": "3.1", "StudyDate": "20220101"})
    store(client, {"StudyInstanceUID": "3.2", "StudyDate": "20241231"})
    rest = study_page(search, DATED, 100, first.after)
    assert not {"3.1", *studies(first)} & {*studies(rest)}
    assert studies(rest)[-1] == "3.2"


def several(client: Any) -> list[tuple[str, str]]:
    """Store a study of three series; their objects in the order that is shown."""
    numbers = [("1.1.30", 2, "CT"), ("1.1.20", 10, "MR"), ("1.1.10", None, "CT")]
    objects = [
        {"SeriesInstanceUID": series, "SeriesNumber": number, "Modality": modality, "InstanceNumber": instance}
        for series, number, modality in numbers
        for instance in ("10", "9", "100", None)
    ]
    store(client, *({"StudyInstanceUID": "1.1", "PatientID": "A", **elements} for elements in objects))
    return [(series, f"1.1.{4 * at + one}") for at, (series, *_) in enumerate(numbers) for one in (2, 1, 3, 4)]


def test_objects_come_by_the_numbers_of_series_and_instances(stack: Stack) -> None:
    expected = several(stack.dynamodb)
    search, criteria = Search(stack.dynamodb, TABLE), Criteria(study_instance_uid="1.1")
    for limit in (1, 4, 5, 12):
        found = list(pages(search, criteria, limit, object_page))
        assert [(row["SeriesInstanceUID"], row["SOPInstanceUID"]) for page in found for row in page.rows] == expected
        assert len(found) == -(-12 // limit)


def test_objects_are_narrowed_as_studies_are(stack: Stack) -> None:
    several(stack.dynamodb)
    search = Search(stack.dynamodb, TABLE)

    def found(**criteria: Any) -> int:
        return len(object_page(search, Criteria(study_instance_uid="1.1", **criteria), 100).rows)

    assert (found(modality="MR"), found(patient_id="A"), found(patient_id="B"), found(modality="US")) == (4, 12, 0, 0)
    assert len(object_page(search, Criteria(study_instance_uid="9.9"), 100).rows) == 0


def test_only_the_series_of_a_page_are_read(stack: Stack) -> None:
    several(stack.dynamodb)
    client: Any = Peer(stack.dynamodb, lambda *_: None)
    search, criteria = Search(client, TABLE), Criteria(study_instance_uid="1.1")
    object_page(search, criteria, 3)
    first = len(client.calls)
    object_page(search, criteria, 100)
    assert len(client.calls) - first == first + 2  # two more series


@pytest.mark.parametrize("after", ["1.1.30#1.1.1#", "1.1.99#1.1.1#", "9.9#9.9#"])
def test_an_object_that_is_gone_cannot_be_gone_on_from(stack: Stack, after: str) -> None:
    several(stack.dynamodb)
    with pytest.raises(InvalidRequest, match="search anew"):
        object_page(Search(stack.dynamodb, TABLE), Criteria(study_instance_uid="1.1"), 5, after + "0" * 32)


def test_rows_are_told_without_what_is_of_the_indexes(search: Search) -> None:
    (row,) = study_page(search, Criteria(study_instance_uid="1.1"), 1).rows
    told = study_as_json(row)
    assert (told["PatientID"], told["NumberOfStudyRelatedSeries"], told["ModalitiesInStudy"]) == ("A", 1, ["CT"])
    assert not {"PatientIDKey", "AccessionNumberKey", "StudyYear", "StudyDateKey", "SortKey", "RowType"} & told.keys()
    assert not [name for name, value in told.items() if type(value).__name__ == "Decimal"]


def test_an_object_is_told_by_what_a_viewer_needs(search: Search) -> None:
    (row,) = object_page(search, Criteria(study_instance_uid="1.1"), 1).rows
    told = object_as_json(row)
    assert told["s3Uri"] == "s3://inbox/1.1/1"
    assert (told["Rows"], told["Columns"], told["SeriesDescription"]) == (4, 4, None)
    assert "NumberOfFrames" not in told
    assert not {"PatientID", "PatientName", "PatientIDKey", "Bucket", "SortKey"} & told.keys()
