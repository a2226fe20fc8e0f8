"""The archive on the page: image sets by study, frames decoded in the browser, imports and what becomes of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.page.archive import Archive, Set, frame_id
from tests.browser.page.conftest import log_in, violations
from tests.browser.page.peer import Peer
from tests.browser.page.test_shell import SCREENS
from tests.browser.page.wire import Reply

WINDOW = {"RescaleSlope": "1", "RescaleIntercept": "0", "WindowCenter": ["40"], "WindowWidth": ["400"]}
REFUSED = {
    "file": "study/DOE^JANE.dcm",
    "code": "validation_exception",
    "message": "StudyInstanceUID of Doe is missing",
}
PARTIAL = {
    "status": "partial",
    "updatedAt": "2024-03-01T10:13:12+00:00",
    "counts": {"found": 12, "skipped": 1, "imported": 10, "failed": 1, "imageSets": 2, "framesVerified": 31},
    "skipped": {"dicomdir": 1},
    "failures": [REFUSED],
}
DIFFERS = {
    "status": "failed",
    "counts": {"found": 1, "imported": 1, "imageSets": 1, "framesVerified": 1, "framesMismatched": 1},
    "frames": [{"frame": 3, "instance": "1.2.3.1", "reason": "the checksum is 1, the metadata say 2"}],
    "error": {"code": "frames_differ", "message": "1 of 1 stored frames are not what was imported"},
}


def slice_at(number: int) -> NDArray[Any]:
    """A slice of a round body with a ball in it that wanders."""
    y, x = np.mgrid[:64, :64]
    body = np.where(np.hypot(x - 32, y - 32) < 28, 30 + 5 * np.sin(x / 3), -1000)
    return np.where(np.hypot(x - 20 - number, y - 30) < 5, 300, body).astype("<i2")


def series(number: int, study: str = "1.2.3", instances: int = 3, **more: Any) -> Set:
    built = Set(frame_id(100 + number), study=study, **more)
    for at in range(1, instances + 1):
        built.add(f"1.2.9.{number}.{at}", slice_at(at), number=str(at), **WINDOW)
    return built


def filled() -> Archive:
    """Two series of a study, one of them with a report, and one of another, of several frames, which is not primary."""
    archive = Archive()
    archive.add(series(1)).add("1.2.9.1.9", number="9", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    archive.add(series(2))
    multi = Set(frame_id(103), study="1.2.4", primary=False)
    multi.add("1.2.9.3.1", *[slice_at(at) for at in range(5)], **WINDOW)
    archive.add(multi, StudyDescription="Thorax")
    return archive


@pytest.fixture
def archive(logged_in: Page, peer: Peer) -> Page:
    """The tab, logged in."""
    peer.archive = filled()
    logged_in.reload()
    logged_in.get_by_role("link", name="Archive").click()
    return logged_in


def search(page: Page) -> Locator:
    page.locator(".archive").get_by_role("button", name="Search").click()
    table = page.get_by_role("table")
    expect(table).to_be_visible()
    return table


def open_set(page: Page, number: int) -> None:
    search(page)
    page.get_by_role("button", name=f"Open image set {number}", exact=True).click()
    expect(page.locator(".stage-status:visible")).to_contain_text("checksum as imported")


def current(page: Page) -> Locator:
    return page.locator(".archive .pick[aria-current]")


def test_a_stack_without_an_archive_has_no_such_tab(page: Page, peer: Peer) -> None:
    expect(page.get_by_role("link", name="Studies")).to_be_visible()
    expect(page.get_by_role("link", name="Archive")).to_have_count(0)
    page.goto(f"{peer.origin}/?x#archive")
    expect(page.get_by_role("link", name="Analyse")).to_have_attribute("aria-current", "page")


def test_a_search_keeps_patients_out_of_the_address_and_shows_sets_by_study(archive: Page, peer: Peer) -> None:
    form = archive.locator(".archive .search")
    form.get_by_label("Patient ID").fill("PAT-4711")
    form.get_by_label("From").fill("2024-01-01")
    form.get_by_label("Also those that are not primary").check()
    table = search(archive)
    (asked,) = [call.json for call in peer.called("POST", "/live/image-sets")]
    assert asked == {"patientId": "PAT-4711", "studyDate": "20240101-", "all": True, "limit": 25}
    assert "4711" not in archive.url
    expect(table.locator("tr.group")).to_have_count(2)
    expect(table.locator("tbody").nth(1)).to_contain_text("Thorax")
    expect(table.locator("tbody").nth(1)).to_contain_text("not primary")
    assert not [word for word in ("Zzyzx", "PAT-4711", "ACC-1", "2024-02-29") if word in table.inner_text()]
    archive.get_by_role("button", name="Show patient data").click()
    expect(table).to_contain_text("Zzyzx^Quentin")


def test_frames_of_a_series_are_a_stack_that_is_checked(archive: Page, peer: Peer) -> None:
    open_set(archive, 1)
    expect(archive.locator(".archive .objects .pick:not(.set)")).to_have_count(4)
    expect(current(archive)).to_contain_text("CT 1")
    expect(archive.locator(".viewer-count")).to_have_text("1 / 3")
    archive.locator(".archive canvas").hover()
    archive.mouse.wheel(0, 100)
    expect(archive.locator(".viewer-count")).to_have_text("2 / 3")
    expect(current(archive)).to_contain_text("CT 2")
    expect(archive.locator(".stage-status:visible")).to_have_text("CT 2 · checksum as imported")
    archive.get_by_role("button", name="CT 3").click()
    expect(archive.locator(".viewer-count")).to_have_text("3 / 3")
    assert len(peer.called("GET", "/live/image-sets/" + frame_id(101) + "/frames/")) == 3


def test_a_report_among_them_has_a_header_and_no_picture(archive: Page) -> None:
    open_set(archive, 1)
    archive.get_by_role("button", name="CT 9").click()
    expect(archive.get_by_text("this kind of object has no picture")).to_be_visible()
    archive.get_by_role("button", name="CT 1").click()
    expect(archive.locator(".viewer-count")).to_have_text("1 / 3")


def test_other_series_of_the_study_are_at_hand(archive: Page) -> None:
    open_set(archive, 1)
    expect(archive.locator(".archive .pick.set")).to_have_count(2)
    archive.locator(".archive .pick.set").nth(1).click()
    expect(archive.locator(".archive .pick.set").nth(1)).to_have_attribute("aria-expanded", "true")
    expect(archive.locator(".archive .objects .pick:not(.set)")).to_have_count(3)
    expect(archive.locator(".stage-status:visible")).to_contain_text("checksum as imported")
    archive.get_by_role("link", name="Studies").click()
    archive.get_by_role("link", name="Archive").click()
    expect(archive.locator(".archive .pick.set").nth(1)).to_have_attribute("aria-expanded", "true")
    archive.get_by_role("button", name="All image sets").click()
    expect(archive.get_by_role("table")).to_be_visible()


def test_a_frame_that_is_not_what_was_imported_is_told(archive: Page, peer: Peer) -> None:
    assert peer.archive
    frames = peer.archive.sets[0][1].frames
    frames[frame_id(2)] = frames[frame_id(1)]
    open_set(archive, 1)
    archive.get_by_role("button", name="CT 2").click()
    expect(archive.locator(".stage-status:visible")).to_have_text("CT 2 · checksum differs: not what was imported")
    expect(archive.get_by_text("This frame is not what was imported")).to_be_visible()


def test_a_frame_that_cannot_be_decoded_is_told_and_leaves_the_others(archive: Page, peer: Peer) -> None:
    assert peer.archive
    peer.archive.sets[0][1].frames[frame_id(1)] = b"no codestream"
    search(archive)
    archive.get_by_role("button", name="Open image set 1", exact=True).click()
    expect(archive.locator(".viewer-line")).not_to_be_empty()
    expect(archive.locator(".stage-status:visible")).to_have_text("CT 1")
    archive.get_by_role("button", name="CT 2").click()
    expect(archive.locator(".stage-status:visible")).to_have_text("CT 2 · checksum as imported")


def test_frames_that_are_too_large_for_an_answer_come_from_the_bucket(archive: Page, peer: Peer) -> None:
    assert peer.archive
    frames = peer.archive.sets[0][1].frames
    peer.archive.elsewhere = peer.bucket
    peer.files = {f"/converted/{name}.bin": data for name, data in frames.items()}
    open_set(archive, 1)
    assert peer.called("GET", "/converted/")


def test_a_frame_that_is_throttled_is_asked_for_again(archive: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    path = f"/live/image-sets/{frame_id(101)}/frames/"
    peer.replies["GET", path] = [Reply.json({"message": "Too Many Requests"}, 429)]
    open_set(archive, 1)
    assert len(peer.called("GET", path)) >= 2


def test_an_image_set_that_is_gone_says_what_to_do(archive: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    search(archive)
    path = f"/live/image-sets/{frame_id(101)}"
    peer.replies["GET", path] = [Reply.error(404, "image_set_not_found", "there is none in this data store")]
    archive.get_by_role("button", name="Open image set 1", exact=True).click()
    alert = archive.locator(".archive").get_by_role("alert")
    expect(alert).to_contain_text("Search anew")
    alert.get_by_role("button", name="Try again").click()
    expect(archive.locator(".stage-status:visible")).to_contain_text("checksum as imported")


def test_pages_go_on_and_back(archive: Page, peer: Peer) -> None:
    assert peer.archive
    for number in range(10, 30):
        peer.archive.add(series(number, study=f"1.2.5.{number}", instances=1))
    archive.locator(".archive .search").get_by_label("Per page").select_option("10")
    search(archive)
    archive.get_by_role("button", name="Next").click()
    expect(archive.get_by_text("Page 2", exact=True)).to_be_visible()
    archive.go_back()
    expect(archive.get_by_text("Page 1", exact=True)).to_be_visible()


def start_import(page: Page, source: str = "s3://bucket/DOE^JANE/") -> None:
    page.get_by_role("button", name="Imports").click()
    page.get_by_label("Source").fill(source)
    page.get_by_role("button", name="Import", exact=True).click()


def test_an_import_is_followed_to_its_end_with_the_files_that_were_refused(archive: Page, peer: Peer) -> None:
    assert peer.archive
    going = {"status": "importing", "counts": {"found": 12}, "shards": [{"imported": 6}]}
    peer.archive.steps = [{"status": "planning"}, going, PARTIAL]
    start_import(archive)
    card = archive.locator(".job")
    expect(card.get_by_role("heading")).to_have_text("Importing")
    expect(card.get_by_role("progressbar")).to_have_attribute("value", "0.5")
    expect(card.get_by_role("heading")).to_have_text("Partly imported")
    assert peer.called("POST", "/live/imports")[0].json == {"source": "s3://bucket/DOE^JANE/"}
    card.get_by_text("Refused files").click()
    expect(card).to_contain_text("validation_exception")
    assert not [word for word in ("DOE", "Doe") if word in card.inner_text()]
    card.get_by_role("button", name="Show patient data").click()
    expect(card).to_contain_text("study/DOE^JANE.dcm StudyInstanceUID of Doe is missing")
    kept = archive.evaluate("JSON.stringify([history.state, {...localStorage}, {...sessionStorage}])")
    assert "DOE" not in kept
    card.get_by_role("button", name="Search image sets").click()
    expect(archive.locator(".archive .search")).to_be_visible()


def test_imports_are_there_after_a_reload_until_the_logout(archive: Page, peer: Peer) -> None:
    assert peer.archive
    peer.archive.steps = [PARTIAL]
    start_import(archive)
    expect(archive.locator(".job")).to_contain_text("Partly imported")
    archive.reload()
    archive.get_by_role("button", name="Imports").click()
    expect(archive.locator(".job")).to_contain_text("Partly imported")
    archive.get_by_role("button", name="Log out").click()
    expect(archive.get_by_role("button", name="Log in").first).to_be_visible()
    assert archive.evaluate("sessionStorage.getItem('imports')") is None


def test_an_import_with_a_wrong_frame_names_it(archive: Page, peer: Peer) -> None:
    assert peer.archive
    peer.archive.steps = [DIFFERS]
    start_import(archive)
    card = archive.locator(".job")
    expect(card.get_by_role("alert")).to_contain_text("Do not rely on this image set")
    card.get_by_text("Frames that differ", exact=True).last.click()
    expect(card).to_contain_text("Frame 3 of 1.2.3.1")


def test_an_import_that_may_not_be_is_told(archive: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    peer.replies["POST", "/live/imports"] = [Reply.error(403, "source_not_allowed", "source is in no allowed bucket")]
    start_import(archive)
    expect(archive.locator(".imports").get_by_role("alert")).to_contain_text("source is in no allowed bucket")
    expect(archive.get_by_role("button", name="Import", exact=True)).to_be_enabled()


def test_without_a_login_it_is_asked_for(page: Page, peer: Peer) -> None:
    peer.archive = filled()
    page.reload()
    page.get_by_role("link", name="Archive").click()
    expect(page.get_by_text("Searching the archive needs a login.")).to_be_visible()
    page.get_by_role("button", name="Imports").click()
    expect(page.get_by_text("Importing needs a login.")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()


def test_it_can_be_walked_through_by_keys_alone(archive: Page) -> None:
    archive.get_by_role("button", name="Image sets").focus()
    archive.keyboard.press("Tab")
    archive.keyboard.press("Tab")
    archive.keyboard.press("Enter")
    archive.locator(".archive .search").get_by_label("Patient ID").press("Enter")
    archive.get_by_role("button", name="Open image set 1", exact=True).press("Enter")
    expect(archive.locator(".stage-status:visible")).to_contain_text("checksum as imported")
    archive.get_by_role("button", name="CT 2").press("Enter")
    expect(archive.get_by_role("button", name="CT 2")).to_be_focused()
    archive.locator(".archive canvas").focus()
    archive.keyboard.press("ArrowRight")
    expect(current(archive)).to_contain_text("CT 3")
    archive.keyboard.press("Home")
    expect(current(archive)).to_contain_text("CT 1")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_view_is_accessible_and_fits(
    opened: Callable[..., Any], peer: Peer, screenshots: Path, screen: str
) -> None:
    peer.archive = filled()
    peer.archive.steps = [PARTIAL]
    with opened(**SCREENS[screen]) as page:

        def look(view: str) -> None:
            page.screenshot(path=screenshots / f"archive-{view}-{screen}.png")
            assert violations(page) == [], view
            assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), view

        log_in(page)
        page.get_by_role("link", name="Archive").click()
        look("form")
        page.locator(".archive .search").get_by_label("Also those that are not primary").check()
        search(page)
        look("table")
        page.get_by_role("switch", name="Show patient data").check()
        look("shown")
        page.get_by_role("button", name="Open image set 1", exact=True).click()
        expect(page.locator(".stage-status:visible")).to_contain_text("checksum as imported")
        look("set")
        page.locator(".viewer").get_by_role("button", name="Header").click()
        expect(page.locator(".viewer-elements tbody tr").first).to_be_visible()
        look("header")
        page.get_by_role("button", name="All image sets").click()
        page.get_by_role("button", name="Imports").click()
        look("imports")
        page.get_by_label("Source").fill("s3://bucket/study/")
        page.get_by_role("button", name="Import", exact=True).click()
        page.get_by_text("Refused files").click()
        look("partial")
        peer.archive.steps = [DIFFERS]
        page.get_by_label("Source").fill("s3://bucket/study/")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_text("Do not rely")).to_be_visible()
        look("failed")
