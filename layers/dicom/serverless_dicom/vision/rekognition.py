"""Amazon Rekognition: DetectLabels and DetectText."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.analysis.findings import Box, Instance, Label, Labels, Line, Lines
from serverless_dicom.vision.faults import translated

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import ImageTypeDef

    from serverless_dicom.analysis.fitting import Prepared

MIN_WORD_CONFIDENCE = 50.0
"""Percent that a word needs. Rekognition's own 80 leaves out what noise surrounds, and a name in it is a name."""


def shown(picture: Prepared, bucket: str, key: str) -> ImageTypeDef:
    """A picture as Rekognition gets it: its bytes, or where they lie in S3 if they are too many for a call."""
    return {"Bytes": picture.data} if picture.is_sendable else {"S3Object": {"Bucket": bucket, "Name": key}}


@dataclass(frozen=True, slots=True)
class Rekognition:
    """Looks at pictures: `max_labels` are asked for, each of at least `min_confidence` percent."""

    client: RekognitionClient
    max_labels: int
    min_confidence: float

    def look(self, image: ImageTypeDef) -> tuple[Labels, Lines]:
        """What is in a picture, and what is written in it. Raises AnalysisRefused or TransientError."""
        return self.labels(image), self.lines(image)

    def labels(self, image: ImageTypeDef) -> Labels:
        """What is in a picture. Raises AnalysisRefused or TransientError."""
        with translated("DetectLabels"):
            found: Any = self.client.detect_labels(
                Image=image, MaxLabels=self.max_labels, MinConfidence=self.min_confidence
            )
        return Labels(tuple(map(_label, found.get("Labels", []))), found.get("LabelModelVersion", ""))

    def lines(self, image: ImageTypeDef) -> Lines:
        """The lines of text in a picture. Raises AnalysisRefused or TransientError."""
        with translated("DetectText"):
            found: Any = self.client.detect_text(
                Image=image, Filters={"WordFilter": {"MinConfidence": MIN_WORD_CONFIDENCE}}
            )
        lines = (text for text in found.get("TextDetections", []) if text.get("Type") == "LINE")
        return Lines(tuple(map(_line, lines)), found.get("TextModelVersion", ""))


def _label(found: dict[str, Any]) -> Label:
    return Label(
        found["Name"],
        found["Confidence"],
        _names(found, "Parents"),
        _names(found, "Categories"),
        tuple(
            Instance(one["Confidence"], _box(one["BoundingBox"]))
            for one in found.get("Instances", [])
            if "BoundingBox" in one
        ),
    )


def _line(found: dict[str, Any]) -> Line:
    return Line(found["DetectedText"], found["Confidence"], _box(found["Geometry"]["BoundingBox"]))


def _names(found: dict[str, Any], field: str) -> tuple[str, ...]:
    return tuple(one["Name"] for one in found.get(field, []) if one.get("Name"))


def _box(found: dict[str, float]) -> Box:
    return Box(found["Left"], found["Top"], found["Width"], found["Height"])
