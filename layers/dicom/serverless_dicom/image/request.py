"""The fields of a conversion request, checked all at once: whoever gets one wrong is told of every one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.image.options import RenderOptions, Window
from serverless_dicom.image.voi import PRESETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from serverless_dicom.image.options import Format

STORAGE_TYPES = ("auto", "s3", "r2", "ftp", "http")
FORMATS: dict[str, Format] = {"jpg": "jpg", "jpeg": "jpg", "png": "png"}
MAX_SIDE = 8192
"""Pixels that a width or height may be asked to have."""

MAX_WINDOW = 1e9

_HARMLESS = re.compile(r'"?[\w.+-]{1,30}"?')
_FIELD = re.compile(r"\w{1,30}")


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """What to fetch and how to draw it; `frame` counts from 1."""

    url: str
    storage_type: str
    frame: int
    options: RenderOptions
    include_metadata: bool

    @classmethod
    def parse(cls, fields: Any) -> ConvertRequest:
        """The request of a JSON object. Raises InvalidRequest, which names each field that is wrong or unknown."""
        if not isinstance(fields, dict):
            raise InvalidRequest('the request must be a JSON object such as {"url": "s3://bucket/key"}')
        reader = _Reader(fields)
        options = RenderOptions(
            format=FORMATS[reader.choice("output_format", FORMATS, "jpg")],
            quality=reader.whole("quality", 1, 100) or 85,
            window=_window(reader),
            width=reader.whole("width", 1, MAX_SIDE),
            height=reader.whole("height", 1, MAX_SIDE),
            upscale=reader.truth("upscale", default=False),
            square_pixels=reader.truth("square_pixels", default=False),
            overlays=reader.truth("overlays", default=False),
            explain=reader.truth("explain", default=False),
        )
        request = cls(
            url=reader.text("url"),
            storage_type=reader.choice("storage_type", STORAGE_TYPES, "auto"),
            frame=reader.whole("frame", 1, 2**31 - 1) or 1,
            options=options,
            include_metadata=reader.truth("include_metadata", default=True),
        )
        reader.finish()
        return request


@dataclass(slots=True)
class _Reader:
    """Reads fields one by one, and keeps what is wrong with them."""

    fields: Mapping[str, Any]
    problems: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        value = self._value(name)
        if isinstance(value, str) and value.strip():
            return value
        self.problems.append(f"{name} must be a text such as s3://bucket/key, {_told(value)}")
        return ""

    def choice(self, name: str, choices: Any, default: str) -> str:
        value = self._value(name)
        if value is None:
            return default
        if isinstance(value, str) and value.lower() in choices:
            return value.lower()
        self.problems.append(f"{name} must be one of {', '.join(choices)}, {_told(value)}")
        return default

    def whole(self, name: str, low: int, high: int) -> int | None:
        value = self._value(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
            return value
        self.problems.append(f"{name} must be a whole number from {low} to {high}, {_told(value)}")
        return None

    def number(self, name: str, low: float) -> float | None:
        value = self._value(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= MAX_WINDOW:
            return float(value)
        self.problems.append(f"{name} must be a number from {low:g} to {MAX_WINDOW:g}, {_told(value)}")
        return None

    def truth(self, name: str, *, default: bool) -> bool:
        value = self._value(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.problems.append(f"{name} must be true or false, {_told(value)}")
        return default

    def finish(self) -> None:
        unknown = [str(name) for name in self.fields if name not in self.known]
        told = [name if _FIELD.fullmatch(name) else "a name that was sent" for name in unknown[:5]]
        self.problems += [f"{name} is no field: there are {', '.join(sorted(self.known))}" for name in told]
        if self.problems:
            raise InvalidRequest(*self.problems)

    def _value(self, name: str) -> Any:
        self.known.append(name)
        return self.fields.get(name)


def _window(reader: _Reader) -> Window | None:
    """`window_center` with `window_width`, or `window`: a preset's name, or the index of one of the object's own."""
    center, width = reader.number("window_center", -MAX_WINDOW), reader.number("window_width", 1e-9)
    named = reader.fields.get("window")
    reader.known.append("window")
    given = [name for name in ("window_center", "window_width") if reader.fields.get(name) is not None]
    if len(given) == 1:
        reader.problems.append(f"{given[0]} must come with the other: window_center and window_width")
    if given and named is not None:
        reader.problems.append("window must not come with window_center and window_width: they say the same")
    if named is None:
        return Window(center, width) if center is not None and width is not None else None
    if isinstance(named, int) and not isinstance(named, bool) and 1 <= named <= 1024:  # noqa: PLR2004
        return Window(index=named)
    if isinstance(named, str) and named.lower() in PRESETS:
        return Window(preset=named.lower())
    reader.problems.append(f"window must be an index from 1 or one of {', '.join(PRESETS)}, {_told(named)}")
    return None


def _told(value: Any) -> str:
    """What was sent instead, as far as it can be told again: a text may be a URL, with a password in it."""
    if value is None:
        return "it is missing"
    sent = json.dumps(value, default=str)
    return f"got {sent}" if _HARMLESS.fullmatch(sent) else "got something else"
