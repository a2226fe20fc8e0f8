"""What is true of the whole page: keys, colours, small screens, accessibility."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pydicom.data import get_testdata_file

from tests.browser.conftest import Watch
from tests.browser.page.conftest import drop, log_in, violations
from tests.browser.page.peer import LABELS, Peer, picture
from tests.browser.page.test_studies import dicom_object, study
from tests.browser.page.wire import Reply

CT = Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()
FOUND = {"text": "DOE JANE", "confidence": 97.1, "box": {"left": 0.05, "top": 0.02, "width": 0.3, "height": 0.06}}
BURNED = LABELS | {"text": [FOUND], "burnedInText": [FOUND | {"matches": ["PatientName"]}]}
SCREENS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1400, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1400, "height": 900}},
    "tablet": {"color_scheme": "dark", "viewport": {"width": 1024, "height": 768}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 360, "height": 640}},
}


@pytest.mark.parametrize("screen", SCREENS)
def test_every_view_is_accessible_and_fits(
    opened: Callable[..., Any], peer: Peer, watch: Watch, screenshots: Path, screen: str
) -> None:
    watch.expected.append("Failed to load resource")
    peer.studies = [study(number) for number in range(30)]
    peer.objects = [dicom_object(peer, number) for number in range(4)]
    peer.files = {f"/objects/{number}.dcm": CT for number in range(4)}
    peer.results = BURNED
    with opened(**SCREENS[screen]) as page:

        def look(view: str) -> None:
            page.screenshot(path=screenshots / f"page-{view}-{screen}.png")
            assert violations(page) == [], view
            assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), view

        look("empty")
        log_in(page)
        drop(page, ("a.dcm", CT), ("b.png", picture("png")), ("c.dcm", b""))
        expect(page.get_by_role("region", name="Results")).to_contain_text("Patient data in the picture itself")
        look("results")
        page.get_by_role("button", name="File 3").first.click()
        expect(page.get_by_text("The file is empty.")).to_be_visible()
        look("failed")
        page.get_by_role("link", name="Convert").click()
        look("convert-form")
        page.get_by_label("Address").fill("s3://inbox/1.dcm")
        page.get_by_role("button", name="Convert", exact=True).click()
        expect(page.get_by_role("img", name="JPEG")).to_be_visible()
        look("convert")
        peer.replies["POST", "/live/convert"] = [Reply.error(400, "invalid_request", "a; b")]
        page.get_by_role("button", name="Convert", exact=True).click()
        expect(page.locator(".convert").get_by_role("alert")).to_be_visible()
        look("convert-failed")
        page.get_by_role("link", name="Studies").click()
        look("studies-form")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("table")).to_be_visible()
        look("studies")
        page.get_by_role("button", name="Open study 2", exact=True).click()
        expect(page.get_by_role("button", name="Convert this object")).to_be_visible()
        look("study")


def test_what_axe_finds_is_heard_of(page: Page) -> None:
    expect(page.get_by_role("banner")).to_be_visible()
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert violations(page)


def test_the_colours_chosen_are_kept_and_nothing_else(page: Page) -> None:
    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = background()
    page.get_by_label("Colours").select_option("dark")
    dark = background()
    assert dark != light
    page.reload()
    expect(page.get_by_label("Colours")).to_have_value("dark")
    assert background() == dark
    assert page.evaluate("({...localStorage})") == {"theme": "dark"}
    page.get_by_label("Colours").select_option("auto")
    assert page.evaluate("localStorage.length") == 0
    page.emulate_media(color_scheme="dark")
    assert background() == dark


def test_the_page_can_be_walked_through_by_keys_alone(logged_in: Page) -> None:
    page = logged_in
    page.on("filechooser", lambda _: None)  # from now on choosers are Playwright's: it takes a moment
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose files")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    png = {"mimeType": "image/png", "buffer": picture("png")}
    chooser.value.set_files([{"name": "a.png", **png}, {"name": "b.png", **png}])
    first = page.locator(".pick").first
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".pick").nth(1)).to_be_focused()
    expect(page.locator(".pick").nth(1)).to_have_attribute("aria-current", "true")
    outline = page.locator(".pick").nth(1).evaluate("pick => getComputedStyle(pick).outlineStyle")
    assert outline == "solid"
    expect(page.locator(".row").nth(1)).to_contain_text("3 labels")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove File 2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    expect(first).to_be_focused()
    page.get_by_role("link", name="Convert").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Address").fill("s3://inbox/1.dcm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="JPEG")).to_be_visible()


def test_progress_is_told_politely(logged_in: Page) -> None:
    drop(logged_in, ("a.png", picture("png")))
    expect(logged_in.locator("[aria-live=polite]").last).to_have_text("1 file · 1 analysed")


def test_it_says_that_it_is_not_for_diagnoses(page: Page) -> None:
    for tab in ("Analyse", "Convert", "Studies"):
        page.get_by_role("link", name=tab).click()
        expect(page.get_by_role("contentinfo")).to_contain_text("Not for diagnostic use.")
        expect(page).to_have_title(f"{tab} · Serverless DICOM")
