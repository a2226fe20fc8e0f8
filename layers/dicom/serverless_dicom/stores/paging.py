"""A page of what a search finds, and the row after which the next one begins.

A page is known by its last row: the index goes on from there, and what came before is not read again. Where the rows
of an index are not in the order that is shown, those of one patient or of one series are read and sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.stores.numbers import without_decimals
from serverless_dicom.stores.rows import OBJECT_PREFIX, SERIES_PREFIX, Row

if TYPE_CHECKING:
    from serverless_dicom.stores.search import Criteria, Search

MAX_LOOKED_AT = 20_000
"""Studies that are looked at for one page: a rare name may be found on a later one, and not all at once."""

_OF_INDEXES = frozenset({"SortKey", "RowType", "PatientIDKey", "AccessionNumberKey", "StudyYear", "StudyDateKey"})

_OF_SERIES = ("SortKey", "SeriesInstanceUID", "SeriesNumber", "Modality")
_ALWAYS = (
    *("SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "InstanceNumber"),
    *("Size", "TransferSyntaxUID", "SOPClassUID"),
)
_WHERE_THERE = ("Rows", "Columns", "NumberOfFrames")
_OF_OBJECTS = (*_ALWAYS, *_WHERE_THERE, "SortKey", "S3Uri", "Bucket", "Key", "PatientIDKey", "AccessionNumberKey")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and what the next page comes after; None where there is none."""

    rows: list[Row]
    after: str | None


def study_page(
    search: Search, criteria: Criteria, limit: int, after: str | None = None, most: int = MAX_LOOKED_AT
) -> Page:
    """The rows of up to so many studies, from the study `after` on.

    It may hold fewer, and even none, with more to come: no more than `most` are looked at. Raises InvalidRequest where
    the study `after` is gone or of another search, and TransientError.
    """
    begin = _beginning(search, criteria, after) if after else None
    rows: list[Row] = []
    candidates = search.candidates(criteria, search.series_by_study(criteria), begin)
    for number, row in enumerate(candidates):
        is_accepted = criteria.accept_study(row)
        if number == most or (is_accepted and len(rows) == limit):
            return Page(rows, after)
        if is_accepted:
            rows.append(row)
        after = row["StudyInstanceUID"]
    return Page(rows, None)


def object_page(search: Search, criteria: Criteria, limit: int, after: str | None = None) -> Page:
    """The rows of up to so many objects of one study, by SeriesNumber and InstanceNumber, from the object `after` on.

    Raises InvalidRequest where that one is gone, and TransientError.
    """
    rows: list[Row] = []
    for series in _series(search, criteria, after):
        prefix = f"{OBJECT_PREFIX}{series['SeriesInstanceUID']}#"
        found = search.parts(series["StudyInstanceUID"], prefix, _OF_OBJECTS)
        objects = sorted(filter(criteria.accept_part, found), key=lambda row: _order(row, "InstanceNumber", "SortKey"))
        if after and after.startswith(prefix.removeprefix(OBJECT_PREFIX)) and not rows:
            keys = [row["SortKey"] for row in objects]
            if f"{OBJECT_PREFIX}{after}" not in keys:
                raise InvalidRequest(_GONE)
            objects = objects[keys.index(f"{OBJECT_PREFIX}{after}") + 1 :]
        for row in objects:
            if len(rows) == limit:
                return Page(rows, after)
            rows.append(row)
            after = row["SortKey"].removeprefix(OBJECT_PREFIX)
    return Page(rows, None)


def study_as_json(row: Row) -> dict[str, Any]:
    """What is told of a study: its attributes, without those that repeat others for an index."""
    return {name: without_decimals(value) for name, value in sorted(row.items()) if name not in _OF_INDEXES}


def object_as_json(row: Row) -> dict[str, Any]:
    """What is told of an object, and where it lies."""
    told = {name: row.get(name) for name in _ALWAYS} | {name: row[name] for name in _WHERE_THERE if name in row}
    return {**without_decimals(told), "s3Uri": row["S3Uri"]}


_GONE = "next is of no use any more, for the row that it came after is gone or of another search: search anew"


def _beginning(search: Search, criteria: Criteria, after: str) -> Row:
    row = search.study(after)
    dates = criteria.study_dates
    if row is None or (dates and not dates.first <= row["StudyDateKey"] <= dates.last):
        raise InvalidRequest(_GONE)
    return row


def _series(search: Search, criteria: Criteria, after: str | None) -> list[Row]:
    """The series of the study that are meant, by SeriesNumber, from that of the object `after` on."""
    found = search.series_by_study(criteria)
    series: list[Row] = []
    for study in filter(criteria.accept_study, search.candidates(criteria, found)):
        uid = study["StudyInstanceUID"]
        series += (
            row | {"StudyInstanceUID": uid}
            for row in search.parts(uid, SERIES_PREFIX, _OF_SERIES)
            if criteria.accept_part(row) and (found is None or row["SeriesInstanceUID"] in found[uid])
        )
    series.sort(key=lambda row: _order(row, "SeriesNumber", "SeriesInstanceUID"))
    if not after:
        return series
    uids = [row["SeriesInstanceUID"] for row in series]
    if (last := after.partition("#")[0]) not in uids:
        raise InvalidRequest(_GONE)
    return series[uids.index(last) :]


def _order(row: Row, number: str, name: str) -> tuple[bool, Decimal | int, str]:
    """By a number, with those last that have none: an IS that is invalid stays text."""
    value = row.get(number)
    return (False, value, row[name]) if isinstance(value, Decimal | int) else (True, 0, row[name])
