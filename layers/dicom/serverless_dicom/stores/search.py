"""Searches of table DicomMetadata, each by the index that answers it with the fewest reads."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from serverless_dicom.errors import TransientError
from serverless_dicom.faults import translated
from serverless_dicom.stores.ledger import from_item, to_item
from serverless_dicom.stores.rows import OBJECT_PREFIX, SERIES_PREFIX, STUDY, Row, search_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

Level: TypeAlias = Literal["study", "series", "object"]

NAME_GROUPS = ("PatientNameAlphabetic", "PatientNameIdeographic", "PatientNamePhonetic")

_OF_ROWS = (
    *NAME_GROUPS,
    *("SortKey", "RowType", "S3Uri", "Bucket", "Key", "VersionId", "ETag", "Size", "LastModified", "Incomplete"),
    *("HeaderKey", "NumberOfSeriesRelatedInstances", "NumberOfObjects", "NumberOfIncompleteObjects", "TotalSize"),
    *("FirstSeen", "LastSeen", "PatientIDKey", "AccessionNumberKey"),
)
"""What is read of a series or an object beside its record: all but the compressed header, which is most of its row."""

_BATCH = 100
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class StudyDates:
    """The days from `first` to `last`, both included, each as 8 digits (PS3.5 6.2, DA)."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is searched for; None asks nothing.

    `patient_id`, `accession_number` and `study_instance_uid` are compared as they stand, `modality` is one value of CS.
    `patient_name` is the beginning of a component group, or with `*` and `?` all of it (PS3.4 C.2.2.2.4), whatever the
    case and width of its letters; a space stands for the `^` between components as well.
    """

    patient_id: str | None = None
    patient_name: str | None = None
    study_dates: StudyDates | None = None
    accession_number: str | None = None
    modality: str | None = None
    study_instance_uid: str | None = None

    def accept_study(self, row: Row) -> bool:
        """Whether a study's row meets what only the row can tell."""
        return (
            (self.study_instance_uid is None or row["StudyInstanceUID"] == self.study_instance_uid)
            and (self.study_dates is None or self.study_dates.first <= row["StudyDateKey"] <= self.study_dates.last)
            and (self.modality is None or self.modality in row["ModalitiesInStudy"])
            and (self.patient_name is None or any(self._names(row)))
        )

    def _names(self, row: Row) -> Iterator[bool]:
        pattern = _plain(self.patient_name or "")
        is_pattern = "*" in pattern or "?" in pattern
        matches = _wildcards(pattern.strip()).fullmatch if is_pattern else re.compile(re.escape(pattern)).match
        for group in NAME_GROUPS:
            if name := row.get(group):
                text = _plain(str(name)).strip()
                yield bool(matches(text) or matches(f"{text} "))  # "doe^" asks for the whole family name

    def accept_part(self, row: Row) -> bool:
        """Whether the row of a series or an object of an accepted study is meant too."""
        keys = {"PatientIDKey": self.patient_id, "AccessionNumberKey": self.accession_number}
        return (self.modality is None or row.get("Modality") == self.modality) and (
            row["SortKey"].startswith(SERIES_PREFIX)
            or all(row.get(name) == search_key(value) for name, value in keys.items() if value is not None)
        )


def _wildcards(pattern: str) -> re.Pattern[str]:
    """A pattern with `*` and `?`.

    What lies between two stars is taken where it comes first, once and for all: of a hundred stars, none is tried at
    every other place again.
    """
    first, *others = (re.escape(part).replace(r"\?", ".") for part in re.split(r"\*+", pattern))
    between = "".join(f"(?>.*?{part})" for part in others[:-1])
    return re.compile(f"{first}{between}" + (f".*{others[-1]}" if others else ""))


def _plain(name: str) -> str:
    """A name without the differences that nobody types: case, width, accents' encoding, what parts its components."""
    return re.sub(r"[\s^,]+", " ", unicodedata.normalize("NFKC", name)).casefold()


@dataclass(frozen=True, slots=True)
class Search:
    """Table DicomMetadata, read only. Indexes follow the table within about a second."""

    client: DynamoDBClient
    metadata_table: str
    first_wait: float = 0.05
    """Seconds until rows that DynamoDB left unread are asked for again; it doubles each time."""

    def rows(self, criteria: Criteria, level: Level = "study") -> Iterator[Row]:
        """The rows of the studies that meet all criteria, or of what is in them; raises TransientError.

        A study meets a PatientID or an AccessionNumber if any of its objects has it, even if most have another. Of
        series and objects those come that have to do with it, in the order of their sort keys.
        """
        found = self.series_by_study(criteria)
        for row in self.candidates(criteria, found):
            study = row["StudyInstanceUID"]
            if not criteria.accept_study(row):
                continue
            if level == "study":
                yield row
                continue
            prefix = SERIES_PREFIX if level == "series" else OBJECT_PREFIX
            yield from (
                part
                for part in self.parts(study, prefix)
                if criteria.accept_part(part) and (found is None or part.get("SeriesInstanceUID") in found[study])
            )

    def candidates(
        self, criteria: Criteria, found: dict[str, set[str]] | None, after: Row | None = None
    ) -> Iterator[Row]:
        """The rows of all studies that may meet the criteria and are of the studies `found`; those after one of them.

        A span of dates is one query a year: cheap for the few years that are mostly asked for, and even a century costs
        less than the scan of a large table, which is the last resort.
        """
        if criteria.study_instance_uid is not None:
            studies = {criteria.study_instance_uid}
            return self._get(studies if found is None else studies & found.keys(), after)
        if found is not None:
            return self._get(found, after)
        if criteria.study_dates is not None:
            return self._dated(criteria.study_dates, after)
        return self._pages("scan", "reading all studies", IndexName="ByStudyDate", **_from(after))

    def study(self, study: str) -> Row | None:
        """A study's own row."""
        return next(self._get({study}), None)

    def series_by_study(self, criteria: Criteria) -> dict[str, set[str]] | None:
        """The studies, and series in them, with objects of the PatientID and the AccessionNumber; None: not asked."""
        asked = {
            "PatientIDKey": ("ByPatient", criteria.patient_id),
            "AccessionNumberKey": ("ByAccessionNumber", criteria.accession_number),
        }
        entries = [self._entries(index, name, value) for name, (index, value) in asked.items() if value is not None]
        if not entries:
            return None
        studies = set.intersection(*map(set, entries))
        return {study: set.intersection(*(series[study] for series in entries)) for study in studies}

    def _entries(self, index: str, attribute: str, value: str) -> dict[str, set[str]]:
        """What an index with the keys of studies and objects holds for one value."""
        found: dict[str, set[str]] = {}
        for row in self._pages(
            "query",
            f"searching {index}",
            IndexName=index,
            KeyConditionExpression=f"{attribute} = :value",
            ExpressionAttributeValues=to_item({":value": search_key(value) or " "}),
        ):
            series = found.setdefault(row["StudyInstanceUID"], set())
            if row["SortKey"].startswith(OBJECT_PREFIX):
                series.add(row["SortKey"].split("#")[1])
        return found

    def _dated(self, dates: StudyDates, after: Row | None) -> Iterator[Row]:
        first = after["StudyYear"] if after else dates.first[:4]
        for year in range(int(first), int(dates.last[:4]) + 1):
            yield from self._pages(
                "query",
                "searching ByStudyDate",
                IndexName="ByStudyDate",
                KeyConditionExpression="StudyYear = :year AND StudyDateKey BETWEEN :first AND :last",
                ExpressionAttributeValues=to_item({":year": f"{year:04}", ":first": dates.first, ":last": dates.last}),
                **_from(after if after and year == int(first) else None),
            )

    def parts(self, study: str, prefix: str, attributes: Iterable[str] | None = None) -> Iterator[Row]:
        """The rows of series or objects in a study, with some attributes or with all but the compressed header."""
        if attributes is None:
            from serverless_dicom.header.record import INDEXED  # noqa: PLC0415 - brings pydicom, which few need

            attributes = dict.fromkeys((*INDEXED, *_OF_ROWS))
        names = {f"#{index}": name for index, name in enumerate(attributes)}
        return self._pages(
            "query",
            f"reading study {study}",
            KeyConditionExpression="StudyInstanceUID = :study AND begins_with(SortKey, :prefix)",
            ExpressionAttributeValues=to_item({":study": study, ":prefix": prefix}),
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        )

    def _pages(self, operation: Literal["query", "scan"], what: str, **request: Any) -> Iterator[Row]:
        paginator: Any = self.client.get_paginator(operation)
        pages = iter(paginator.paginate(TableName=self.metadata_table, **request))
        while True:
            with translated(what):
                page = next(pages, None)
            if page is None:
                return
            yield from map(from_item, page["Items"])

    def _get(self, studies: Iterable[str], after: Row | None = None) -> Iterator[Row]:
        """The studies' own rows, those that there are, by their dates; those after one of them."""
        keys = [to_item({"StudyInstanceUID": study, "SortKey": STUDY}) for study in studies]
        rows = [row for at in range(0, len(keys), _BATCH) for row in self._batch(keys[at : at + _BATCH])]
        rows.sort(key=_order)
        yield from (row for row in rows if after is None or _order(row) > _order(after))

    def _batch(self, keys: list[dict[str, Any]]) -> Iterator[Row]:
        """The rows of up to 100 keys; what DynamoDB leaves unprocessed is asked for again, ever more slowly."""
        asked: Any = {self.metadata_table: {"Keys": keys}}
        for attempt in range(_ATTEMPTS):
            with translated("reading studies"):
                answer = self.client.batch_get_item(RequestItems=asked)
            yield from map(from_item, answer["Responses"].get(self.metadata_table, []))
            asked = answer.get("UnprocessedKeys")
            if not asked:
                return
            time.sleep(self.first_wait * 2**attempt)
        raise TransientError(f"reading studies: DynamoDB left rows unread {_ATTEMPTS} times; try again later")


def _order(row: Row) -> tuple[str, str]:
    return row["StudyDateKey"], row["StudyInstanceUID"]


def _from(row: Row | None) -> dict[str, Any]:
    """How index ByStudyDate is told to go on after a row."""
    names = ("StudyYear", "StudyDateKey", "StudyInstanceUID", "SortKey")
    return {"ExclusiveStartKey": to_item({name: row[name] for name in names})} if row else {}
