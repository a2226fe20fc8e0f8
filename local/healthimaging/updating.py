"""What UpdateImageSetMetadata does to a metadata document, and which updates the guide's constraints forbid.

Nothing of it knows of image sets: a document comes in, a changed one goes out, or a Rejected says why not.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword

from local.healthimaging import documents
from local.healthimaging.faults import invalid
from local.healthimaging.instances import plain
from local.healthimaging.levels import PATIENT, SERIES, STUDY
from local.healthimaging.values import BINARY, NUMBERS, TEXT

Json = dict[str, Any]

LEVELS = {"Patient": PATIENT, "Study": STUDY, "Series": SERIES}
GENERATED = frozenset(
    {"PixelData", "Checksum", "Width", "Height", "MinPixelValue", "MaxPixelValue", "FrameSizeInBytes"}
)
UIDS = frozenset({"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"})
NEEDS_FORCE = UIDS | {"StudyID"}
PRIVATE = re.compile(r"[0-9A-Fa-f]{8}")
ONE = {"1"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides which constraints hold."""

    force: bool = False
    is_primary: bool = False
    whole_study: bool = False
    """Whether all image sets of the study are changed alike."""


class Target(NamedTuple):
    """One level of a document that is told of."""

    where: str
    """Patient, Study, Series or Instance."""
    own: Json
    attributes: Json
    vrs: Json


class Rejected(Exception):
    """A change that cannot be made; the text is for GetImageSet's message."""

    def __init__(self, why: str) -> None:
        """Say why."""
        super().__init__(f"INVALID_REQUEST: {why}")


def parsed(blob: bytes | str, name: str) -> Json:
    """Return the document of updates, or of copies, in a request.

    Raises:
        Fault: ValidationException: it is not JSON, or not of schema version 1.1.

    """
    try:
        document = json.loads(blob)
    except (ValueError, RecursionError) as error:
        raise invalid(f"{name} is not JSON") from error
    if not isinstance(document, dict) or str(document.get("SchemaVersion")) != documents.SCHEMA_VERSION:
        raise invalid(f"{name} is not of SchemaVersion {documents.SCHEMA_VERSION}")
    if unknown := set(document) - {"SchemaVersion", "Patient", "Study"}:
        raise invalid(f"{name} has more than Patient and Study: {', '.join(sorted(unknown))}")
    objects = [document, *(document.get(part, {}) for part in ("Patient", "Study"))]
    study = document.get("Study")
    if isinstance(study, dict):
        objects += [study.get("DICOM", {}), study.get("Series", {}), *_values(study.get("Series"))]
        for series in _values(study.get("Series")):
            instances = series.get("Instances") if isinstance(series, dict) else None
            objects += [instances if instances is not None else {}, *_values(instances)]
    if not all(isinstance(each, dict) for each in objects):
        raise invalid(f"{name} is not nested as metadata is")
    return document


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def updated(document: Json, updates: Json, rules: Rules) -> Json:
    """Return the document with attributes inserted or replaced.

    Raises:
        Rejected: a constraint forbids it.

    """
    changed = copy.deepcopy(document)
    for target in _targets(changed, updates):
        _check(target, rules)
        target.own["DICOM"].update(target.attributes)
        if target.vrs:
            target.own["DICOMVRs"].update(target.vrs)
    _rekey(changed)
    return changed


def removed(document: Json, removals: Json, rules: Rules) -> Json:
    """Return the document without attributes, whose values have to be told, and without instances.

    Raises:
        Rejected: a constraint forbids it, or it would leave no instance.

    """
    changed = copy.deepcopy(document)
    instances = documents.series_of(changed)["Instances"]
    for uid in _emptied(changed, removals):
        del instances[uid]
    if not instances:
        raise Rejected("An image set cannot be left without instances")
    for target in _targets(changed, removals):
        _check(target, rules)
        for keyword, value in target.attributes.items():
            if keyword in UIDS:
                raise Rejected(f"{keyword} cannot be removed")
            if target.own["DICOM"].get(keyword, ...) != value:
                raise Rejected(f"{keyword} with this value does not exist at the {target.where} level")
            del target.own["DICOM"][keyword]
            target.own.get("DICOMVRs", {}).pop(keyword, None)
    return changed


def _targets(document: Json, told: Json) -> list[Target]:
    """Return each level that is told of; an instance that is told without attributes is one to remove."""
    found = [
        Target(level, document[level], told[level].get("DICOM", {}), {})
        for level in ("Patient", "Study")
        if level in told
    ]
    for uid, series in told.get("Study", {}).get("Series", {}).items():
        own = document["Study"]["Series"].get(uid)
        if own is None:
            raise Rejected("The series does not exist in the image set")
        found.append(Target("Series", own, series.get("DICOM", {}), {}))
        for sop, instance in series.get("Instances", {}).items():
            if instance and sop not in own["Instances"]:
                raise Rejected("The instance does not exist in the image set")
            if instance:
                attributes, vrs = instance.get("DICOM", {}), instance.get("DICOMVRs", {})
                found.append(Target("Instance", own["Instances"][sop], attributes, vrs))
    return found


def _emptied(document: Json, removals: Json) -> list[str]:
    """Return the SOP instance UIDs that are told without attributes, or all of a series that is."""
    found = []
    for uid, series in removals.get("Study", {}).get("Series", {}).items():
        own = document["Study"]["Series"].get(uid)
        if own is None:
            raise Rejected("The series does not exist in the image set")
        named = series.get("Instances", {})
        gone = list(own["Instances"]) if not series else [sop for sop, instance in named.items() if not instance]
        if set(gone) - set(own["Instances"]):
            raise Rejected("The instance does not exist in the image set")
        found += gone
    return found


def _check(target: Target, rules: Rules) -> None:
    """Refuse attributes that the constraints forbid, where they are told."""
    is_alone = rules.is_primary and not rules.whole_study
    if target.attributes and (rules.is_primary if target.where == "Series" else is_alone and target.where == "Patient"):
        raise Rejected(f"{target.where} level elements of a primary image set cannot be updated")
    for keyword, value in target.attributes.items():
        if keyword in GENERATED:
            raise Rejected(f"{keyword} is generated by HealthImaging")
        if keyword in UIDS and rules.is_primary:
            raise Rejected(f"{keyword} of a primary image set cannot be updated")
        if PRIVATE.fullmatch(keyword):
            _check_private(target, rules)
        else:
            _check_public(target.where, keyword)
            if not rules.force:
                _check_unforced(keyword, value, target.vrs)


def _check_private(target: Target, rules: Rules) -> None:
    if target.where != "Instance":
        raise Rejected("Private elements exist at the instance level only")
    if not rules.force:
        raise Rejected("Private elements need the force parameter")


def _check_public(where: str, keyword: str) -> None:
    own = next((level for level, keywords in LEVELS.items() if keyword in keywords), "Instance")
    if own != where:
        raise Rejected(f"{keyword} belongs to the {own} level")


def _check_unforced(keyword: str, value: Any, vrs: Json) -> None:
    """Refuse what only the force parameter lets pass."""
    if keyword in NEEDS_FORCE:
        raise Rejected(f"{keyword} needs the force parameter")
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise Rejected("An attribute is not of the DICOM standard")
    if dictionary_VM(tag) not in ONE:
        raise Rejected(f"{keyword} may have several values and needs the force parameter")
    if vrs.get(keyword) or not _fits(value, dictionary_VR(tag)):
        raise Rejected(f"The value of {keyword} is not of VR {dictionary_VR(tag)}")


def _fits(value: Any, vr: str) -> bool:
    """Say whether a value of JSON may stand for one of the VR; null may for each but a sequence."""
    kinds = set(vr.split(" or "))
    if "SQ" in kinds:
        return False
    if value is None:
        return True
    if kinds & (TEXT | BINARY):
        return isinstance(value, str)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (isinstance(value, float) and bool(kinds & {"FL", "FD"})) if kinds & set(NUMBERS) else True


def _rekey(document: Json) -> None:
    """Let series and instances stand under the UIDs that they have now."""
    series = documents.series_of(document)
    document["Study"]["Series"] = {plain(series["DICOM"]["SeriesInstanceUID"]): series}
    named = {plain(each["DICOM"]["SOPInstanceUID"]): each for each in series["Instances"].values()}
    if len(named) != len(series["Instances"]):
        raise Rejected("Two instances would have the same SOPInstanceUID")
    series["Instances"] = named
