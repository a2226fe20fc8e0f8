"""Uploads that are built: pictures of every kind, damaged ones, and what looks at them in this process."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from serverless_dicom.analysis.fitting import Prepared
from serverless_dicom.analysis.uploads import Upload, read_upload
from serverless_dicom.header.ranges import MemoryRanges
from tests.datasets import as_file
from tests.pictures import make_image

MAX_BYTES = 100_000_000


def here(function: Callable[..., Prepared], /, *arguments: Any) -> Prepared:
    """The peer of `apart` that calls in this process."""
    return function(*arguments)


def looked_at(data: bytes) -> Upload:
    return read_upload(MemoryRanges(data), MAX_BYTES, here)


def shown(upload: Upload) -> Image.Image:
    """The picture that was prepared, decoded."""
    image = Image.open(io.BytesIO(upload.picture.data))
    image.load()
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@cache
def gradient(width: int = 120, height: int = 100, mode: str = "RGB") -> Image.Image:
    """Dark above, bright below: one sees how it is turned."""
    return Image.linear_gradient("L").resize((width, height)).convert(mode)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8))


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of PNG."""
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    """A grey PNG of any declared size whose rows are `data`."""
    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def dicom_of(image: Image.Image, **elements: Any) -> bytes:
    """A DICOM file whose pixels are a grey picture."""
    dataset = make_image(rows=image.height, columns=image.width, **elements)
    dataset.add_new(0x7FE00010, "OW", image.convert("L").tobytes())
    return as_file(dataset)


def written(*lines: str, size: int = 24, background: Image.Image | None = None) -> Image.Image:
    """A picture with lines of text, white on black unless there is a background."""
    image = (background or Image.new("L", (768, 40 + 2 * size * len(lines)))).copy()
    font = ImageFont.load_default(size)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((20, 20 + 2 * size * number), line, fill=255, font=font)
    return image
