"""A search for image sets: the fields of a request -> what HealthImaging is asked, and what is told of its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from serverless_dicom.archive.client import MAX_PAGE
from serverless_dicom.errors import ArchiveRefused, InvalidRequest
from serverless_dicom.fields import Fields

if TYPE_CHECKING:
    from serverless_dicom.archive.client import HealthImaging

EXAMPLE = '{"studyDate": "20240101-20240131", "patientId": "4711"}'
DEFAULT_LIMIT = 25
MAX_TEXT, MAX_TOKEN = 512, 8192
"""Characters of a criterion and of a page's token, as HealthImaging takes them."""

MAX_FILTERS = 2
"""What HealthImaging compares at once; the others are compared here."""

MAX_CALLS = 20
"""Pages that are looked at for one answer, where most of what they hold does not fit."""

FORMS = "20240131, 20240101-20240131, 20240101- or -20240131"

_TAGS = {
    "seriesInstanceUid": "DICOMSeriesInstanceUID",
    "studyInstanceUid": "DICOMStudyInstanceUID",
    "accessionNumber": "DICOMAccessionNumber",
    "patientId": "DICOMPatientId",
}
"""Criteria by their fields, those that fewer image sets meet first."""

_KEYWORDS = {
    "DICOMPatientId": "PatientID",
    "DICOMStudyId": "StudyID",
    "DICOMSeriesModality": "Modality",
    "DICOMSeriesBodyPart": "BodyPartExamined",
}
"""HealthImaging's names that are not DICOM's keywords with a prefix."""

_UID = re.compile(r"[0-9.]{1,64}")
_DAY = re.compile(r"\d{8}", re.ASCII)
_EARLIEST, _LATEST = "19000101", "99991231"


class Days(NamedTuple):
    """The days from `first` to `last`, both included, each as 8 digits (PS3.5 6.2, DA)."""

    first: str
    last: str


class Found(NamedTuple):
    """Rows of an answer, and where its next page begins; None where there is none."""

    rows: list[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What image sets have to be like, and how many of them after which place are wanted.

    `criteria` are values by HealthImaging's own names.
    """

    criteria: dict[str, str]
    days: Days | None
    all_sets: bool
    limit: int
    after: str | None

    @classmethod
    def parse(cls, sent: Any) -> SearchRequest:
        """The request of a JSON object. Raises InvalidRequest, which names each field that is wrong, and no value."""
        fields = Fields.of(sent, EXAMPLE)
        criteria = {tag: value for name, tag in _TAGS.items() if (value := _criterion(fields, name))}
        request = cls(
            criteria,
            _days(fields),
            fields.truth("all", default=False),
            fields.whole("limit", 1, MAX_PAGE) or DEFAULT_LIMIT,
            fields.optional_text("next", "what an earlier answer to the same search had there", MAX_TOKEN),
        )
        fields.finish()
        return request

    @property
    def filters(self) -> list[dict[str, Any]]:
        """What HealthImaging compares: as many criteria as it takes."""
        filters = [{"values": [{tag: value}], "operator": "EQUAL"} for tag, value in self.criteria.items()]
        if self.days:
            span = ((self.days.first, "000000"), (self.days.last, "235959.999999"))
            moments = [{"DICOMStudyDate": day, "DICOMStudyTime": time} for day, time in span]
            values = [{"DICOMStudyDateAndTime": moment} for moment in moments]
            filters.append({"values": values, "operator": "BETWEEN"})
        return filters[:MAX_FILTERS]

    def accepts(self, summary: dict[str, Any]) -> bool:
        """Whether an image set is what is searched for, by all that its summary tells."""
        tags = summary.get("DICOMTags", {})
        if not (self.all_sets or summary.get("isPrimary", True)):
            return False
        if self.days and not self.days.first <= str(tags.get("DICOMStudyDate", "")) <= self.days.last:
            return False
        return all(str(tags.get(tag, "")).strip() == value for tag, value in self.criteria.items())


def find(archive: HealthImaging, asked: SearchRequest) -> Found:
    """A page of image sets, newest first.

    It holds fewer rows than asked for, even none, where many had to be looked at; `next` alone tells whether there are
    more. Raises InvalidRequest where `after` is of no use any more, ArchiveBusy and ArchiveRefused.
    """
    rows: list[dict[str, Any]] = []
    token = asked.after
    for _ in range(MAX_CALLS):
        try:
            summaries, after = archive.search_page(asked.filters, limit=asked.limit - len(rows), token=token)
        except ArchiveRefused as error:
            if not (token and token == asked.after):
                raise
            raise InvalidRequest("next is of no use for this search, or no longer: search anew") from error
        rows += [told(summary) for summary in summaries if asked.accepts(summary)]
        token = after if after != token else None  # the same page for ever is no further one
        if token is None or len(rows) == asked.limit:
            break
    return Found(rows, token)


def told(summary: dict[str, Any]) -> dict[str, Any]:
    """What a summary tells, by DICOM's keywords where it is DICOM's; what it does not tell is not there."""
    row = {name: _plain(value) for name, value in summary.items() if name != "DICOMTags"}
    tags = summary.get("DICOMTags", {})
    return row | {_KEYWORDS.get(name, name.removeprefix("DICOM")): value for name, value in tags.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _criterion(fields: Fields, name: str) -> str | None:
    of_uid = name.endswith("Uid")
    what = "a UID" if of_uid else f"{'a PatientID' if name == 'patientId' else 'an AccessionNumber'}"
    text = fields.optional_text(name, f"{what}, of 1 to {MAX_TEXT} characters", MAX_TEXT)
    if text and of_uid and not _UID.fullmatch(text.strip()):
        fields.problems.append(f"{name} must be a UID: 1 to 64 digits and dots")
    return text.strip() if text else None


def _days(fields: Fields) -> Days | None:
    text = fields.optional_text("studyDate", f"a day or a span of days: {FORMS}", MAX_TEXT)
    if not text:
        return None
    first, dash, last = (part.strip() for part in text.partition("-"))
    span = Days(first or _EARLIEST, last or (_LATEST if dash else first))
    if not (first or last) or not all(map(_is_day, span)) or span.first > span.last:
        fields.problems.append(f"studyDate must be days of the calendar, the earlier one first: {FORMS}")
        return None
    return span


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return bool(_DAY.fullmatch(text))
