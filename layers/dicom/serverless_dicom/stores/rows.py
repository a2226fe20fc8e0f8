"""The rows of table DicomMetadata: their keys, and the row of one object."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from serverless_dicom.errors import InvalidIdentifier

if TYPE_CHECKING:
    from serverless_dicom.header import Header
    from serverless_dicom.stores.objects import S3Object

Row: TypeAlias = dict[str, Any]
"""A row's attributes, as boto3's resource has them."""

STUDY = "STUDY"
SERIES_PREFIX = "SERIES#"
OBJECT_PREFIX = "OBJECT#"

MAX_ROW_HEADER = 300_000
"""Bytes of record and compressed header that stay in the row, whose limit is 400 KB with keys and names."""

MAX_KEY = 1024
"""Bytes of a value that is searched by an index, whose keys are limited."""

UID = r"[0-9A-Za-z._-]{1,64}"
"""A pattern: what a UID may look like to be a key: PS3.5 9.1 and some letters that real objects have against it."""


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """The row of an object, and its compressed header where that is too large for the row: the bytes, by key."""

    row: Row
    header_key: str | None
    header: bytes


def series_key(series_instance_uid: str) -> str:
    """The sort key of a series' row."""
    return f"{SERIES_PREFIX}{series_instance_uid}"


def object_key(series_instance_uid: str, sop_instance_uid: str, uri: str) -> str:
    """The sort key of an object's row: one instance may lie in a bucket under several keys."""
    return f"{OBJECT_PREFIX}{series_instance_uid}#{sop_instance_uid}#{_digest(uri)}"


def search_key(value: Any) -> str | None:
    """What a value is searched by: its text within MAX_KEY bytes, or None where there is none."""
    text = "\\".join(str(part or "") for part in value) if isinstance(value, list) else str(value or "")
    return text.encode()[:MAX_KEY].decode(errors="ignore") or None


def object_row(header: Header, found: S3Object, uri: str, order: str = "") -> ObjectRow:
    """The row of the object `found`, whose header was read. Raises InvalidIdentifier.

    A large header's key is its own by `order` and version: who removes one cannot mean another's.
    """
    record = header.record
    study, series, instance = (
        _uid(record, name) for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    )
    model = _compressed(header.model)
    notes = [note.json for note in header.notes]
    row: Row = record | {
        "SortKey": object_key(series, instance, uri),
        "RowType": "object",
        "S3Uri": uri,
        "Bucket": found.bucket,
        "Key": found.key,
        "VersionId": found.version_id,
        "ETag": found.etag.strip('"'),
        "Size": found.size,
        "LastModified": found.last_modified.isoformat(),
        "Incomplete": header.incomplete,
    }
    row |= {
        name: key
        for name, value in (("PatientIDKey", "PatientID"), ("AccessionNumberKey", "AccessionNumber"))
        if (key := search_key(record.get(value)))
    }
    document = {"Header": model} | ({"HeaderNotes": _compressed(notes)} if notes else {})
    size = len(json.dumps(record, default=str).encode()) + sum(map(len, document.values()))
    if size <= MAX_ROW_HEADER:
        return ObjectRow(row | document, None, b"")
    both = _compressed({"Header": header.model, "HeaderNotes": notes})
    upload = f"{uri} {order} {found.version_id} {sha256(both).hexdigest()}"
    key = f"{study}/{series}/{instance}/{_digest(upload)}.json.gz"
    return ObjectRow(row | {"HeaderKey": key}, key, both)


def _uid(record: Row, name: str) -> str:
    uid = record.get(name)
    if isinstance(uid, str) and re.fullmatch(UID, uid):
        return uid
    raise InvalidIdentifier(
        f"{name} is {'no UID: 1 to 64 digits and dots' if uid else 'absent'}, and a row is keyed by it"
    )


def _digest(uri: str) -> str:
    return sha256(uri.encode()).hexdigest()[:32]


def _compressed(document: Any) -> bytes:
    """Gzip of the document as JSON, the same bytes for the same document."""
    return gzip.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)
