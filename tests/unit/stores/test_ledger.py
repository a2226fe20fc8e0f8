"""Table IndexedObjects: what it says of an object changes with the object's row, or not at all."""

from dataclasses import replace

import pytest

from serverless_dicom.errors import TransientError
from serverless_dicom.stores.ledger import Entry, Ledger, from_item, to_item
from tests.peers import failing
from tests.stack import Stack, resource

URI = "s3://bucket/key"
ROW = {"StudyInstanceUID": "1.2", "SortKey": "OBJECT#1#2#3", "RowType": "object", "Size": 5}
INDEXED = Entry("indexed", "0A", "v1", "1.2", "OBJECT#1#2#3")


@pytest.fixture
def ledger(stack: Stack) -> Ledger:
    return stack.indexer.ledger


def test_nothing_is_known_of_an_object_at_first(ledger: Ledger) -> None:
    assert ledger.entry(URI) is None


def test_what_was_written_is_known(ledger: Ledger, stack: Stack) -> None:
    for entry in (
        INDEXED,
        replace(INDEXED, header_key="h", obsolete_header_key="old"),
        Entry("rejected", "", "v1", reason_code="not_dicom", reason="no prefix"),
        Entry("deleted", "0B"),
    ):
        stack.forget()
        written = ledger.write(URI, None, entry, None)

        assert ledger.entry(URI) == written
        assert written
        assert replace(written, updated_at="") == entry


def test_a_row_comes_moves_and_goes_with_its_entry(ledger: Ledger, stack: Stack) -> None:
    first = ledger.write(URI, None, INDEXED, ROW)
    assert stack.rows() == [ROW]

    moved = {**ROW, "StudyInstanceUID": "1.3"}
    second = ledger.write(URI, first, replace(INDEXED, order="0B", study_instance_uid="1.3"), moved)
    assert stack.rows() == [moved]

    ledger.write(URI, second, Entry("deleted", "0C"), None)
    assert stack.rows() == []


def test_an_entry_that_changed_since_it_was_seen_is_left_alone(ledger: Ledger, stack: Stack) -> None:
    seen = ledger.write(URI, None, INDEXED, ROW)
    ledger.write(URI, seen, replace(INDEXED, version_id="v2"), ROW)
    before = stack.tables()

    assert ledger.write(URI, seen, Entry("deleted", "0B"), None) is None
    assert ledger.write(URI, None, Entry("deleted", "0B"), None) is None
    assert stack.tables() == before


def test_an_entry_that_expired_since_it_was_seen_is_looked_at_again(ledger: Ledger, stack: Stack) -> None:
    seen = ledger.write(URI, None, Entry("deleted", "0A"), None)
    stack.forget()

    assert ledger.write(URI, seen, INDEXED, ROW) is None
    assert stack.rows() == []


def test_only_what_is_deleted_expires(ledger: Ledger, stack: Stack) -> None:
    attribute = resource("IndexedObjects")["TimeToLiveSpecification"]["AttributeName"]
    seen = ledger.write(URI, None, INDEXED, ROW)
    ledger.write("s3://bucket/gone", None, Entry("deleted", "0A"), None)

    items = stack.dynamodb.scan(TableName=stack.objects_table)["Items"]
    assert {item["S3Uri"]["S"]: attribute in item for item in items} == {URI: False, "s3://bucket/gone": True}
    assert seen


def test_another_writer_in_the_transaction_s_way_is_no_changed_entry(stack: Stack) -> None:
    ledger = stack.indexer_of(
        stack.s3, failing(stack.dynamodb, "transact_write_items", "TransactionCanceledException")
    ).ledger

    with pytest.raises(TransientError):
        ledger.write(URI, None, INDEXED, ROW)


def test_a_row_survives_the_way_to_dynamodb_and_back() -> None:
    row = {"text": "é", "none": None, "list": [1, None, "x"], "yes": True, "empty": "", "map": {"a": []}}

    assert from_item(to_item(row)) == row
