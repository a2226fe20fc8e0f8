"""The study and series rows, recomputed from the object rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import TransientError
from serverless_dicom.faults import translated
from serverless_dicom.stores.ledger import from_item, to_item
from serverless_dicom.stores.rows import OBJECT_PREFIX, STUDY, Row, search_key, series_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient

OF_STUDY = (
    *("PatientID", "PatientName", "PatientNameAlphabetic", "PatientNameIdeographic", "PatientNamePhonetic"),
    *("IssuerOfPatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "ReferringPhysicianName"),
    *("StudyDate", "StudyTime", "StudyID", "StudyDescription", "InstitutionName"),
)
OF_SERIES = (
    *("Modality", "SeriesNumber", "SeriesDate", "SeriesTime", "SeriesDescription", "ProtocolName"),
    *("BodyPartExamined", "Laterality", "Manufacturer", "ManufacturerModelName", "StationName"),
)
"""What the objects of a study, and of a series, have in common: the value that most of them have."""

_READ = (
    *("StudyInstanceUID", "SortKey", "RowType", *OF_STUDY, *OF_SERIES),
    *("SOPInstanceUID", "SOPClassUID", "SeriesInstanceUID", "Size", "LastModified", "Incomplete"),
    *("ModalitiesInStudy", "SOPClassesInStudy", "Inconsistent", "NumberOfStudyRelatedSeries"),
    *("NumberOfStudyRelatedInstances", "NumberOfSeriesRelatedInstances", "NumberOfObjects"),
    *("NumberOfIncompleteObjects", "TotalSize", "FirstSeen", "LastSeen"),
    *("PatientIDKey", "AccessionNumberKey", "StudyYear", "StudyDateKey"),
)
"""All attributes but the headers, which are most of an object's row."""

MAX_DISTINCT = 64
"""Values of one attribute that a study's row lists."""

ATTEMPTS = 10
_BATCH = 25


def summarize(objects: list[Row]) -> list[Row]:
    """The series' rows and the study's, of the object rows of one study; none of none.

    Counts are of distinct SOP instances (PS3.4 C.6.2.1), sizes in bytes over all objects; first and last seen are
    S3's times, so that the same objects give the same rows in whatever order they came.
    """
    if not objects:
        return []
    study = objects[0]["StudyInstanceUID"]
    by_series: dict[str, list[Row]] = {}
    for row in objects:
        by_series.setdefault(row["SeriesInstanceUID"], []).append(row)
    series = [
        {
            "StudyInstanceUID": study,
            "SortKey": series_key(uid),
            "RowType": "series",
            "SeriesInstanceUID": uid,
            **_common(rows, OF_SERIES),
            **_totals(rows, "NumberOfSeriesRelatedInstances"),
        }
        for uid, rows in sorted(by_series.items())
    ]
    return [*series, _study_row(study, objects, len(by_series))]


def _study_row(study: str, objects: list[Row], series: int) -> Row:
    common = _common(objects, OF_STUDY)
    row = {
        "StudyInstanceUID": study,
        "SortKey": STUDY,
        "RowType": "study",
        **dict.fromkeys(("PatientID", "PatientName", "ReferringPhysicianName", "StudyDate", "StudyDescription")),
        **common,
        "ModalitiesInStudy": _distinct(objects, "Modality"),
        "SOPClassesInStudy": _distinct(objects, "SOPClassUID"),
        "NumberOfStudyRelatedSeries": series,
        **_totals(objects, "NumberOfStudyRelatedInstances"),
        "Inconsistent": [name for name in OF_STUDY if len({str(row.get(name)) for row in objects}) > 1],
    }
    day = _day(str(common.get("StudyDate", "")))
    keys = {
        "PatientIDKey": search_key(common.get("PatientID")),
        "AccessionNumberKey": search_key(common.get("AccessionNumber")),
        "StudyYear": day[:4] if day else "unknown",
        "StudyDateKey": day or "unknown",
    }
    return row | {name: key for name, key in keys.items() if key}


def _day(text: str) -> str | None:
    """The text if it is a day of the calendar as 8 digits (PS3.5 6.2, DA), which an index can be asked for."""
    if len(text) != len("YYYYMMDD") or not text.isdecimal():
        return None
    try:
        date.fromisoformat(text)
    except ValueError:
        return None
    return text


def _common(rows: list[Row], names: Iterable[str]) -> Row:
    found: Row = {}
    for name in names:
        values = {str(row[name]): row[name] for row in rows if row.get(name) is not None}
        counts = Counter(str(row[name]) for row in rows if row.get(name) is not None)
        if counts:
            found[name] = values[min(counts, key=lambda text: (-counts[text], text))]
    return found


def _distinct(rows: list[Row], name: str) -> list[str]:
    """The values in the rows, as many as any element of a record may have: a row's size is limited."""
    return sorted({str(row[name]) for row in rows if row.get(name) is not None})[:MAX_DISTINCT]


def _totals(rows: list[Row], count: str) -> Row:
    return {
        count: len({row["SOPInstanceUID"] for row in rows}),
        "NumberOfObjects": len(rows),
        "NumberOfIncompleteObjects": sum(bool(row["Incomplete"]) for row in rows),
        "TotalSize": sum(row["Size"] for row in rows),
        "FirstSeen": min(row["LastModified"] for row in rows),
        "LastSeen": max(row["LastModified"] for row in rows),
    }


@dataclass(frozen=True, slots=True)
class Studies:
    """The study and series rows of table DicomMetadata."""

    client: DynamoDBClient
    metadata_table: str

    def refresh(self, study_instance_uid: str) -> None:
        """Recompute the rows of a study and write those that differ, until none does.

        Whoever writes looks again afterwards, so the last of several that do so at once leaves what the objects tell,
        and one that stopped halfway is finished by its retry. Raises TransientError.
        """
        for _ in range(ATTEMPTS):
            rows = self._rows(study_instance_uid)
            objects = [row for row in rows if row["SortKey"].startswith(OBJECT_PREFIX)]
            old = {row["SortKey"]: row for row in rows if not row["SortKey"].startswith(OBJECT_PREFIX)}
            new = {row["SortKey"]: row for row in summarize(objects)}
            if new == old:
                return
            puts = [{"PutRequest": {"Item": to_item(row)}} for key, row in new.items() if row != old.get(key)]
            gone = [{"StudyInstanceUID": study_instance_uid, "SortKey": key} for key in old.keys() - new.keys()]
            self._write(study_instance_uid, [*puts, *({"DeleteRequest": {"Key": to_item(key)}} for key in gone)])
        raise TransientError(f"study {study_instance_uid} kept changing while it was summarized")

    def _rows(self, study_instance_uid: str) -> list[Row]:
        names = {f"#{index}": name for index, name in enumerate(_READ)}
        with translated(f"reading study {study_instance_uid}"):
            pages = self.client.get_paginator("query").paginate(
                TableName=self.metadata_table,
                ConsistentRead=True,
                KeyConditionExpression="StudyInstanceUID = :study",
                ExpressionAttributeValues=to_item({":study": study_instance_uid}),
                ProjectionExpression=", ".join(names),
                ExpressionAttributeNames=names,
            )
            return [from_item(item) for page in pages for item in page["Items"]]

    def _write(self, study_instance_uid: str, requests: list[Any]) -> None:
        """Write in batches. What DynamoDB leaves unprocessed still differs at the next look."""
        with translated(f"writing the summary of study {study_instance_uid}"):
            for at in range(0, len(requests), _BATCH):
                self.client.batch_write_item(RequestItems={self.metadata_table: requests[at : at + _BATCH]})
