"""Files dropped on the page: shown at once, uploaded, processed, labelled."""

import threading
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page, expect
from pydicom.data import get_testdata_file

from tests.browser.page.conftest import drop
from tests.browser.page.peer import LABELS, Peer, picture

CT = Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()
PATIENT = "DOE^JANE.dcm"


def row(page: Page, number: int) -> Locator:
    return page.locator(".row").nth(number - 1)


def results(page: Page) -> Locator:
    return page.get_by_role("region", name="Results")


def stage(page: Page) -> Locator:
    return page.locator(".analyse .stage")


def coloured(page: Page) -> bool:
    """Whether the picture, which is grey, has colours in it: those of boxes."""
    page.wait_for_timeout(200)
    with Image.open(BytesIO(stage(page).locator("canvas").first.screenshot())) as shot:
        red, _, blue = shot.convert("RGB").split()
        return int(ImageChops.difference(red, blue).getextrema()[1]) > 100


def test_a_dropped_object_is_shown_before_the_service_has_it(logged_in: Page, peer: Peer) -> None:
    peer.hold = threading.Event()
    drop(logged_in, (PATIENT, CT))
    expect(logged_in.locator(".stage canvas").first).to_be_visible()
    expect(row(logged_in, 1)).to_contain_text("Uploading")
    assert not peer.called("GET", "/live/results")
    peer.hold.set()
    expect(row(logged_in, 1)).to_contain_text("3 labels")


def test_it_goes_through_all_steps_to_labels(logged_in: Page, peer: Peer) -> None:
    peer.polls = 2
    drop(logged_in, (PATIENT, CT))
    expect(results(logged_in).locator(".steps .now")).to_have_text("Processing")
    expect(row(logged_in, 1)).to_contain_text("Processing")
    expect(results(logged_in)).to_contain_text("X-Ray98.6%Medical Imaging")
    expect(results(logged_in)).to_contain_text("Person91.2%2 boxes")
    expect(results(logged_in)).to_contain_text("frame 1 of 4 was analysed")
    expect(results(logged_in)).to_contain_text("Simulated")
    expect(results(logged_in)).to_contain_text("Not for diagnostic use.")
    bar = results(logged_in).locator(".confidence i").first
    assert bar.evaluate("bar => bar.getBoundingClientRect().width / bar.parentElement.clientWidth") > 0.98


def test_the_upload_is_of_the_granted_type_and_without_the_login(logged_in: Page, peer: Peer) -> None:
    drop(logged_in, (PATIENT, CT))
    expect(row(logged_in, 1)).to_contain_text("3 labels")
    (asked,) = peer.called("POST", "/live/uploads")
    assert asked.json == {"fileName": "file-1", "fileType": "application/dicom", "fileSize": len(CT)}
    (put,) = peer.called("PUT", "/uploads")
    assert put.body == CT
    assert put.headers["content-type"] == "application/dicom"
    assert "authorization" not in put.headers


def test_polls_wait_as_long_as_the_service_asks(logged_in: Page, peer: Peer) -> None:
    peer.polls = 3
    drop(logged_in, (PATIENT, CT))
    expect(row(logged_in, 1)).to_contain_text("3 labels")
    assert len(peer.called("GET", "/live/results")) == 4


def test_boxes_follow_the_chosen_label(logged_in: Page, peer: Peer) -> None:
    box = {"left": 0, "top": 0, "width": 0.4, "height": 0.1}
    found = {"text": "DOE JANE", "confidence": 97.1, "matches": ["PatientName"], "box": box}
    peer.results = LABELS | {"burnedInText": [found]}
    drop(logged_in, ("a.png", picture("png")))
    person = results(logged_in).get_by_role("button", name="Person")
    expect(stage(logged_in)).to_have_attribute("data-boxes", "3")
    assert coloured(logged_in)
    person.click()
    expect(person).to_have_attribute("aria-pressed", "true")
    expect(stage(logged_in)).to_have_attribute("data-boxes", "2")
    person.click()
    expect(person).to_have_attribute("aria-pressed", "false")
    expect(stage(logged_in)).to_have_attribute("data-boxes", "3")


def test_boxes_of_a_picture_of_another_shape_are_drawn_on_that_picture(logged_in: Page, peer: Peer) -> None:
    peer.results = LABELS | {"width": 640, "height": 80}
    drop(logged_in, ("a.png", picture("png")))
    expect(results(logged_in)).to_contain_text("which has another shape")
    expect(stage(logged_in)).to_have_attribute("data-boxes", "0")
    assert not coloured(logged_in)
    logged_in.get_by_role("button", name="As analysed").click()
    expect(stage(logged_in)).to_have_attribute("data-boxes", "2")
    assert peer.called("GET", "/converted/")


def test_patient_data_in_the_pixels_are_warned_of_and_hidden(logged_in: Page, peer: Peer) -> None:
    found = {"text": "DOE JANE", "confidence": 97.1, "box": {"left": 0, "top": 0, "width": 0.4, "height": 0.1}}
    peer.results = LABELS | {"burnedInText": [found | {"matches": ["PatientName"]}], "text": [found]}
    drop(logged_in, (PATIENT, CT))
    warning = results(logged_in).get_by_role("alert")
    expect(warning).to_contain_text("Patient data in the picture itself")
    expect(warning).to_contain_text("PatientName")
    expect(results(logged_in)).not_to_contain_text("DOE JANE")
    warning.get_by_role("button", name="Show patient data").click()
    expect(warning).to_contain_text("DOE JANE")
    expect(logged_in.get_by_role("switch", name="Show patient data")).to_be_checked()


def test_file_names_are_hidden_until_asked_for(logged_in: Page) -> None:
    drop(logged_in, (PATIENT, CT))
    expect(row(logged_in, 1)).to_contain_text("File 1")
    assert "DOE" not in logged_in.content()
    logged_in.get_by_role("switch", name="Show patient data").check()
    expect(row(logged_in, 1)).to_contain_text(PATIENT)
    logged_in.reload()
    expect(logged_in.get_by_role("switch", name="Show patient data")).not_to_be_checked()


def test_a_hundred_files_are_all_analysed_once_few_at_a_time(logged_in: Page, peer: Peer) -> None:
    drop(logged_in, *((f"{number}.png", picture("png", (80, 80))) for number in range(100)))
    expect(logged_in.get_by_text("100 files · 100 analysed")).to_be_visible(timeout=90_000)
    assert len(peer.called("POST", "/live/uploads")) == 100


def test_an_upload_can_be_cancelled_and_begun_again(logged_in: Page, peer: Peer) -> None:
    peer.hold = threading.Event()
    drop(logged_in, (PATIENT, CT))
    row(logged_in, 1).get_by_role("button", name="Cancel File 1").click()
    expect(row(logged_in, 1)).to_contain_text("Cancelled")
    peer.hold.set()
    row(logged_in, 1).get_by_role("button", name="Try again: File 1").click()
    expect(row(logged_in, 1)).to_contain_text("3 labels")


def test_files_may_wait_until_they_are_told_to_go(logged_in: Page, peer: Peer) -> None:
    drop(logged_in, ("a.png", picture("png")))
    logged_in.get_by_label("Analyse added files at once").uncheck()
    drop(logged_in, ("b.png", picture("png")))
    expect(row(logged_in, 1)).to_contain_text("3 labels")
    expect(row(logged_in, 2)).to_contain_text("Not analysed")
    row(logged_in, 2).get_by_role("button", name="Analyse File 2").click()
    expect(row(logged_in, 2)).to_contain_text("3 labels")
    assert len(peer.called("POST", "/live/uploads")) == 2


def test_a_drop_on_another_tab_comes_here(logged_in: Page) -> None:
    logged_in.get_by_role("link", name="Convert").click()
    drop(logged_in, (PATIENT, CT))
    expect(row(logged_in, 1)).to_be_visible()
    logged_in.go_back()
    expect(logged_in.get_by_role("heading", name="Convert a frame")).to_be_visible()
