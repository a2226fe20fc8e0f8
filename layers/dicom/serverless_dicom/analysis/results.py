"""What was seen in an upload -> the document that is kept and shown, of bounded size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from serverless_dicom.analysis.burned_in import burned_in, warnings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serverless_dicom.analysis.findings import Box, Instance, Label, Labels, Line, Lines
    from serverless_dicom.analysis.uploads import Upload

NOTICE = "not a diagnosis: labels and text were found by a program that knows everyday pictures, not medicine"

MAX_LABELS, MAX_INSTANCES, MAX_LINES, MAX_NAMES = 100, 250, 100, 5
"""Of the document: labels, instances of all labels together, lines of text, parents or categories of a label. A row of
DynamoDB holds 400 KB; these with the longest texts take less."""

MAX_COMPARED = 300
"""Lines that are compared with the header: Rekognition reads no more than 100 words."""

MAX_TEXT, MAX_NAME, MAX_WARNINGS = 200, 48, 20
"""Characters of a line and of a name; warnings."""


def results_of(upload: Upload, labels: Labels, lines: Lines) -> dict[str, Any]:
    """The document: JSON's values, boxes in fractions of the picture that was analysed."""
    read = [replace(line, text=line.text[:MAX_TEXT]) for line in lines.lines[:MAX_COMPARED]]
    burned = burned_in(read, upload.identity) if upload.identity else ()
    told = warnings_of(read, burned, upload.identity) if upload.identity else []
    described, cut = _labels(labels.labels)
    cut += _cut("lines of text", len(lines.lines), MAX_LINES)
    return {
        "kind": upload.kind,
        "width": upload.picture.width,
        "height": upload.picture.height,
        "labels": described,
        "labelModelVersion": labels.model_version,
        "text": [_line(line) for line in read[:MAX_LINES]],
        "textModelVersion": lines.model_version,
        "burnedInText": [_line(one.line) | {"matches": list(one.matches)} for one in burned[:MAX_LINES]],
        "warnings": [*told, *cut, *upload.warnings][:MAX_WARNINGS],
        "notice": NOTICE,
    }


def _labels(labels: Sequence[Label]) -> tuple[list[dict[str, Any]], list[str]]:
    left, found = MAX_INSTANCES, []
    for label in labels[:MAX_LABELS]:
        found.append(
            {
                "name": label.name[:MAX_NAME],
                "confidence": label.confidence,
                "parents": _names(label.parents),
                "categories": _names(label.categories),
                "instances": [_instance(one) for one in label.instances[:left]],
            }
        )
        left -= len(label.instances[:left])
    instances = sum(len(label.instances) for label in labels[:MAX_LABELS])
    return found, _cut("labels", len(labels), MAX_LABELS) + _cut("boxes of labels", instances, MAX_INSTANCES)


def _cut(what: str, there: int, kept: int) -> list[str]:
    return [f"of {there} {what} the first {kept} are kept"] if there > kept else []


def _names(names: Sequence[str]) -> list[str]:
    return [name[:MAX_NAME] for name in names[:MAX_NAMES]]


def _instance(instance: Instance) -> dict[str, Any]:
    return {"confidence": instance.confidence, "box": _box(instance.box)}


def _line(line: Line) -> dict[str, Any]:
    return {"text": line.text, "confidence": line.confidence, "box": _box(line.box)}


def _box(box: Box) -> dict[str, float]:
    return {"left": box.left, "top": box.top, "width": box.width, "height": box.height}
