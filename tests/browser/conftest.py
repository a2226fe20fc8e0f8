"""A real browser, the built page and a server of it, under the policy that the deployed page has."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
NODE = ROOT / ".venv/bin/node"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The Content-Security-Policy of the site, with no other host."""

TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".txt": "text/plain",
}


@dataclass
class Site:
    """A folder on a loopback port, with its answers to paths that are in no folder: `site.answers["/x"] = bytes`."""

    folder: Path
    answers: dict[str, bytes | Callable[[], bytes]] = field(default_factory=dict)
    origin: str = ""

    def __enter__(self) -> Self:
        """Begin to answer."""
        handler = functools.partial(_Handler, self)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str) -> tuple[bytes, str] | None:
        """The body at a path and its media type; None where there is nothing."""
        if path in self.answers:
            found = self.answers[path]
            return (found if isinstance(found, bytes) else found()), "application/octet-stream"
        name = path.removeprefix("/") or "index.html"
        file = self.folder / name
        if "/" in name or not file.is_file():
            return None
        return file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site: Site, *arguments: Any) -> None:
        self._site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        found = self._site.answer(urlsplit(self.path).path)
        body, kind = found or (b"", "text/plain")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: pytest shows what matters."""


def built(page: Path, out: Path) -> Path:
    """Build the page of a folder. Skips, with the reason, where the packages of the front end are not installed."""
    node = str(NODE) if NODE.exists() else shutil.which("node")
    if node is None or not (FRONTEND / "node_modules").is_dir():
        pytest.skip("the front end's packages are not installed: make site")
    subprocess.run([node, FRONTEND / "build.mjs", "--page", page, "--out", out], check=True, cwd=FRONTEND)
    return out


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, skipping with a reason where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium: apt-get install --no-install-recommends chromium fonts-dejavu-core")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page itself."""
    with Site(built(FRONTEND / "src", tmp_path_factory.mktemp("page"))) as site:
        yield site


@pytest.fixture(scope="session")
def viewer_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The viewer alone, on a page for tests."""
    with Site(built(Path(__file__).parent / "harness", tmp_path_factory.mktemp("viewer"))) as site:
        yield site


@dataclass
class Watch:
    """What a page did that it must not: messages of the console, of scripts and of the policy, and foreign requests.

    `allowed` are origins beside the page's own; `expected`, patterns of the messages that a test is about.
    """

    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext, origin: str) -> None:
        """Watch all pages of a context."""
        self.allowed.append(origin)
        context.on("console", lambda message: self._note(message.type, message.text))
        context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        context.on("request", lambda request: self._request(request.url))

    def _note(self, kind: str, text: str) -> None:
        self.complaints.append(f"console {kind}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith(("blob:", "data:")) and not any(url.startswith(one) for one in self.allowed):
            self.complaints.append(f"foreign request: {url}")

    def verdict(self) -> list[str]:
        """Complaints that no test expected."""
        return [one for one in self.complaints if not any(re.search(pattern, one) for pattern in self.expected)]


@contextmanager
def watched(browser: Browser, site: Site, watch: Watch | None = None, **options: Any) -> Iterator[Page]:
    """A page of the site in a context of its own; what it must not do fails the test. `options` are Playwright's."""
    watch = watch or Watch()
    context = browser.new_context(base_url=site.origin, **({"viewport": {"width": 1400, "height": 900}} | options))
    context.set_default_timeout(20_000)
    watch.over(context, site.origin)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()
    assert not watch.verdict()


@pytest.fixture
def watch() -> Watch:
    """What the test's page is held to; a test may allow or expect more."""
    return Watch()


@pytest.fixture
def viewer_page(chromium: Browser, viewer_site: Site, watch: Watch) -> Iterator[Page]:
    """A page with the viewer alone, as `window.harness.viewer`."""
    with watched(chromium, viewer_site, watch) as page:
        yield page


@pytest.fixture
def main_page(chromium: Browser, page_site: Site, watch: Watch) -> Iterator[Page]:
    """The page itself, at its beginning."""
    with watched(chromium, page_site, watch) as page:
        yield page


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures for a person to look at are kept: SCREENSHOTS, or .local/screenshots."""
    folder = Path(os.environ.get("SCREENSHOTS", ROOT / ".local/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
