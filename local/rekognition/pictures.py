"""Images as they are sent: within AWS's limits, looked at before they are decoded, never larger than needed after."""

from __future__ import annotations

import hashlib
import io
import warnings
import zlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from local.rekognition.faults import Fault, invalid_image, invalid_parameters, too_large

MOST_BYTES = 5 * 1024 * 1024
"""Of an image in the request."""

MOST_BYTES_OF_AN_OBJECT = 15 * 1024 * 1024

LEAST_SIDE, MOST_SIDE = 80, 10_000
"""Pixels."""

SIDE_FOR_READING = 1600
"""Pixels that are kept of the longer side: text that can be read in larger images can be read in this."""

READERS: dict[bytes, type[JpegImageFile | PngImageFile]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
}
"""What opens an image, by its first bytes. They look at nothing but the header, and refuse no size."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image: `pixels` are rows, columns and RGB, the longer side at most SIDE_FOR_READING."""

    pixels: Pixels = field(repr=False)
    digest: str
    """SHA-256 of the bytes as sent."""

    @property
    def width(self) -> int:
        """Columns, once made smaller."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows, once made smaller."""
        return int(self.pixels.shape[0])


def open_picture(data: bytes, most_bytes: int = MOST_BYTES) -> Picture:
    """Decode an image, upright by its Exif orientation (JPEG alone has one, as AWS sees it).

    Raises:
        Fault: it is too large, too small, or not a whole JPEG or PNG.

    """
    if len(data) > most_bytes:
        raise too_large(f"{len(data):,} bytes, of at most {most_bytes:,}")
    reader = next((reader for start, reader in READERS.items() if data.startswith(start)), None)
    if reader is None:
        raise invalid_image("neither a JPEG nor a PNG by its first bytes")
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd metadata; AWS has nothing to say of them either
            return _decoded(reader(io.BytesIO(data)), hashlib.sha256(data).hexdigest())
    except Fault:
        raise
    except (UnidentifiedImageError, OSError, EOFError, SyntaxError, ValueError, zlib.error) as error:
        raise invalid_image(f"begins as an image, but is damaged or cut off ({type(error).__name__})") from error
    except Exception as error:  # a decoder may trip over hostile bytes in any way
        raise invalid_image(f"cannot be decoded ({type(error).__name__})") from error


def _decoded(image: JpegImageFile | PngImageFile, digest: str) -> Picture:
    shown = f"{image.width} by {image.height} pixels"
    if max(image.size) > MOST_SIDE:
        raise too_large(f"{shown}, of at most {MOST_SIDE:,} a side")
    if min(image.size) < LEAST_SIDE:
        raise invalid_parameters(f"{shown}, of at least {LEAST_SIDE} a side")
    image.draft("RGB", (SIDE_FOR_READING, SIDE_FOR_READING))  # a JPEG is decoded smaller where that is enough
    image.load()
    is_jpeg = isinstance(image, JpegImageFile)
    small = image.reduce(factor) if (factor := -(-max(image.size) // SIDE_FOR_READING)) > 1 else image
    upright = ImageOps.exif_transpose(small) if is_jpeg else small
    return Picture(np.asarray(_flat(upright), dtype=np.uint8), digest)


def _flat(image: Image.Image) -> Image.Image:
    """Return the image as RGB: 16 bits as 8, what is transparent as white."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        return Image.fromarray((values >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        solid = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("RGB")
    return image.convert("RGB")
