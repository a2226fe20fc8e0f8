"""A frame, or the bytes of a JPEG, PNG or GIF -> the picture that is analysed.

Decoders of hostile bytes run here: call these functions in a process that may end.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from serverless_dicom.analysis.fitting import MAX_STORED, Format, Prepared, fits, fitted
from serverless_dicom.analysis.metadata import is_bare
from serverless_dicom.errors import ImageTooLarge, ServerlessDicomError, TruncatedPixelData, UndecodablePixelData
from serverless_dicom.image import RenderOptions, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_dicom.analysis.kinds import Kind
    from serverless_dicom.image import Frame

MAX_PIXELS = 64 * 1024 * 1024
"""Pixels of a picture that is decoded: 256 MiB in Pillow's memory."""

MAX_JPEG_PIXELS = 4 * MAX_PIXELS
"""Pixels of a JPEG, which can be decoded at half its size."""

_ORIENTATION = 0x0112
"""The tag of EXIF that says how to turn the picture upright."""

_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""By its value; 1 is upright."""

_OPTIONS = RenderOptions(format="png", square_pixels=True)


def prepare_frame(frame: Frame) -> Prepared:
    """Draw a frame as its header asks for, in square pixels, within the limits. Raises a CannotRender."""
    drawn = render(frame, _OPTIONS)
    told = tuple(drawn.warnings)
    if fits(drawn.width, drawn.height) and len(drawn.data) <= MAX_STORED:
        return Prepared(drawn.data, "png", drawn.width, drawn.height, told)
    with _unlimited():
        image = Image.open(io.BytesIO(drawn.data))
        del drawn
        return fitted(image, "png", told)


def prepare_picture(data: bytes, kind: Kind) -> Prepared:
    """Decode a picture's first frame, upright, and bring it within the limits.

    A JPEG or PNG that needs none of that, and holds nothing beside its picture, stays as it is. Raises ImageTooLarge,
    TruncatedPixelData or UndecodablePixelData.
    """
    try:
        with warnings.catch_warnings(action="ignore"), _unlimited():
            return _prepared(data, kind)
    except (ServerlessDicomError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - Pillow raises OSError, SyntaxError, ValueError, struct.error and more
        if "truncated" in str(error):
            raise TruncatedPixelData(f"the {kind.upper()} ends before its picture does: upload it once more") from None
        raise UndecodablePixelData(
            f"the {kind.upper()} cannot be decoded ({type(error).__name__}): open it elsewhere and save it anew"
        ) from None


def _prepared(data: bytes, kind: Kind) -> Prepared:
    image: Image.Image = Image.open(io.BytesIO(data), formats=[kind.upper()])
    preferred: Format = "jpg" if kind == "jpeg" else "png"
    told = _bounded(image, kind)
    if kind != "jpeg" and getattr(image, "is_animated", False):
        told += ("the picture moves: its first frame was analysed",)
    image.load()  # before EXIF is asked for, which may load it too, and whose errors are none
    turn = _TURNS.get(_orientation(image))
    as_it_is = image.mode in {"L", "RGB"} and not image.has_transparency_data and not turn and not told
    if as_it_is and fits(*image.size) and len(data) <= MAX_STORED and is_bare(data, kind):
        return Prepared(data, preferred, *image.size)
    levels, converted = _levels(image)
    del image
    if turn is not None:
        levels = levels.transpose(turn)
    return fitted(levels, preferred, told + converted)


def _orientation(image: Image.Image) -> Any:
    try:
        return image.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - damaged EXIF, in any of many ways, is no reason not to look at the picture
        return None


def _bounded(image: Image.Image, kind: Kind) -> tuple[str, ...]:
    """Refuse what is too large, and have a large JPEG decoded at half its size."""
    width, height = image.size
    accepted = MAX_JPEG_PIXELS if kind == "jpeg" else MAX_PIXELS
    if width * height > accepted:
        raise ImageTooLarge(
            f"the {kind.upper()} has {width} x {height} pixels, {accepted} in all are accepted: upload a smaller one"
        )
    if width * height <= MAX_PIXELS:
        return ()
    image.draft(None, (width // 2, height // 2))
    if image.width * image.height > MAX_PIXELS:
        raise ImageTooLarge(
            f"the JPEG has {width} x {height} pixels, and cannot be decoded at half its size: upload a smaller one"
        )
    return (f"the picture of {width} x {height} pixels was analysed at half its size",)


def _levels(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """The picture in mode L or RGB, on white where it is transparent."""
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image)
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(layer, mask=layer.getchannel("A"))
        return white, ()
    mode = "L" if image.mode in {"1", "L"} else "RGB"
    return image if image.mode == mode else image.convert(mode), ()


def _eight_bits(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Grey levels of more than 8 bits: as many as they use, to the next power of two, become 8."""
    values = np.clip(np.asarray(image), 0, 0xFFFF).astype(np.uint16)
    bits = max(8, int(values.max()).bit_length())
    levels = (values >> (bits - 8)).astype(np.uint8)
    return Image.fromarray(levels), (f"the picture's grey levels of {bits} bits were analysed as 8",)


@contextmanager
def _unlimited() -> Iterator[None]:
    """Let Pillow open pictures of any size: the limits are ours, and so is what is said about them."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
