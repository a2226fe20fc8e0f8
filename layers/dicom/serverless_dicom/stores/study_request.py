"""The fields of a search for studies, or for the objects of one."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.fields import Fields
from serverless_dicom.stores.dates import study_dates
from serverless_dicom.stores.rows import UID
from serverless_dicom.stores.search import Criteria, StudyDates

if TYPE_CHECKING:
    from datetime import date

EXAMPLE = '{"studyDate": "20240101-", "modality": "CT"}'
LEVELS = ("study", "object")
DEFAULT_LIMIT, MAX_LIMIT = 25, 100
"""Rows of an answer."""

MAX_TEXT = 1024
"""Characters of a criterion."""

_POSITION = {"study": re.compile(UID), "object": re.compile(rf"{UID}#{UID}#[0-9a-f]{{32}}")}


@dataclass(frozen=True, slots=True)
class StudiesRequest:
    """What is searched for at which level, and how many rows of it after which one (as a page tells it)."""

    criteria: Criteria
    level: str
    limit: int
    after: str | None

    @classmethod
    def parse(cls, sent: Any, today: date) -> StudiesRequest:
        """The request of a JSON object. Raises InvalidRequest, which names each field that is wrong, and no value."""
        fields = Fields.of(sent, EXAMPLE)
        modality = _text(fields, "modality", "a modality such as CT")
        criteria = Criteria(
            patient_id=_text(fields, "patientId", "a PatientID"),
            patient_name=_text(fields, "patientName", "how a name begins, or a pattern with * and ?"),
            study_dates=_dates(fields, today),
            accession_number=_text(fields, "accessionNumber", "an AccessionNumber"),
            modality=modality.upper() if modality else None,
            study_instance_uid=_uid(fields),
        )
        level = fields.choice("level", LEVELS, "study")
        if level == "object" and fields.sent.get("studyInstanceUid") is None:
            fields.problems.append("studyInstanceUid must say of which study, where level is object")
        limit = fields.whole("limit", 1, MAX_LIMIT) or DEFAULT_LIMIT
        request = cls(criteria, level, limit, _after(fields, level))
        fields.finish()
        return request


def next_token(after: str | None) -> str | None:
    """What an answer calls the page after a row: text for URLs and forms, which holds UIDs and a digest at most."""
    return base64.urlsafe_b64encode(after.encode()).decode().rstrip("=") if after else None


def _after(fields: Fields, level: str) -> str | None:
    value = fields.take("next")
    if value is None:
        return None
    try:
        after = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode("ascii")
        if _POSITION[level].fullmatch(after) and next_token(after) == value:
            return after
    except (TypeError, ValueError, binascii.Error):
        pass
    fields.problems.append("next must be what an earlier answer to the same search had there, unchanged")
    return None


def _text(fields: Fields, name: str, what: str) -> str | None:
    found = fields.optional_text(name, f"{what}, of 1 to {MAX_TEXT} characters", MAX_TEXT)
    return found.strip() if found else None


def _dates(fields: Fields, today: date) -> StudyDates | None:
    text = _text(fields, "studyDate", "a day or a span of days such as 20240101-20240131")
    try:
        return study_dates(text, today) if text else None
    except InvalidRequest as error:
        fields.problems.append(f"studyDate: {error}")
        return None


def _uid(fields: Fields) -> str | None:
    text = _text(fields, "studyInstanceUid", "a UID")
    if text and not re.fullmatch(UID, text):
        fields.problems.append("studyInstanceUid must be a UID: 1 to 64 digits and dots")
    return text
