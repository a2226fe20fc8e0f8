"""The page in a real browser: the first picture after a drop, redrawing while a window is dragged, what is loaded."""

from __future__ import annotations

import base64
import functools
import gzip
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright
from pydicom.uid import ExplicitVRLittleEndian, HTJ2KLossless

from benchmarks.pictures import anatomy, build_image
from benchmarks.process import SCRATCH
from benchmarks.tables import milliseconds, show, size, table
from local.page import BUILT, build

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
OPENINGS = 7
MOVES = 80
FRAME = 0.016
"""Seconds that a redraw of 1024 x 1024 pixels may take: a frame of a screen."""

IMAGES = {
    "512 x 512, uncompressed": (ExplicitVRLittleEndian, 512, 512),
    "512 x 512, HTJ2K": (HTJ2KLossless, 512, 512),
    "1024 x 1024, uncompressed": (ExplicitVRLittleEndian, 1024, 1024),
    "2500 x 2140, uncompressed": (ExplicitVRLittleEndian, 2500, 2140),
}

WATCH = """
window.redraws = [];
const request = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => request((now) => {
  const began = performance.now();
  draw(now);
  window.redraws.push(performance.now() - began);
});
"""
"""Times every redraw, from outside the page."""

DROP = """
async (text) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], "image.dcm"));
  const painted = () => {
    const canvas = document.querySelector("canvas");
    if (!canvas || !canvas.width) return false;
    const middle = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 8, 8).data;
    return middle.some((value, at) => at % 4 < 3 && value > 0);
  };
  const began = performance.now();
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  while (!painted()) await new Promise((done) => setTimeout(done, 1));
  return performance.now() - began;
}
"""
"""Drops a file, and waits until the middle of the picture is there; milliseconds."""


def run() -> bool:
    """Measure and print; False where a redraw takes longer than a frame of a screen, True where there is no browser."""
    if not CHROMIUM.exists():
        show("page: left out, there is no Chromium (apt-get install --no-install-recommends chromium)")
        return True
    build()
    sizes()
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    rows, redraws = [], {}
    with served(BUILT) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        for name, (syntax, height, width) in IMAGES.items():
            path = build_image(SCRATCH / "image.dcm", syntax, [anatomy(height, width)])
            text = base64.b64encode(path.read_bytes()).decode()
            first = median(opened(browser, url, text) for _ in range(OPENINGS))
            redraws[name] = dragged(browser, url, text)
            rows.append([name, milliseconds(first), milliseconds(redraws[name])])
        browser.close()
    shutil.rmtree(SCRATCH)
    table(
        f"A file dropped on the page: medians of {OPENINGS} fresh pages and of {MOVES} redraws",
        ["image", "drop to picture, ms", "redraw while dragging, ms"],
        rows,
    )
    reached = redraws["1024 x 1024, uncompressed"] <= FRAME
    show(f"  {'reached' if reached else '[bold]MISSED[/bold]'}: 1024 x 1024 is redrawn within {FRAME * 1000:g} ms")
    return reached


def opened(browser: Browser, url: str, text: str) -> float:
    """Seconds from the drop to the picture, on a fresh page: the worker and its decoder are loaded on the way."""
    page = started(browser, url)
    took: float = page.evaluate(DROP, text)
    page.close()
    return took / 1000


def dragged(browser: Browser, url: str, text: str) -> float:
    """Seconds of a redraw while the window is dragged."""
    page = started(browser, url)
    page.evaluate(DROP, text)
    box = page.locator("canvas").first.bounding_box()
    if box is None:
        raise RuntimeError("the page shows no picture")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.redraws.length = 0")
    for move in range(MOVES):
        page.mouse.move(x + move, y + move / 2)
        page.wait_for_timeout(20)
    page.mouse.up()
    took: list[float] = page.evaluate("window.redraws")
    page.close()
    return median(took) / 1000


def started(browser: Browser, url: str) -> Page:
    """The page, ready for files."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script(WATCH)
    page.goto(url)
    page.locator("main button:visible").first.wait_for()
    return page


def sizes() -> None:
    """Print what the page loads: at once, with the first DICOM file, and with one that needs a decoder."""
    rows = []
    for path in sorted(BUILT.iterdir()):
        data = path.read_bytes()
        rows.append([path.name.rpartition("-")[0] or path.name, size(len(data)), size(len(gzip.compress(data)))])
    table("What the page is made of", ["file", "bytes", "gzip"], rows)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder on a port of loopback."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""
