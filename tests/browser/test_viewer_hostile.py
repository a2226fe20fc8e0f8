"""Damaged and malicious files: a picture or a line, in bounded time, and nothing in the console."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pydicom.data
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site, Watch, watched

HOSTILE = Path(__file__).resolve().parents[3] / "shared/hostile/files"
SHIPPED = Path(pydicom.data.__file__).parent / "test_files"
LIMIT = 15
"""Seconds that a file may take on a machine that has more to do."""


@pytest.fixture(scope="module")
def page(chromium: Browser, viewer_site: Site) -> Iterator[Page]:
    with watched(chromium, viewer_site, Watch()) as page:
        yield page


def _ends(page: Page, site: Site, data: bytes) -> str:
    site.answers = {"/file": data}
    begun = time.monotonic()
    opened = page.evaluate("harness.open('/file')")
    assert time.monotonic() - begun < LIMIT
    assert opened["kind"] == "image" or opened["message"]
    kind: str = opened["kind"]
    return kind


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile files are not here")
def test_hostile_files_end_in_a_picture_or_a_line(page: Page, viewer_site: Site) -> None:
    for path in sorted(HOSTILE.iterdir()):
        _ends(page, viewer_site, path.read_bytes())
    assert _ends(page, viewer_site, (SHIPPED / "CT_small.dcm").read_bytes()) == "image"


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm"])
def test_a_file_that_is_cut_off_anywhere_ends_in_a_picture_or_a_line(page: Page, viewer_site: Site, name: str) -> None:
    data = (SHIPPED / name).read_bytes()
    for share in range(1, 16):
        _ends(page, viewer_site, data[: len(data) * share // 16])


@pytest.mark.parametrize(
    "name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "SC_rgb_jpeg_dcmtk.dcm"]
)
def test_a_file_with_turned_bytes_ends_in_a_picture_or_a_line(page: Page, viewer_site: Site, name: str) -> None:
    data = bytearray((SHIPPED / name).read_bytes())
    for at in range(len(data) // 3, len(data), len(data) // 20):
        turned = bytearray(data)
        turned[at : at + 8] = bytes(byte ^ 0xFF for byte in turned[at : at + 8])
        _ends(page, viewer_site, bytes(turned))
    assert _ends(page, viewer_site, bytes(data)) == "image"
