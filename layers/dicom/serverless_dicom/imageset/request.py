"""The fields of a request to export image sets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from serverless_dicom.fields import Fields

EXAMPLE = '{"imageSetId": "0aaf9a3b6405bd6d393876806034b1c0"}'
"""The shortest request that there is."""

FORMATS: dict[str, Literal["dicom", "png", "jpg"]] = {"dicom": "dicom", "png": "png", "jpg": "jpg", "jpeg": "jpg"}
MAX_PREFIX = 200
"""Characters of a prefix."""

_ID = re.compile(r"[0-9a-z]{32}")
_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_PREFIX = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*/?")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export: an image set, or a version of it, or a study, and how; `prefix` ends without a slash."""

    image_set_id: str | None
    version_id: str | None
    study_instance_uid: str | None
    all_sets: bool
    format: Literal["dicom", "png", "jpg"]
    keep_compressed: bool
    prefix: str

    @classmethod
    def parse(cls, sent: Any) -> ExportRequest:
        """The request of a JSON object. Raises InvalidRequest, which names each field that is wrong or unknown."""
        fields = Fields.of(sent, EXAMPLE)
        image_set = _matching(fields, "imageSetId", _ID, "the id of an image set: 32 digits and small letters")
        study = _matching(fields, "studyInstanceUid", _UID, "a StudyInstanceUID: numbers joined by dots")
        version = _matching(fields, "versionId", re.compile(r"[0-9]{1,9}"), "the number of a version, as a text")
        if not fields.problems and bool(image_set) == bool(study):
            fields.problems.append("name imageSetId or studyInstanceUid, one of them")
        if version and not image_set:
            fields.problems.append("versionId is of an image set: name imageSetId")
        form = FORMATS[fields.choice("format", FORMATS, "dicom")]
        keep = fields.truth("keepCompressed", default=False)
        if keep and form != "dicom":
            fields.problems.append("keepCompressed is of format dicom: pictures are decoded")
        prefix = _matching(
            fields, "prefix", _PREFIX, "a folder such as knee/2024: letters, digits and ._=-", MAX_PREFIX
        )
        request = cls(
            image_set_id=image_set,
            version_id=version,
            study_instance_uid=study,
            all_sets=fields.truth("allSets", default=False),
            format=form,
            keep_compressed=keep,
            prefix=(prefix or f"{image_set or study}/{'compressed' if keep else form}").rstrip("/"),
        )
        fields.finish()
        return request


def _matching(fields: Fields, name: str, form: re.Pattern[str], what: str, longest: int = 64) -> str | None:
    """A text that may be left out, but has to be of a form."""
    value = fields.optional_text(name, what, longest)
    if value is not None and not form.fullmatch(value):
        fields.problems.append(f"{name} must be {what}")
        return None
    return value
