"""The page in a browser, with a peer of its service."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FRONTEND, Watch, built, watched
from tests.browser.page.peer import Peer

expect.set_options(timeout=20_000)  # machines that test are busy
AXE = FRONTEND / "node_modules/axe-core/axe.min.js"

DROP = """([target, files]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  for (const type of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built."""
    return built(FRONTEND / "src", tmp_path_factory.mktemp("page"))


@pytest.fixture
def peer(page_folder: Path) -> Iterator[Peer]:
    """The service."""
    with Peer(page_folder) as peer:
        yield peer


@pytest.fixture
def opened(chromium: Browser, peer: Peer, watch: Watch) -> Callable[..., Any]:
    """Opens the page, in a context of its own; `options` are Playwright's."""
    watch.allowed += [peer.bucket, peer.login]
    return lambda **options: watched(chromium, peer, watch, **options)


@pytest.fixture
def page(opened: Callable[..., Any]) -> Iterator[Page]:
    """The page, logged out."""
    with opened() as page:
        yield page


@pytest.fixture
def logged_in(page: Page) -> Page:
    """The page, logged in through the login's own page."""
    return log_in(page)


def log_in(page: Page) -> Page:
    """Go through the login's page and come back."""
    page.get_by_role("banner").get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    return page


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """Drop files onto the page."""
    body = page.query_selector("body")
    page.evaluate(DROP, [body, [(name, base64.b64encode(data).decode()) for name, data in files]])


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, as `rule: element`."""
    page.evaluate(AXE.read_text("utf-8") + "; 0")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}" for one in found for node in one["nodes"]
    ]
