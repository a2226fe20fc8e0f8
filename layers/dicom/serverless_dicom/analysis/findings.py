"""What was seen in a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in fractions of the picture's width and height; it may reach beyond the picture."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The other side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The other side."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Instance:
    """One of what a label names; `confidence` in percent."""

    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Label:
    """Something in the picture: `confidence` in percent, `parents` what it is a kind of, `instances` where it is."""

    name: str
    confidence: float
    parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in the picture; `confidence` in percent."""

    text: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a picture, and the version of the model that gave them."""

    labels: tuple[Label, ...]
    model_version: str


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines of text in a picture, and the version of the model that read them."""

    lines: tuple[Line, ...]
    model_version: str
