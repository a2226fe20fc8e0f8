"""One DICOM P10 file as an instance of an image set: its elements by level, its frames, or why it is not imported."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pydicom
from pydicom.errors import InvalidDicomError

from local.healthimaging.frames import HTJ2K_RPCL, Stored, store
from local.healthimaging.levels import GROUPING, LONGEST, PATIENT, SERIES, STUDY
from local.healthimaging.values import Context, members
from local.healthimaging.warnings import Warned

Json = dict[str, Any]

REQUIRED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
ASCII = ["iso8859"]


class Refused(Exception):
    """A file that is not imported: the kind of the exception in failure.ndjson, and a sentence without its values."""

    def __init__(self, message: str, kind: str = "ValidationException") -> None:
        """Make a refusal."""
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Instance:
    """What is kept of a file, its frames apart."""

    grouping: tuple[str, ...]
    """The values of GROUPING, without padding."""
    levels: dict[str, Json]
    """The normalised elements of `Patient`, `Study` and `Series`."""
    sop_instance_uid: str
    document: bytes
    """JSON: what stands in metadata under the SOP instance UID."""
    syntax: str | None
    """What its frames are stored in."""
    frames: list[tuple[str, int]]
    """The id and the length in bytes of each frame, in order."""
    warnings: list[Warned] = field(default_factory=list)


def read_instance(data: bytes, lossless: str = HTJ2K_RPCL, *, levels: bool = True) -> tuple[Instance, bytes]:
    """Return the instance in a P10 file, and its stored frames one after the other.

    Raises:
        Refused: it is no such file, or breaks a constraint of the service.

    """
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        vrs: dict[str, str] = {}
        context = Context(ASCII, False, vrs)
        told = members(dataset.file_meta, context) | members(dataset, context)
    except InvalidDicomError as error:
        raise Refused("The file is not a DICOM P10 file: DICM is missing after the preamble") from error
    except Exception as error:
        raise Refused(f"The file cannot be parsed as DICOM ({type(error).__name__})") from error
    _check(told, has_elements=bool(dataset))
    stored = store(dataset, told["TransferSyntaxUID"], lossless, levels=levels)
    return _instance(told, vrs, stored), b"".join(frame.data for frame in stored.frames)


def _check(told: Json, *, has_elements: bool) -> None:
    if not told.get("TransferSyntaxUID"):
        raise Refused("DICOM attribute TransferSyntaxUID does not exist in the file meta information")
    if not has_elements:  # what pydicom makes of a file that ends in the midst of an element
        raise Refused("The file ends before its data set does")
    for keyword in REQUIRED:
        if not isinstance(told.get(keyword), str) or not told[keyword]:
            raise Refused(f"DICOM attribute {keyword} does not exist")
    for keyword, most in LONGEST.items():
        if len(plain(told.get(keyword))) > most:
            raise Refused(f"DICOM attribute {keyword} exceeds the max length of {most}")
    for keyword in REQUIRED[1:]:
        if not set(told[keyword]) <= set("0123456789."):
            raise Refused(f"DICOM attribute {keyword} is not a UID")


def plain(value: Any) -> str:
    """Return a value of metadata as text for comparing and searching: without padding, the first of several."""
    first = value[0] if isinstance(value, list) and value else value
    return "" if first is None or isinstance(first, list | dict) else str(first).strip(" \0")


def _instance(told: Json, vrs: dict[str, str], stored: Stored) -> Instance:
    levels: dict[str, Json] = {"Patient": {}, "Study": {}, "Series": {}}
    own: Json = {}
    for keyword, value in told.items():
        if keyword in PATIENT:
            levels["Patient"][keyword] = value
        elif keyword in STUDY:
            levels["Study"][keyword] = value
        elif keyword in SERIES:
            levels["Series"][keyword] = value
        else:
            own[keyword] = value
    document = {
        "DICOM": own,
        "DICOMVRs": vrs,
        "StoredTransferSyntaxUID": stored.syntax,
        "ImageFrames": [frame.described for frame in stored.frames],
    }
    return Instance(
        tuple(plain(told.get(keyword)) for keyword in GROUPING),
        levels,
        told["SOPInstanceUID"],
        json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace"),
        stored.syntax,
        [(frame.id, len(frame.data)) for frame in stored.frames],
        stored.warnings,
    )
