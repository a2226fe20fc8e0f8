"""The row of an object: its keys are what they seem, and it is never more than DynamoDB takes."""

import gzip
import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest
from pydicom.datadict import tag_for_keyword

from serverless_dicom.header.record import INDEXED
from serverless_dicom.stores.ledger import to_item
from serverless_dicom.stores.objects import S3Object
from serverless_dicom.stores.rows import MAX_KEY, ObjectRow, object_row, search_key
from tests.datasets import (
    CT,
    INSTANCE,
    SERIES,
    STUDY,
    as_file,
    element,
    make_dataset,
    make_large_dataset,
    raw_file,
    read,
)

MAX_ITEM = 400 * 1024
URI = "s3://bucket/key"


def row_of(data: bytes, uri: str = URI, order: str = "") -> ObjectRow:
    opened = S3Object(None, "bucket", "key", len(data), '"etag"', "v1", datetime(2024, 2, 29, tzinfo=UTC), data)  # type: ignore[arg-type]
    return object_row(read(data), opened, uri, order)


def item_bytes(row: dict[str, Any]) -> int:
    """The size of an item as DynamoDB counts it, roughly and from above."""
    return len(json.dumps(to_item(row), default=lambda raw: "x" * len(raw), ensure_ascii=False).encode())


def test_its_keys_are_the_study_and_the_series_instance_and_object() -> None:
    row = row_of(as_file(make_dataset())).row

    assert row["StudyInstanceUID"] == STUDY
    assert re.fullmatch(rf"OBJECT#{SERIES}#{INSTANCE}#[0-9a-f]{{32}}", row["SortKey"])
    assert row["PatientIDKey"] == "PAT-4711"
    assert row["AccessionNumberKey"] == "ACC-9001"


def test_it_tells_of_the_object() -> None:
    row = row_of(as_file(make_dataset())).row

    assert {name: row[name] for name in ("S3Uri", "Bucket", "Key", "VersionId", "ETag", "RowType", "Incomplete")} == {
        "S3Uri": URI,
        "Bucket": "bucket",
        "Key": "key",
        "VersionId": "v1",
        "ETag": "etag",
        "RowType": "object",
        "Incomplete": False,
    }
    assert row["LastModified"] == "2024-02-29T00:00:00+00:00"
    assert row["Size"] == len(as_file(make_dataset()))


def test_the_whole_header_is_in_it_with_notes_of_what_it_does_not_show() -> None:
    data = as_file(make_dataset())
    odd = raw_file(element(0x00100010, "PN", b"Doe^J^^^ ") + element(0x00101030, "DS", b"abc ") + data[-44:])
    row = row_of(odd).row
    notes = json.loads(gzip.decompress(row["HeaderNotes"]))

    assert json.loads(gzip.decompress(row["Header"])) == read(odd).model
    assert [(note["path"], note["code"]) for note in notes] == [
        ("00100010", "empty_components"),
        ("00101030", "invalid_DS"),
    ]
    assert b64decode(notes[0]["bytes"]) == b"Doe^J^^^ "
    assert "HeaderNotes" not in row_of(data).row


@pytest.mark.parametrize("value", [None, ""])
def test_an_index_key_is_absent_rather_than_empty(value: str | None) -> None:
    row = row_of(as_file(make_dataset(PatientID=value, AccessionNumber=value))).row

    assert row["PatientID"] is None
    assert "PatientIDKey" not in row
    assert "AccessionNumberKey" not in row


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (["A", None, "B"], "A\\\\B"),
        (["A", "B"], "A\\B"),
        (5, "5"),
        (None, None),
        ("", None),
        ("é" * 1000, "é" * (MAX_KEY // 2)),
        ("x" + "é" * 1000, "x" + "é" * ((MAX_KEY - 1) // 2)),
    ],
)
def test_a_search_key_is_text_within_its_limit(value: Any, key: str | None) -> None:
    assert search_key(value) == key


def test_the_same_object_gives_the_same_row() -> None:
    data = as_file(make_dataset())

    assert row_of(data) == row_of(data)


def test_a_large_header_has_a_key_of_its_own_for_every_change() -> None:
    data = as_file(make_large_dataset())
    first, again, later, elsewhere = (
        row_of(data), row_of(data), row_of(data, order="1"), row_of(data, uri="s3://bucket/other")
    )  # fmt: skip

    assert first.header_key == again.header_key == first.row["HeaderKey"]
    assert len({first.header_key, later.header_key, elsewhere.header_key}) == 3
    assert {"Header", "HeaderNotes"}.isdisjoint(first.row)
    assert set(json.loads(gzip.decompress(first.header))) == {"Header", "HeaderNotes"}
    assert item_bytes(first.row) < MAX_ITEM


@pytest.mark.parametrize("length", [1000, 100_000])
def test_a_record_full_of_the_longest_texts_is_still_a_row(length: int) -> None:
    text = "\U0001f9b4" * length
    elements = {keyword: tag_for_keyword(keyword) for keyword in INDEXED}
    uids = {"SOPClassUID": CT, "SOPInstanceUID": INSTANCE, "StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES}
    body = b"".join(
        element(tag, "UT", uids.get(keyword, text).encode())
        for keyword, tag in sorted(elements.items(), key=lambda pair: pair[1] or 0)
        if tag and tag > 0x00080005
    )
    head = element(0x00080005, "CS", b"ISO_IR 192")

    assert item_bytes(row_of(raw_file(head + body, identified=False)).row) < MAX_ITEM


@pytest.mark.parametrize("key", ["with space/a+b%20c", "ключ/鍵.dcm", "k" * 1024])
def test_any_key_of_an_object_gives_a_key_of_a_row(key: str) -> None:
    row = row_of(as_file(make_dataset()), uri=f"s3://bucket/{key}").row

    assert len(row["SortKey"].encode()) <= 1024
    assert row["S3Uri"] == f"s3://bucket/{key}"
