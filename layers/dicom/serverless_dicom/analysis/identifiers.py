"""The values of a header that tell who somebody is: names, numbers, dates, places (PS3.15 table E.1-1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from serverless_dicom.analysis.folding import folded
from serverless_dicom.header.model import JsonModel, Model
from serverless_dicom.header.parse import as_rejection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_dicom.header.parse import Parsed

Kind = Literal["name", "number", "date", "place"]

IDENTIFYING: dict[str, Kind] = {
    **dict.fromkeys(("PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName"), "name"),
    **dict.fromkeys(("ResponsiblePerson", "ReferringPhysicianName", "RequestingPhysician", "OperatorsName"), "name"),
    **dict.fromkeys(("PerformingPhysicianName", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy"), "name"),
    **dict.fromkeys(("PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "AdmissionID"), "number"),
    **dict.fromkeys(("PatientTelephoneNumbers", "RequestedProcedureID", "PerformedProcedureStepID"), "number"),
    **dict.fromkeys(("PatientBirthDate", "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), "date"),
    **dict.fromkeys(("AcquisitionDateTime", "InstanceCreationDate", "PerformedProcedureStepStartDate"), "date"),
    **dict.fromkeys(("InstitutionName", "InstitutionAddress", "PatientAddress"), "place"),
}
"""By keyword."""

MAX_VALUES, MAX_TEXT = 16, 256
"""Values of one element, and characters of one value, that are compared."""

_TAGS = {keyword: int(tag_for_keyword(keyword) or 0) for keyword in IDENTIFYING}
_OTHER_IDS, _PATIENT_ID = 0x00101002, 0x00100020
_IDENTITY_REMOVED, _BURNED_IN = 0x00120062, 0x00280301
_NEEDED = tuple(map(BaseTag, (0x00080005, _OTHER_IDS, _IDENTITY_REMOVED, _BURNED_IN, *_TAGS.values())))

_NOBODY = re.compile(
    r"(anon(ymous|ymi[sz]ed|ymi[sz]e)?|de-?identified|removed|deleted|unknown|none|null|n/?a|not ?known|no ?name|x+|0+)"
    r"(?:[\s^_-]*(?:patient|name|id|\d))*"
)
_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")


@dataclass(frozen=True, slots=True)
class Identifier:
    """One value: what `keyword` says of somebody, as it stands in the header."""

    keyword: str
    kind: Kind
    text: str

    @property
    def day(self) -> date | None:
        """The date that it is, if it is one."""
        found = _DATE.match(self.text)
        try:
            return date(*map(int, found.groups())) if found else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a header says of persons; and whether it says that they are removed from it, or drawn into its pixels.

    PatientIdentityRemoved (PS3.3 C.7.1.1) and BurnedInAnnotation (PS3.3 C.7.6.1.1) are YES, NO or empty.
    """

    identifiers: tuple[Identifier, ...]
    identity_removed: str = ""
    burned_in_annotation: str = ""


def identity_of(parsed: Parsed) -> Identity:
    """The identifying values of a header, without those that stand for nobody. Raises a RejectedObject."""
    dataset = parsed.dataset
    chosen = Dataset({tag: dataset.get_item(tag, keep_deferred=True) for tag in _NEEDED if tag in dataset})
    with as_rejection():
        model = JsonModel(lambda *_: "").convert(chosen)
    found = dict.fromkeys(_identifiers(model))
    return Identity(tuple(found), _code(model, _IDENTITY_REMOVED), _code(model, _BURNED_IN))


def _identifiers(model: Model) -> Iterator[Identifier]:
    for keyword, kind in IDENTIFYING.items():
        for text in _texts(model.get(f"{_TAGS[keyword]:08X}", {})):
            yield Identifier(keyword, kind, text)
    others = model.get(f"{_OTHER_IDS:08X}", {})
    for item in others.get("Value", [])[:MAX_VALUES] if others.get("vr") == "SQ" else []:
        for text in _texts(item.get(f"{_PATIENT_ID:08X}", {})):
            yield Identifier("OtherPatientIDs", "number", text)


def _texts(element: dict[str, Any]) -> Iterator[str]:
    if element.get("vr") == "SQ":
        return
    for value in element.get("Value", [])[:MAX_VALUES]:
        for text in value.values() if isinstance(value, dict) else (value,):
            if text and not _NOBODY.fullmatch(folded(str(text)[:MAX_TEXT]).strip(" ^")):
                yield str(text)[:MAX_TEXT]


def _code(model: Model, tag: int) -> str:
    return next((text.upper() for text in _texts(model.get(f"{tag:08X}", {}))), "")
