"""What the page's decoders make of samples of all widths is what the server's make, signed and unsigned."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site, Watch, watched
from tests.pictures import drawn, encapsulated, make_image, native

ROWS, COLUMNS = 37, 53
DICOM = "1.2.840.10008.1.2"


def _bits_alone(array: Any, bits: int) -> Any:
    return array.view(array.dtype.str.replace("i", "u")) & ((1 << bits) - 1)


ENCODERS: dict[str, tuple[str, Callable[[Any, int], Any]]] = {
    "JPEG 2000": (f"{DICOM}.4.90", lambda a, bits: imagecodecs.jpeg2k_encode(a, codecformat="j2k", bitspersample=bits)),
    "HTJ2K": (f"{DICOM}.4.201", lambda a, _: imagecodecs.htj2k_encode(a, reversible=True)),
    "JPEG-LS": (f"{DICOM}.4.80", lambda a, bits: imagecodecs.jpegls_encode(_bits_alone(a, bits))),
    "JPEG lossless": (
        f"{DICOM}.4.70",
        lambda a, bits: imagecodecs.jpeg8_encode(_bits_alone(a, bits), lossless=True, predictor=1, bitspersample=bits),
    ),
}


@pytest.fixture(scope="module")
def page(chromium: Browser, viewer_site: Site) -> Iterator[Page]:
    with watched(chromium, viewer_site, Watch()) as page:
        yield page


def _samples(bits: int, *, signed: bool) -> Any:
    down, across = np.mgrid[0:ROWS, 0:COLUMNS]
    levels = ((np.sin(across / 7) + np.cos(down / 5) + 2) / 4 * ((1 << bits) - 1)).astype(int)
    levels -= (1 << (bits - 1)) if signed else 0
    return levels.astype(f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}")


def _differing(page: Page, site: Site, data: bytes) -> Any:
    with Image.open(io.BytesIO(drawn(data).data)) as image:
        expected = np.asarray(image.convert("RGBA")).tobytes()
    site.answers = {"/file": data, "/expected": expected}
    opened = page.evaluate("harness.open('/file')")
    assert opened["kind"] == "image", opened["message"]
    found = page.evaluate("harness.compare('/expected')")
    return found["one"] + found["more"]


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("bits", [7, 8, 12, 16])
@pytest.mark.parametrize("name", ENCODERS)
def test_samples_of_all_widths(page: Page, viewer_site: Site, name: str, bits: int, *, signed: bool) -> None:
    uid, encode = ENCODERS[name]
    described = make_image(rows=ROWS, columns=COLUMNS, bits=bits, allocated=8 if bits <= 8 else 16, signed=signed)
    frame = bytes(encode(_samples(bits, signed=signed), bits))
    assert _differing(page, viewer_site, encapsulated(described, [frame], uid)) == 0


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize(("bits", "high"), [(7, 7), (10, 9), (12, 15), (12, 13)])
def test_bits_beside_the_stored_ones_are_ignored(
    page: Page, viewer_site: Site, bits: int, high: int, *, signed: bool
) -> None:
    allocated = 8 if bits <= 8 else 16
    low = high + 1 - bits
    samples = (_samples(bits, signed=signed).astype(int) & ((1 << bits) - 1)) << low
    beside = np.random.default_rng(1).integers(0, 1 << allocated, samples.shape) & ~(((1 << bits) - 1) << low)
    described = make_image(
        rows=ROWS, columns=COLUMNS, bits=bits, allocated=allocated, signed=signed, HighBit=high, RescaleIntercept="-9"
    )
    data = (samples | beside).astype(f"<u{allocated // 8}").tobytes()
    assert _differing(page, viewer_site, native(described, data)) == 0


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("space", ["RGB", "YCBCR"])
def test_colours_of_jpeg(page: Page, viewer_site: Site, photometric: str, space: str) -> None:
    grey = _samples(8, signed=False)
    colours = np.stack([grey, grey[::-1], grey[:, ::-1]], -1)
    frame = bytes(imagecodecs.jpeg8_encode(colours, level=90, outcolorspace=space))
    described = make_image(photometric, rows=ROWS, columns=COLUMNS)
    assert _differing(page, viewer_site, encapsulated(described, [frame], f"{DICOM}.4.50")) == 0
