"""Rekognition as its client sees it: answers of the service's shape, and what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.25, "Height": 0.125}
X_RAY = {
    "Name": "X-Ray",
    "Confidence": 98.71549987792969,
    "Instances": [{"BoundingBox": BOX, "Confidence": 55.5}],
    "Parents": [{"Name": "Medical Imaging"}],
    "Aliases": [{"Name": "Radiograph"}],
    "Categories": [{"Name": "Health"}],
}


def text(line: str) -> list[dict[str, Any]]:
    """A line and its words."""
    where = {"BoundingBox": BOX, "Polygon": []}
    parts = [{"DetectedText": line, "Type": "LINE", "Id": 0, "Confidence": 99.5, "Geometry": where}]
    parts += [
        {"DetectedText": word, "Type": "WORD", "Id": number, "ParentId": 0, "Confidence": 99.5, "Geometry": where}
        for number, word in enumerate(line.split(), 1)
    ]
    return parts


@dataclass
class Answers:
    """What the service answers: `errors` come first, one a call of any operation, as a code with a status."""

    labels: list[dict[str, Any]] = field(default_factory=lambda: [X_RAY])
    lines: list[str] = field(default_factory=list)
    errors: list[tuple[str, int]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def answer(self, operation: str) -> tuple[Any, dict[str, Any]]:
        if self.errors:
            code, status = self.errors.pop(0)
            return SimpleNamespace(status_code=status), {"Error": {"Code": code, "Message": "told to"}}
        if operation == "DetectLabels":
            return SimpleNamespace(status_code=200), {"Labels": self.labels, "LabelModelVersion": "3.0"}
        found = [part for line in self.lines for part in text(line)]
        return SimpleNamespace(status_code=200), {"TextDetections": found, "TextModelVersion": "3.1"}


@contextmanager
def answering(client: Any) -> Iterator[Answers]:
    """The service answers as told, until this ends; parameters are checked against its description as always."""
    answers, events = Answers(), client.meta.events

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        answers.asked.append((model.name, dict(params)))

    def answer(model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        return answers.answer(model.name)

    events.register("provide-client-params.rekognition", ask)
    events.register_first("before-call.rekognition", answer)
    try:
        yield answers
    finally:
        events.unregister("provide-client-params.rekognition", ask)
        events.unregister("before-call.rekognition", answer)
