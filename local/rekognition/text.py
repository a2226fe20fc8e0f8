"""DetectText: what the OCR read, as AWS tells of it: lines first, then their words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local.rekognition.faults import invalid_parameters
from local.rekognition.protocol import Parameters
from local.rekognition.reading import Corners, Line, Word

MODEL_VERSION = "simulated-1.0"

LEAST_CONFIDENCE = 80.0
"""Of words, in percent, where no filter says otherwise."""

MOST_WORDS = 100
"""That AWS finds in an image."""

CORNERS_OF_A_POLYGON = 3


def detect_text(lines: Iterable[Line], parameters: Parameters) -> dict[str, Any]:
    """Answer DetectText with the lines of a picture, and with their words that the filters let through.

    Raises:
        Fault: a region of interest is none.

    """
    filters = parameters.get("Filters", {})
    regions = [_region(region) for region in filters.get("RegionsOfInterest", [])]
    kept: list[tuple[Line, list[Word]]] = []
    room = MOST_WORDS
    for line in lines:
        words = [word for word in line.words if _passes(word, filters.get("WordFilter", {}), regions)][:room]
        room -= len(words)
        if words:
            kept.append((line, words))
    detections = [
        {"Type": "LINE", "Id": number, **_detection(line.text, line.confidence, line.corners)}
        for number, (line, _) in enumerate(kept)
    ]
    for parent, (_, words) in enumerate(kept):
        for word in words:
            told = _detection(word.text, word.confidence, word.corners)
            detections.append({"Type": "WORD", "Id": len(detections), "ParentId": parent, **told})
    return {"TextDetections": detections, "TextModelVersion": MODEL_VERSION}


def box(corners: Corners) -> dict[str, float]:
    """Return the upright rectangle about some points, as a BoundingBox: fractions of the picture's sides."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    sides = {"Width": right - left, "Height": bottom - top, "Left": left, "Top": top}
    return {name: round(float(value), 6) for name, value in sides.items()}


def _detection(text: str, confidence: float, corners: Corners) -> dict[str, Any]:
    polygon = [{"X": round(float(x), 6), "Y": round(float(y), 6)} for x, y in corners]
    geometry = {"BoundingBox": box(corners), "Polygon": polygon}
    return {"DetectedText": text, "Confidence": round(100 * confidence, 4), "Geometry": geometry}


def _passes(word: Word, wanted: dict[str, float], regions: list[Corners]) -> bool:
    place = box(word.corners)
    return (
        100 * word.confidence >= wanted.get("MinConfidence", LEAST_CONFIDENCE)
        and place["Height"] >= wanted.get("MinBoundingBoxHeight", 0)
        and place["Width"] >= wanted.get("MinBoundingBoxWidth", 0)
        and (not regions or any(_contains(region, word.corners.mean(axis=0)) for region in regions))
    )


def _region(region: dict[str, Any]) -> Corners:
    """Return the corners of a region of interest: of its box, or of its polygon."""
    if ("BoundingBox" in region) == ("Polygon" in region):
        raise invalid_parameters("a region of interest is either a BoundingBox or a Polygon")
    if "Polygon" in region:
        corners = [(point.get("X", -1.0), point.get("Y", -1.0)) for point in region["Polygon"]]
    else:
        left, top, width, height = (
            region["BoundingBox"].get(name, -1.0) for name in ("Left", "Top", "Width", "Height")
        )
        corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
        if min(width, height) <= 0:
            raise invalid_parameters("a region of interest has no area")
    points = np.array(corners, dtype=float).reshape(-1, 2)
    if len(points) < CORNERS_OF_A_POLYGON or points.min() < 0 or points.max() > 1 + 1e-6:
        raise invalid_parameters("a region of interest has at least three corners, each from 0 to 1")
    return points


def _contains(polygon: Corners, point: NDArray[np.float64]) -> bool:
    """Say whether a point is inside: a ray from it to the right crosses the outline an odd number of times."""
    x, y = point
    begin, end = polygon, np.roll(polygon, -1, axis=0)
    spans = (begin[:, 1] > y) != (end[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = begin[:, 0] + (y - begin[:, 1]) / (end[:, 1] - begin[:, 1]) * (end[:, 0] - begin[:, 0])
    return bool(np.count_nonzero(spans & (x < crossing)) % 2)
