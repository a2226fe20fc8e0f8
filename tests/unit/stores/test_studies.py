"""The study and series rows: counted anew from the objects, the same in whatever order these came."""

import itertools
from typing import Any

import pytest

from serverless_dicom.errors import TransientError
from serverless_dicom.stores.rows import Row
from serverless_dicom.stores.studies import Studies, summarize
from tests.bucket import Bucket
from tests.datasets import STUDY, as_file, make_dataset
from tests.peers import Peer, failing
from tests.stack import Stack


def object_row(number: int = 1, series: str = "1.2.3.200", **attributes: Any) -> Row:
    return {
        "StudyInstanceUID": STUDY,
        "SortKey": f"OBJECT#{series}#1.2.3.{number}#{number:032x}",
        "RowType": "object",
        "SeriesInstanceUID": series,
        "SOPInstanceUID": f"1.2.3.{number}",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "Size": 100,
        "LastModified": f"2024-02-29T10:00:{number:02}+00:00",
        "Incomplete": False,
        "PatientID": "PAT-1",
        "StudyDate": "20240229",
        "Modality": "CT",
    } | attributes


def study_of(*objects: Row) -> Row:
    return next(row for row in summarize(list(objects)) if row["RowType"] == "study")


def test_a_study_of_nothing_has_no_rows() -> None:
    assert summarize([]) == []


def test_objects_series_and_sizes_are_counted() -> None:
    rows = summarize([object_row(1), object_row(2, Incomplete=True), object_row(3, "1.2.3.201", Modality="SR")])
    study, series = rows[-1], rows[:-1]

    assert [row["SortKey"] for row in rows] == ["SERIES#1.2.3.200", "SERIES#1.2.3.201", "STUDY"]
    assert study["NumberOfStudyRelatedInstances"] == study["NumberOfObjects"] == 3
    assert study["NumberOfStudyRelatedSeries"] == 2
    assert study["NumberOfIncompleteObjects"] == 1
    assert study["TotalSize"] == 300
    assert study["ModalitiesInStudy"] == ["CT", "SR"]
    assert (study["FirstSeen"], study["LastSeen"]) == ("2024-02-29T10:00:01+00:00", "2024-02-29T10:00:03+00:00")
    assert [row["NumberOfSeriesRelatedInstances"] for row in series] == [2, 1]


def test_one_instance_under_two_keys_is_one_instance_and_two_objects() -> None:
    study = study_of(object_row(1), object_row(2, SOPInstanceUID="1.2.3.1"))

    assert (study["NumberOfStudyRelatedInstances"], study["NumberOfObjects"]) == (1, 2)


def test_what_most_objects_say_counts_and_differences_are_named() -> None:
    study = study_of(object_row(1), object_row(2), object_row(3, PatientID="PAT-2"), object_row(4, PatientID=None))

    assert study["PatientID"] == "PAT-1"
    assert study["PatientIDKey"] == "PAT-1"
    assert study["Inconsistent"] == ["PatientID"]
    assert study["StudyDescription"] is None


@pytest.mark.parametrize(
    ("date", "year", "key"),
    [
        ("20240229", "2024", "20240229"),
        ("2024.02.29", "unknown", "unknown"),
        ("20240230", "unknown", "unknown"),
        (None, "unknown", "unknown"),
    ],
)
def test_a_study_is_found_by_its_date(date: str | None, year: str, key: str) -> None:
    study = study_of(object_row(1, StudyDate=date))

    assert (study["StudyYear"], study["StudyDateKey"]) == (year, key)


def test_values_that_are_lists_or_numbers_are_summed_up_too() -> None:
    study = study_of(object_row(1, PatientID=["A", "B"], StudyDate=["20240101", "20240102"], AccessionNumber=5))

    assert study["PatientIDKey"] == "A\\B"
    assert study["AccessionNumberKey"] == "5"
    assert study["StudyYear"] == "unknown"


def test_every_order_of_the_objects_gives_the_same_rows() -> None:
    objects = [
        object_row(1),
        object_row(2, PatientID="PAT-2"),
        object_row(3, "1.2.3.201"),
        object_row(4, Modality=None),
    ]

    assert len({str(summarize(list(order))) for order in itertools.permutations(objects)}) == 1


def test_a_row_holds_a_bounded_number_of_distinct_values() -> None:
    many = [object_row(number, Modality=f"{number:01000}", SOPClassUID=f"{number:01000}") for number in range(500)]

    assert len(str(study_of(*many))) < 300_000


def refreshed(stack: Stack, dynamodb: Any = None) -> list[Row]:
    Studies(dynamodb or stack.dynamodb, stack.metadata_table).refresh(STUDY)
    return [row for row in stack.rows() if row["RowType"] != "object"]


def test_rows_follow_the_objects(stack: Stack, inbox: Bucket) -> None:
    for number in (1, 2):
        stack.indexer.apply(inbox.put(str(number), as_file(make_dataset(SOPInstanceUID=f"1.2.3.{number}"))).change)
    series, study = refreshed(stack)
    assert series["NumberOfSeriesRelatedInstances"] == study["NumberOfStudyRelatedInstances"] == 2
    assert study["PatientName"] == "Zzyzx^Quentin"

    moved = make_dataset(SOPInstanceUID="1.2.3.2", SeriesInstanceUID="1.2.3.999")
    stack.indexer.apply(inbox.put("2", as_file(moved)).change)
    assert [row["SortKey"] for row in refreshed(stack)] == ["SERIES#1.2.3.200", "SERIES#1.2.3.999", "STUDY"]

    for number in (1, 2):
        stack.indexer.apply(inbox.delete(str(number)).change)
    assert refreshed(stack) == []


def test_rows_that_are_right_are_not_written_again(stack: Stack, inbox: Bucket) -> None:
    stack.indexer.apply(inbox.put("key", as_file(make_dataset())).change)
    rows = refreshed(stack)
    peer = Peer(stack.dynamodb, lambda *_: None)

    assert refreshed(stack, peer) == rows
    assert "batch_write_item" not in peer.calls


def test_an_object_that_comes_while_it_is_summed_up_is_counted(stack: Stack, inbox: Bucket) -> None:
    stack.indexer.apply(inbox.put("1", as_file(make_dataset())).change)
    late = inbox.put("2", as_file(make_dataset(SOPInstanceUID="1.2.3.301"))).change

    def arrive(name: str, number: int) -> None:
        if name == "batch_write_item" and number < 2:
            stack.indexer.apply(late)
            stack.studies.refresh(STUDY)

    study = refreshed(stack, Peer(stack.dynamodb, arrive))[-1]

    assert study["NumberOfObjects"] == 2


def test_a_study_that_never_rests_is_left_to_the_stream(stack: Stack, inbox: Bucket) -> None:
    stack.indexer.apply(inbox.put("key", as_file(make_dataset())).change)

    def restless(name: str, number: int) -> None:
        if name == "batch_write_item":
            dataset = make_dataset(SOPInstanceUID=f"1.2.3.{number}")
            stack.indexer.apply(inbox.put(f"key {number}", as_file(dataset)).change)

    with pytest.raises(TransientError, match="kept changing"):
        refreshed(stack, Peer(stack.dynamodb, restless))


def test_a_refused_write_is_tried_again_later(stack: Stack, inbox: Bucket) -> None:
    stack.indexer.apply(inbox.put("key", as_file(make_dataset())).change)

    with pytest.raises(TransientError, match="ThrottlingException"):
        refreshed(stack, failing(stack.dynamodb, "batch_write_item", "ThrottlingException"))
    assert len(refreshed(stack)) == 2
