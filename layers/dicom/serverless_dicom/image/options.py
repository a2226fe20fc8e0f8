"""What a picture is asked to look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["jpg", "png"]


@dataclass(frozen=True, slots=True)
class Window:
    """Which values to show: `center` and `width`, a `preset` for CT, or the `index` of one of the object's, from 1."""

    center: float | None = None
    width: float | None = None
    preset: str = ""
    index: int | None = None


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to draw a frame.

    `quality` is JPEG's, 1 to 100. The picture keeps its pixels unless `width` or `height` (pixels) bounds it, which
    enlarge it only with `upscale`. `square_pixels` stretches pixels that are not square; `overlays` draws the object's;
    `explain` counts the clipped pixels.
    """

    format: Format = "jpg"
    quality: int = 85
    window: Window | None = None
    width: int | None = None
    height: int | None = None
    upscale: bool = False
    square_pixels: bool = False
    overlays: bool = False
    explain: bool = False
