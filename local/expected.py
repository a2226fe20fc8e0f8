"""What the tables have to say of DICOM files, read with pydicom alone: the project's own code is not asked."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset, dcmread

HEADERS = ("PatientID", "PatientName", "ReferringPhysicianName", "StudyDate", "StudyDescription")
"""The five headers of each row."""

Attributes = dict[str, str | int | list[str] | None]
"""A row's attributes by name; None where a file has none."""


def expected_object(path: Path) -> Attributes:
    """Return the five headers and the identifiers of one file."""
    dataset = dcmread(path, stop_before_pixels=True)
    keywords = (*HEADERS, "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality")
    return {keyword: _text(dataset, keyword) for keyword in keywords}


def expected_study(objects: list[Attributes]) -> Attributes:
    """Sum up the files of one study."""
    first = objects[0]
    return {
        "PatientID": first["PatientID"],
        "PatientName": first["PatientName"],
        "StudyDate": first["StudyDate"],
        "ModalitiesInStudy": sorted({str(one["Modality"]) for one in objects}),
        "NumberOfStudyRelatedSeries": len({one["SeriesInstanceUID"] for one in objects}),
        "NumberOfStudyRelatedInstances": len({one["SOPInstanceUID"] for one in objects}),
    }


def _text(dataset: Dataset, keyword: str) -> str | None:
    """Return an element's text; a name of delimiters only (PS3.5 6.2.1.2), `^^^^`, is none."""
    text = str(dataset.get(keyword) or "")
    return text if text.strip("^=") else None
