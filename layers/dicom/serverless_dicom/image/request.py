"""The fields of a conversion request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.fields import Fields, told
from serverless_dicom.image.options import RenderOptions, Window
from serverless_dicom.image.voi import PRESETS

if TYPE_CHECKING:
    from serverless_dicom.image.options import Format

EXAMPLE = '{"url": "s3://bucket/key"}'
"""The shortest request that there is."""

STORAGE_TYPES = ("auto", "s3", "r2", "ftp", "http")
FORMATS: dict[str, Format] = {"jpg": "jpg", "jpeg": "jpg", "png": "png"}
MAX_SIDE = 8192
"""Pixels that a width or height may be asked to have."""

MAX_WINDOW = 1e9


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """What to fetch and how to draw it; `frame` counts from 1."""

    url: str
    storage_type: str
    frame: int
    options: RenderOptions
    include_metadata: bool

    @classmethod
    def parse(cls, sent: Any) -> ConvertRequest:
        """The request of a JSON object. Raises InvalidRequest, which names each field that is wrong or unknown."""
        fields = Fields.of(sent, EXAMPLE)
        options = RenderOptions(
            format=FORMATS[fields.choice("output_format", FORMATS, "jpg")],
            quality=fields.whole("quality", 1, 100) or 85,
            window=_window(fields),
            width=fields.whole("width", 1, MAX_SIDE),
            height=fields.whole("height", 1, MAX_SIDE),
            upscale=fields.truth("upscale", default=False),
            square_pixels=fields.truth("square_pixels", default=False),
            overlays=fields.truth("overlays", default=False),
            explain=fields.truth("explain", default=False),
        )
        request = cls(
            url=fields.text("url", "a text such as s3://bucket/key"),
            storage_type=fields.choice("storage_type", STORAGE_TYPES, "auto"),
            frame=fields.whole("frame", 1, 2**31 - 1) or 1,
            options=options,
            include_metadata=fields.truth("include_metadata", default=True),
        )
        fields.finish()
        return request


def _window(fields: Fields) -> Window | None:
    """`window_center` with `window_width`, or `window`: a preset's name, or the index of one of the object's own."""
    center = fields.number("window_center", -MAX_WINDOW, MAX_WINDOW)
    width = fields.number("window_width", 1e-9, MAX_WINDOW)
    named = fields.take("window")
    given = [name for name in ("window_center", "window_width") if fields.sent.get(name) is not None]
    if len(given) == 1:
        fields.problems.append(f"{given[0]} must come with the other: window_center and window_width")
    if given and named is not None:
        fields.problems.append("window must not come with window_center and window_width: they say the same")
    if named is None:
        return Window(center, width) if center is not None and width is not None else None
    if isinstance(named, int) and not isinstance(named, bool) and 1 <= named <= 1024:  # noqa: PLR2004
        return Window(index=named)
    if isinstance(named, str) and named.lower() in PRESETS:
        return Window(preset=named.lower())
    fields.problems.append(f"window must be an index from 1 or one of {', '.join(PRESETS)}, {told(named)}")
    return None
