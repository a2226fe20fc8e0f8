"""What somebody writes for days of studies -> a span of days."""

from __future__ import annotations

import re
from datetime import date

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.stores.search import StudyDates

EARLIEST_YEAR = 1900
"""Where a span without a beginning begins; one without an end ends next year, for clocks and time zones differ."""

FORMS = "20240131, 20240101-20240131, 20240101- or -20240131"

_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DASHED = re.compile(r"\d{4}[-/.]\d{2}[-/.]\d{2}", re.ASCII)


def study_dates(text: str, today: date) -> StudyDates:
    """Read a span of days in DICOM's form (PS3.4 C.2.2.2.5.1). Raises InvalidRequest, which repeats nothing of it."""
    first, dash, last = text.strip().partition("-")
    if _DASHED.search(text):
        raise InvalidRequest(f"write days without dashes, slashes and dots: {FORMS}")
    if not (first or last):
        raise InvalidRequest(f"neither a first nor a last day is given; write {FORMS}")
    span = StudyDates(
        _day(first) if first else f"{EARLIEST_YEAR}0101",
        _day(last) if last else f"{today.year + 1}1231" if dash else _day(first),
    )
    if span.first > span.last:
        raise InvalidRequest("the first day is after the last; the earlier one comes first")
    return span


def _day(text: str) -> str:
    try:
        found = _DAY.fullmatch(text)
        year, month, day = map(int, found.groups() if found else (0, 0, 0))
        date(year, month, day)
    except ValueError:
        raise InvalidRequest(f"no day of the calendar; write {FORMS}") from None
    return text
