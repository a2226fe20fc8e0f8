"""The metadata document of an image set (schema version 1.1), and what search tells of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from typing import Any

from local.healthimaging.instances import Instance, plain

SCHEMA_VERSION = "1.1"
COMPRESSION = 1
FRAMES = "ImageFrames"

Json = dict[str, Any]

TAGS = {
    "DICOMPatientId": ("Patient", "PatientID"),
    "DICOMPatientName": ("Patient", "PatientName"),
    "DICOMPatientBirthDate": ("Patient", "PatientBirthDate"),
    "DICOMPatientSex": ("Patient", "PatientSex"),
    "DICOMStudyInstanceUID": ("Study", "StudyInstanceUID"),
    "DICOMStudyId": ("Study", "StudyID"),
    "DICOMStudyDescription": ("Study", "StudyDescription"),
    "DICOMAccessionNumber": ("Study", "AccessionNumber"),
    "DICOMSeriesInstanceUID": ("Series", "SeriesInstanceUID"),
    "DICOMSeriesModality": ("Series", "Modality"),
    "DICOMSeriesBodyPart": ("Series", "BodyPartExamined"),
    "DICOMSeriesNumber": ("Series", "SeriesNumber"),
    "DICOMStudyDate": ("Study", "StudyDate"),
    "DICOMStudyTime": ("Study", "StudyTime"),
}


def begun(datastore: str, image_set: str, first: Instance) -> Json:
    """Return the document of an image set without instances, its levels those of the first."""
    series = first.levels["Series"]
    return {
        "SchemaVersion": SCHEMA_VERSION,
        "DatastoreID": datastore,
        "ImageSetID": image_set,
        "Patient": {"DICOM": dict(first.levels["Patient"])},
        "Study": {
            "DICOM": dict(first.levels["Study"]),
            "Series": {plain(series["SeriesInstanceUID"]): {"DICOM": dict(series), "Instances": {}}},
        },
    }


def series_of(document: Json) -> Json:
    """Return the only series of an image set."""
    series: Json = next(iter(document["Study"]["Series"].values()))
    return series


def levels_of(document: Json) -> dict[str, Json]:
    """Return the normalised elements of a document by level; changing them changes the document."""
    levels = {"Patient": document["Patient"]["DICOM"], "Study": document["Study"]["DICOM"]}
    return levels | {"Series": series_of(document)["DICOM"]}


def add(document: Json, instance: Instance) -> list[str]:
    """Put an instance into a document, in the place of an older one, and return the keywords that it disagreed in.

    Each normalised element keeps the value that it has; one that no instance had yet comes in.
    """
    coerced = []
    for level, own in levels_of(document).items():
        for keyword, value in instance.levels[level].items():
            if own.setdefault(keyword, value) != value:
                coerced.append(keyword)
        coerced += [keyword for keyword in own if keyword not in instance.levels[level]]
    series_of(document)["Instances"][instance.sop_instance_uid] = json.loads(instance.document)
    return coerced


def is_same(one: Json | bytes, other: Json | bytes) -> bool:
    """Say whether two instances, JSON or its text, are the same object; each import gives frames ids of their own."""
    first, second = (each if isinstance(each, dict) else json.loads(each) for each in (one, other))
    frames = [[{**frame, "ID": ""} for frame in each[FRAMES]] for each in (first, second)]
    return frames[0] == frames[1] and all(first.get(key) == second.get(key) for key in {*first, *second} - {FRAMES})


def packed(document: Json) -> bytes:
    """Return a document as it is sent: UTF-8 JSON in gzip."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode("utf-8", "replace"), COMPRESSION, mtime=0)


def unpacked(data: bytes) -> Json:
    """Return what was packed."""
    document: Json = json.loads(gzip.decompress(data))
    return document


def tags_of(document: Json) -> Json:
    """Return DICOMTags as search tells them, but for counts; an absent element is left out, an empty one is empty."""
    levels = levels_of(document)
    tags: Json = {name: plain(levels[level][key]) for name, (level, key) in TAGS.items() if key in levels[level]}
    number = tags.pop("DICOMSeriesNumber", "")
    if number.lstrip("+-").isdecimal() and -(2**31) <= int(number) < 2**31:
        tags["DICOMSeriesNumber"] = int(number)
    return tags


def frame_ids(documents: Iterable[Json]) -> set[str]:
    """Return the ids of all frames in documents."""
    return {
        frame["ID"]
        for document in documents
        for instance in series_of(document)["Instances"].values()
        for frame in instance["ImageFrames"]
    }
