"""What a search finds, over rows that were made as the functions make them."""

from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest

from serverless_dicom.errors import TransientError
from serverless_dicom.stores.ledger import to_item
from serverless_dicom.stores.objects import S3Object
from serverless_dicom.stores.rows import object_row
from serverless_dicom.stores.search import Criteria, Level, Search, StudyDates
from serverless_dicom.stores.studies import summarize
from tests.datasets import as_file, make_dataset, read
from tests.stack import Stack

TABLE = "DicomMetadata"


@pytest.fixture
def client(stack: Stack) -> Any:
    """A DynamoDB with the stack's table, empty."""
    return stack.dynamodb


def store(client: Any, *objects: dict[str, Any]) -> None:
    """Index objects of one study, each given by what it has unlike others, and summarize the study."""
    rows = []
    for number, elements in enumerate(objects, 1):
        data = as_file(make_dataset(**{"SOPInstanceUID": f"{elements['StudyInstanceUID']}.{number}"} | elements))
        uri = f"s3://inbox/{elements['StudyInstanceUID']}/{number}"
        _, _, bucket, key = uri.split("/", 3)
        opened = S3Object(client, bucket, key, len(data), '"e"', None, datetime(2024, 1, 1, tzinfo=UTC), b"")
        rows.append(object_row(read(data), opened, uri).row)
    for row in [*rows, *summarize(rows)]:
        client.put_item(TableName=TABLE, Item=to_item(row))


def found(client: Any, level: Level = "study", **criteria: Any) -> list[str]:
    """The UIDs that a search gives, in its order."""
    uid = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "object": "SOPInstanceUID"}[level]
    return [row[uid] for row in Search(client, TABLE).rows(Criteria(**criteria), level)]


def test_a_patient_s_studies_come_by_date(client: Any) -> None:
    store(client, {"StudyInstanceUID": "1.1", "PatientID": "A", "StudyDate": "20240301"})
    store(client, {"StudyInstanceUID": "1.2", "PatientID": "A", "StudyDate": "20230301"})
    store(client, {"StudyInstanceUID": "1.3", "PatientID": "B"})
    store(client, {"StudyInstanceUID": "1.4", "PatientID": "AB"})
    assert found(client, patient_id="A") == ["1.2", "1.1"]
    assert found(client, patient_id="a") == []


def test_a_study_is_found_by_a_patient_id_that_only_one_of_its_objects_has(client: Any) -> None:
    theirs = {"StudyInstanceUID": "1.1", "PatientID": "MOST", "SeriesInstanceUID": "1.1.7"}
    stray = {"StudyInstanceUID": "1.1", "PatientID": "STRAY", "SeriesInstanceUID": "1.1.8"}
    store(client, theirs, theirs, stray)
    assert found(client, patient_id="STRAY") == ["1.1"]
    assert found(client, "series", patient_id="STRAY") == ["1.1.8"]
    assert found(client, "object", patient_id="STRAY") == ["1.1.3"]
    assert found(client, "object", patient_id="MOST") == ["1.1.1", "1.1.2"]


def test_an_accession_number_and_a_patient_have_to_agree(client: Any) -> None:
    store(client, {"StudyInstanceUID": "1.1", "PatientID": "A", "AccessionNumber": "N1"})
    store(client, {"StudyInstanceUID": "1.2", "PatientID": "A", "AccessionNumber": "N2"})
    store(client, {"StudyInstanceUID": "1.3", "PatientID": "B", "AccessionNumber": "N1"})
    assert sorted(found(client, accession_number="N1")) == ["1.1", "1.3"]
    assert found(client, accession_number="N1", patient_id="A") == ["1.1"]
    assert found(client, accession_number="N2", patient_id="B") == []


def test_a_span_of_days_reaches_over_years_and_includes_both_ends(client: Any) -> None:
    for number, date in enumerate(["20221230", "20221231", "20230615", "20240101", "20240102", None], 1):
        store(client, {"StudyInstanceUID": f"1.{number}", "StudyDate": date})
    assert found(client, study_dates=StudyDates("20221231", "20240101")) == ["1.2", "1.3", "1.4"]
    assert found(client, study_dates=StudyDates("20230615", "20230615")) == ["1.3"]


def test_without_criteria_all_studies_come_with_those_without_a_date(client: Any) -> None:
    store(client, {"StudyInstanceUID": "1.1"})
    store(client, {"StudyInstanceUID": "1.2", "StudyDate": None})
    assert sorted(found(client)) == ["1.1", "1.2"]


def test_dates_narrow_what_another_criterion_finds(client: Any) -> None:
    store(client, {"StudyInstanceUID": "1.1", "PatientID": "A", "StudyDate": "20240301"})
    store(client, {"StudyInstanceUID": "1.2", "PatientID": "A", "StudyDate": None})
    assert found(client, patient_id="A", study_dates=StudyDates("19000101", "20991231")) == ["1.1"]
    assert found(client, patient_id="A", study_dates=StudyDates("19000101", "20240229")) == []


NAME = "Yamada^Tarou=山田^太郎=やまだ^たろう"


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("yam", True),
        ("YAMADA^T", True),
        ("yamada ta", True),
        ("yamada, tarou", True),
        ("Yamada^", True),
        ("Yama^", False),
        ("Tarou", False),
        ("*tarou", True),
        ("yama?a*", True),
        ("yama?a", False),
        ("yamad.", False),
        ("[y]amada", False),
        ("山田", True),
        ("やまだ^たろう", True),
        ("太郎", False),
        ("\N{FULLWIDTH LATIN SMALL LETTER Y}amada", True),
    ],
)
def test_a_name_is_found_by_how_a_group_begins_or_by_a_pattern(client: Any, asked: str, is_found: bool) -> None:
    store(client, {"StudyInstanceUID": "1.1", "PatientName": NAME})
    store(client, {"StudyInstanceUID": "1.2", "PatientName": None})
    assert found(client, patient_name=asked) == (["1.1"] if is_found else [])


def test_a_pattern_of_many_stars_takes_no_longer_than_others(client: Any) -> None:
    store(client, {"StudyInstanceUID": "1.1", "PatientName": "a" * 64})
    began = monotonic()
    assert found(client, patient_name="*a" * 30 + "*b") == []
    assert found(client, patient_name="*a" * 30 + "***?*") == ["1.1"]
    assert monotonic() - began < 5


def test_a_modality_narrows_series_and_objects_too(client: Any) -> None:
    scan = {"StudyInstanceUID": "1.1", "Modality": "CT", "SeriesInstanceUID": "1.1.7"}
    report = {"StudyInstanceUID": "1.1", "Modality": "SR", "SeriesInstanceUID": "1.1.8"}
    store(client, scan, report, scan)
    store(client, {"StudyInstanceUID": "1.2", "Modality": "MR"})
    assert found(client, modality="SR") == ["1.1"]
    assert found(client, "series", modality="SR") == ["1.1.8"]
    assert found(client, "object", modality="CT") == ["1.1.1", "1.1.3"]


def test_a_study_s_uid_finds_it_alone_and_only_if_the_rest_fits(client: Any) -> None:
    store(client, {"StudyInstanceUID": "1.1", "PatientID": "A"})
    store(client, {"StudyInstanceUID": "1.2", "PatientID": "A"})
    store(client, {"StudyInstanceUID": "1.3", "PatientID": "B"})
    assert found(client, study_instance_uid="1.2") == ["1.2"]
    assert found(client, study_instance_uid="1.2", patient_id="A") == ["1.2"]
    assert found(client, "object", study_instance_uid="1.3", patient_id="A") == []
    assert found(client, study_instance_uid="9.9") == []
    assert found(client, study_instance_uid="1.3", patient_id="A") == []
    assert found(client, "series", study_instance_uid="1.3", patient_id="A") == []


def test_rows_of_objects_have_their_record_without_the_compressed_header(client: Any) -> None:
    store(client, {"StudyInstanceUID": "1.1", "PatientID": "A"})
    (row,) = Search(client, TABLE).rows(Criteria(patient_id="A"), "object")
    assert row["Rows"] == 4
    assert row["S3Uri"] == "s3://inbox/1.1/1"
    assert not {"Header", "HeaderNotes"} & row.keys()


def test_more_studies_than_one_call_may_ask_for(client: Any) -> None:
    for number in range(101):
        store(client, {"StudyInstanceUID": f"1.{number}", "PatientID": "A", "StudyDate": f"{1900 + number}0101"})
    assert found(client, patient_id="A") == [f"1.{number}" for number in range(101)]


class Throttled:
    """A DynamoDB that leaves all but the first row of a batch unread, so many times."""

    def __init__(self, client: Any, times: int) -> None:
        self.client, self.times = client, times

    def get_paginator(self, operation: str) -> Any:
        return self.client.get_paginator(operation)

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - DynamoDB's name
        keys = RequestItems[TABLE]["Keys"]
        if not self.times:
            return self.client.batch_get_item(RequestItems=RequestItems)
        self.times -= 1
        answer = self.client.batch_get_item(RequestItems={TABLE: {"Keys": keys[:1]}})
        return answer | {"UnprocessedKeys": {TABLE: {"Keys": keys[1:]}}}


def test_rows_that_were_left_unread_are_asked_for_again(client: Any) -> None:
    for number in range(4):
        store(client, {"StudyInstanceUID": f"1.{number}", "PatientID": "A"})
    search: Any = Search(Throttled(client, times=2), TABLE, first_wait=0)  # type: ignore[arg-type]
    assert [row["StudyInstanceUID"] for row in search.rows(Criteria(patient_id="A"))] == ["1.0", "1.1", "1.2", "1.3"]


def test_a_table_that_keeps_leaving_rows_unread_is_an_error(client: Any) -> None:
    for number in range(12):
        store(client, {"StudyInstanceUID": f"1.{number}", "PatientID": "A"})
    search = Search(Throttled(client, times=100), TABLE, first_wait=0)  # type: ignore[arg-type]
    with pytest.raises(TransientError, match="left rows unread"):
        list(search.rows(Criteria(patient_id="A")))


def test_what_dynamodb_refuses_is_an_error_of_ours(client: Any) -> None:
    with pytest.raises(TransientError, match="searching ByPatient: ResourceNotFoundException"):
        list(Search(client, "elsewhere").rows(Criteria(patient_id="A")))
