"""The viewer paints what the server draws, pixel by pixel: every file that pydicom ships, and the shared corpus."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.data
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import RenderOptions, open_image, render
from serverless_dicom.image.options import Window
from tests.browser.conftest import Site, Watch, watched

SHIPPED = Path(pydicom.data.__file__).parent / "test_files"
CORPUS = Path(__file__).resolve().parents[3] / "shared/dicom/files"
MOST_FRAMES = 4
"""Frames that are compared of one object: the first ones and the last."""

TWELVE_BITS = "WebAssembly's libjpeg-turbo reads lossy JPEG of 8 bits, not of 12"
JPEG_XL = "no decoder of JPEG XL is shipped with the page"

SERVERS = {
    "JPEG-lossy.dcm": TWELVE_BITS,
    "JPGExtended.dcm": TWELVE_BITS,
    "CT0012.fragmented_no_bot_jpeg_baseline.51.dcm": TWELVE_BITS,
    "jpeg_progressive_55.dcm": TWELVE_BITS,
    "jpeg_spectral_53.dcm": TWELVE_BITS,
    "jxl_jpeg_recompression.dcm": JPEG_XL,
    "jxl_lossless_gray12_2f.dcm": JPEG_XL,
    "jxl_lossy_rgb.dcm": JPEG_XL,
}
"""Files that the browser leaves to the server, with the reason."""


def _files() -> dict[str, Path]:
    shipped = {path.name: path for path in sorted(SHIPPED.rglob("*")) if path.suffix != ".py"}
    shared = {f"shared {path.name}": path for path in sorted(CORPUS.iterdir())} if CORPUS.is_dir() else {}
    return {name: path for name, path in shipped.items() if path.is_file()} | shared


@pytest.fixture(scope="module")
def page(chromium: Browser, viewer_site: Site) -> Iterator[Page]:
    with watched(chromium, viewer_site, Watch()) as page:
        yield page


def _drawn(data: bytes, number: int, **options: Any) -> bytes:
    """RGBA of a frame as the server draws it."""
    frame = open_image(MemoryRanges(data)).frame(number, overlays=bool(options.get("overlays")))
    picture = render(frame, RenderOptions(format="png", **options))
    with Image.open(io.BytesIO(picture.data)) as image:
        return np.asarray(image.convert("RGBA")).tobytes()


def _frames(data: bytes) -> list[int]:
    count = open_image(MemoryRanges(data)).number_of_frames
    return sorted({*range(1, min(count, MOST_FRAMES) + 1), count})


@pytest.mark.parametrize("name", _files())
def test_it_paints_what_the_server_draws(page: Page, viewer_site: Site, name: str) -> None:
    data = _files()[name].read_bytes()
    viewer_site.answers = {"/file": data}
    opened = page.evaluate("harness.open('/file')")
    try:
        expected = {number: _drawn(data, number) for number in _frames(data)}
    except ServerlessDicomError:
        assert opened["kind"] != "image"
        assert opened["message"]
        return
    plain = name.removeprefix("shared ").split("__")[-1]
    if plain in SERVERS:
        assert opened["kind"] == "unsupported"
        return
    assert opened["kind"] == "image", opened["message"]
    for number, pixels in expected.items():
        viewer_site.answers["/expected"] = pixels
        page.evaluate("(number) => harness.viewer.go(number)", number)
        found = page.evaluate("harness.compare('/expected')")
        assert found["one"] + found["more"] == 0, f"frame {number}: {found}"


OVERLAID = ["examples_overlay.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm"]


@pytest.mark.parametrize("name", [one for one in _files() if one.removeprefix("shared ").split("__")[-1] in OVERLAID])
def test_it_draws_overlays_as_the_server_does(page: Page, viewer_site: Site, name: str) -> None:
    data = _files()[name].read_bytes()
    viewer_site.answers = {"/file": data, "/expected": _drawn(data, 1, overlays=True)}
    page.evaluate("harness.open('/file')")
    page.get_by_role("button", name="Overlay planes").click()
    found = page.evaluate("harness.compare('/expected')")
    page.get_by_role("button", name="Overlay planes").click()
    assert found["one"] + found["more"] == 0
    assert page.evaluate("harness.compare('/expected')")["more"] > 0


@pytest.mark.parametrize(("key", "preset"), list(enumerate(["soft-tissue", "lung", "liver", "bone", "brain"], 1)))
def test_presets_are_the_servers(page: Page, viewer_site: Site, key: int, preset: str) -> None:
    data = (SHIPPED / "CT_small.dcm").read_bytes()
    viewer_site.answers = {"/file": data, "/expected": _drawn(data, 1, window=Window(preset=preset))}
    page.evaluate("harness.open('/file')")
    page.locator("canvas").focus()
    page.keyboard.press(str(key))
    assert page.evaluate("harness.compare('/expected')")["equal"] == 128 * 128


@pytest.mark.parametrize(("center", "width"), [(40, 400), (-37.5, 0.5), (1000, 1), (3, 7)])
def test_windows_are_the_servers(page: Page, viewer_site: Site, center: float, width: float) -> None:
    for name in ("CT_small.dcm", "MR_small.dcm", "parametric_map_float.dcm"):
        file = _files().get(name) or _files().get(f"shared pydicom-data__{name}")
        if file is None:
            continue
        data = file.read_bytes()
        viewer_site.answers = {"/file": data, "/expected": _drawn(data, 1, window=Window(center, width))}
        page.evaluate("harness.open('/file')")
        page.evaluate("([center, width]) => harness.window(center, width)", [center, width])
        found = page.evaluate("harness.compare('/expected')")
        assert found["one"] + found["more"] == 0, name
