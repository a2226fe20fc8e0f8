"""A picture of any size -> one that Rekognition takes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

from PIL import Image

MIN_SIDE = 80
"""Pixels of a side that Rekognition asks for."""

MAX_SIDE = 10_000
"""Pixels of a side that it takes."""

MAX_SENT = 5 * 1024 * 1024
"""Bytes of a picture that is sent with the call."""

MAX_STORED = 15 * 1024 * 1024
"""Bytes of a picture that is read from S3."""

QUALITIES = (95, 85, 70, 50)
"""Of JPEG, in the order in which they are tried."""

Format = Literal["png", "jpg"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture that Rekognition takes: its bytes, width and height in pixels, and what its reader should know."""

    data: bytes
    format: Format
    width: int
    height: int
    warnings: tuple[str, ...] = ()

    @property
    def is_sendable(self) -> bool:
        """Whether it may go with the call; if not, it has to be read from S3."""
        return len(self.data) <= MAX_SENT


def fits(width: int, height: int) -> bool:
    """Whether Rekognition takes a picture of this size in pixels."""
    return min(width, height) >= MIN_SIDE and max(width, height) <= MAX_SIDE


def fitted(image: Image.Image, preferred: Format, warnings: tuple[str, ...] = ()) -> Prepared:
    """Bring a picture of mode L or RGB within the limits, and encode it: as JPEG if it would be too large as PNG.

    Only its pixels are encoded: the picture loses what else was read with it.
    """
    image.info = {}  # Pillow writes a comment, a profile or a transparency from there
    image, changed = _sized(image)
    warnings += changed
    if preferred == "png" and len(data := _png(image)) <= MAX_STORED:
        return Prepared(data, "png", *image.size, warnings)
    for quality in QUALITIES:
        if len(data := _jpeg(image, quality)) <= MAX_STORED:
            return Prepared(data, "jpg", *image.size, warnings)
    smaller = image.resize((max(MIN_SIDE, image.width // 2), max(MIN_SIDE, image.height // 2)), Image.Resampling.BOX)
    told = f"the picture was made smaller: {MAX_STORED} bytes are what is looked at"
    return fitted(smaller, "jpg", tuple(dict.fromkeys((*warnings, told))))


def _sized(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Shrink what is too long, enlarge what is too short by a whole factor, and put black beside what stays narrow."""
    if fits(*image.size):
        return image, ()
    warnings = []
    if (longest := max(image.size)) > MAX_SIDE:
        size = (max(1, image.width * MAX_SIDE // longest), max(1, image.height * MAX_SIDE // longest))
        image = image.resize(size, Image.Resampling.BOX)
        warnings.append(f"the picture was made smaller: {MAX_SIDE} pixels a side are what is looked at")
    factor = min(-(-MIN_SIDE // min(image.size)), MAX_SIDE // max(image.size))
    if factor > 1:
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
        warnings.append(
            f"the picture was enlarged {factor} times: less than {MIN_SIDE} pixels a side are not looked at"
        )
    if min(image.size) < MIN_SIDE:
        wider = Image.new(image.mode, (max(MIN_SIDE, image.width), max(MIN_SIDE, image.height)))
        wider.paste(image)
        image = wider
        warnings.append(f"black was put beside the picture: less than {MIN_SIDE} pixels a side are not looked at")
    return image, tuple(warnings)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=0)  # thin coloured lines keep their colour
    return file.getvalue()
