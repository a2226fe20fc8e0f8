"""DetectLabels: what was measured of a picture, by name. It is told that pixels are grey, never what they show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from local.rekognition.colours import image_properties
from local.rekognition.measuring import Measures, Region
from local.rekognition.pictures import Picture
from local.rekognition.protocol import Parameters
from local.rekognition.reading import Line
from local.rekognition.text import box

MODEL_VERSION = "simulated-1.0"

LEAST_CONFIDENCE = 55.0
"""In percent, where the caller asks for none."""

MOST_LABELS = 1000

COLOURS, SHAPES, DOCUMENTS = "Colors and Visual Composition", "Patterns and Shapes", "Text and Documents"
"""Three of AWS's categories."""

Box = dict[str, float]


@dataclass(frozen=True, slots=True)
class Label:
    """A measured property; `confidence` in percent. Each instance is a box and its own confidence."""

    name: str
    confidence: float
    category: str
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    instances: tuple[tuple[Box, float], ...] = ()


def detect_labels(
    picture: Picture, measures: Measures, lines: Sequence[Line], parameters: Parameters
) -> dict[str, Any]:
    """Answer DetectLabels with the features that are asked for."""
    features = parameters.get("Features") or ["GENERAL_LABELS"]
    settings = parameters.get("Settings", {})
    answer: dict[str, Any] = {"LabelModelVersion": MODEL_VERSION, "Labels": []}
    if "GENERAL_LABELS" in features:
        least = parameters.get("MinConfidence", LEAST_CONFIDENCE)
        sure = [label for label in with_parents(labels(measures, lines)) if label.confidence >= least]
        kept = [label for label in sure if _wanted(label, settings.get("GeneralLabels", {}))]
        kept.sort(key=lambda label: (-label.confidence, label.name))
        answer["Labels"] = [_told(label) for label in kept[: parameters.get("MaxLabels", MOST_LABELS)]]
    if "IMAGE_PROPERTIES" in features:
        most = settings.get("ImageProperties", {}).get("MaxDominantColors")
        answer["ImageProperties"] = image_properties(picture.pixels, measures, most)
    return answer


def labels(measures: Measures, lines: Sequence[Line]) -> Iterable[Label]:
    """Yield a label for each property, however little it is there."""
    m = measures
    yield Label("Grayscale", _sure(0.02 - m.coloured, 0.004), COLOURS, aliases=("Monochrome",))
    yield Label("Color", _sure(m.coloured - 0.05, 0.015), COLOURS)
    yield Label("Dark Image", _sure(0.3 - m.brightness, 0.08), COLOURS, ("Brightness",))
    yield Label("Bright Image", _sure(m.brightness - 0.65, 0.08), COLOURS, ("Brightness",))
    yield Label("High Contrast", _sure(m.contrast - 0.22, 0.05), COLOURS, ("Contrast",))
    yield Label("Low Contrast", _sure(0.1 - m.contrast, 0.03), COLOURS, ("Contrast",))
    plain = _sure(m.background - 0.35, 0.08)
    yield Label("Plain Background", plain, COLOURS, ("Background",))
    yield Label("Dark Background", min(plain, _sure(0.2 - m.background_brightness, 0.05)), COLOURS, ("Background",))
    yield Label("Light Background", min(plain, _sure(m.background_brightness - 0.8, 0.05)), COLOURS, ("Background",))
    aspect = math.log(m.width_to_height)
    yield Label("Square Format", _sure(0.05 - abs(aspect), 0.015), SHAPES, ("Format",))
    yield Label("Landscape Format", _sure(aspect - 0.1, 0.04), SHAPES, ("Format",))
    yield Label("Portrait Format", _sure(-aspect - 0.1, 0.04), SHAPES, ("Format",))
    yield Label("Left-Right Symmetry", _sure(m.symmetry_left_right - 0.7, 0.1), SHAPES, ("Symmetry",))
    yield Label("Top-Bottom Symmetry", _sure(m.symmetry_top_bottom - 0.7, 0.1), SHAPES, ("Symmetry",))
    yield Label("Many Edges", _sure(m.edges - 0.12, 0.04), SHAPES, ("Texture",))
    yield Label("Fine Texture", _sure(m.detail - 0.04, 0.012), SHAPES, ("Texture",))
    yield Label("Smooth Image", _sure(0.012 - m.detail, 0.004), SHAPES, ("Texture",), ("Blur",))
    if m.subject:
        sure = min(plain, _sure(m.subject.width * m.subject.height - 0.02, 0.01))
        yield Label("Isolated Subject", sure, SHAPES, instances=((_box(m.subject), sure),))
    if m.bright:
        found = tuple((_box(region), round(100 * region.brightness, 4)) for region in m.bright)
        yield Label("Bright Region", max(sure for _, sure in found), SHAPES, instances=found)
    if lines:
        read = tuple((box(line.corners), round(100 * line.confidence, 4)) for line in lines)
        yield Label("Text", max(sure for _, sure in read), DOCUMENTS, instances=read)


def with_parents(found: Iterable[Label]) -> list[Label]:
    """Return labels with those that they are kinds of, each as sure as the surest of its kinds."""
    listed = list(found)
    parents: dict[str, Label] = {}
    for label in listed:
        for name in label.parents:
            known = parents.get(name)
            if known is None or known.confidence < label.confidence:
                parents[name] = Label(name, label.confidence, label.category)
    return [*listed, *parents.values()]


def _sure(margin: float, width: float) -> float:
    """Return by how much a measure passes its limit as percent: 50 at the limit, 88 two widths beyond it."""
    return round(100 / (1 + math.exp(-max(-500.0, min(500.0, margin / width)))), 4)


def _wanted(label: Label, filters: dict[str, list[str]]) -> bool:
    """Say whether the filters of the settings let a label through: lists that are not given let all through."""
    included, categories = filters.get("LabelInclusionFilters"), filters.get("LabelCategoryInclusionFilters")
    if (included or categories) and label.name not in (included or []) and label.category not in (categories or []):
        return False
    return label.name not in filters.get("LabelExclusionFilters", []) and label.category not in filters.get(
        "LabelCategoryExclusionFilters", []
    )


def _box(region: Region) -> Box:
    sides = {"Width": region.width, "Height": region.height, "Left": region.left, "Top": region.top}
    return {name: round(value, 6) for name, value in sides.items()}


def _told(label: Label) -> dict[str, Any]:
    return {
        "Name": label.name,
        "Confidence": label.confidence,
        "Instances": [{"BoundingBox": place, "Confidence": confidence} for place, confidence in label.instances],
        "Parents": [{"Name": name} for name in label.parents],
        "Aliases": [{"Name": name} for name in label.aliases],
        "Categories": [{"Name": label.category}],
    }
