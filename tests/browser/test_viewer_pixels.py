"""The viewer paints what the server draws: pixel by pixel, of every file that pydicom ships and of the shared corpus."""

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
from tests.browser.conftest import Site, Watch, watched

SHIPPED = Path(pydicom.data.__file__).parent / "test_files"
CORPUS = Path(__file__).resolve().parents[3] / "shared/dicom/files"
MOST_FRAMES = 4
"""Frames that are compared of one object: the first ones and the last."""

SERVERS: dict[str, str] = {}
"""Files that the browser leaves to the server, with the reason."""

NEAR: dict[str, str] = {}
"""Files of which some pixels differ by one grey level, with the reason."""


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
    except ServerlessDicomError as error:
        assert opened["kind"] != "image", f"the server refuses it ({type(error).__name__}), the viewer does not"
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
        assert found.get("more") == 0, f"frame {number}: {found}"
        if plain not in NEAR:
            assert found["one"] == 0, f"frame {number}: {found}"
