"""Pixels -> JPEG or PNG bytes, after what was asked of their size."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from serverless_dicom.image.options import RenderOptions

MAX_SIDE = 65_500
"""Pixels: libjpeg's limit."""

MAX_PIXELS = 64 * 1024 * 1024
"""Pixels of a picture that was enlarged."""


def encoded(
    levels: NDArray[np.uint8], options: RenderOptions, aspect: float, icc: bytes | None
) -> tuple[bytes, int, int]:
    """Encode grey levels (rows, columns) or RGB (rows, columns, 3); returns the bytes, width and height in pixels.

    `aspect` is how much higher than wide a pixel is drawn.
    """
    image = Image.fromarray(levels)
    size = _size(image.size, options, aspect)
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    profile: dict[str, Any] = {"icc_profile": icc} if icc else {}
    if options.format == "png":
        image.save(file, "PNG", compress_level=1, **profile)
    else:
        image.save(
            file, "JPEG", quality=options.quality, subsampling=0, **profile
        )  # thin coloured lines keep their colour
    return file.getvalue(), *size


def _size(size: tuple[int, int], options: RenderOptions, aspect: float) -> tuple[int, int]:
    """Width and height: pixels made square by enlarging, then fitted into what was asked for."""
    width, height = float(size[0]), float(size[1])
    if options.square_pixels:
        width, height = width * max(1.0, 1 / aspect), height * max(1.0, aspect)
    bounds = [asked / now for asked, now in ((options.width, width), (options.height, height)) if asked]
    factor = min(bounds, default=1.0)
    if factor > 1 and not options.upscale:
        factor = 1.0
    if width * height * factor**2 > size[0] * size[1]:
        factor = min(factor, MAX_SIDE / width, MAX_SIDE / height, math.sqrt(MAX_PIXELS / (width * height)))
    return max(1, round(width * factor)), max(1, round(height * factor))
