"""Converting a frame: the request, the two pictures, what is said of them, failures."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.page.peer import Peer
from tests.browser.page.wire import Reply

URI = "s3://inbox/DOE^JANE/1.dcm"


@pytest.fixture
def form(logged_in: Page) -> Page:
    """The tab, with an address in its form."""
    logged_in.get_by_role("link", name="Convert").click()
    logged_in.get_by_label("Address").fill(URI)
    return logged_in


def convert(page: Page) -> None:
    page.get_by_role("button", name="Convert", exact=True).click()


def test_a_conversion_shows_both_pictures_and_their_sizes(form: Page, peer: Peer) -> None:
    form.get_by_label("Quality").fill("30")
    convert(form)
    expect(form.get_by_role("img", name="JPEG, quality 30")).to_be_visible()
    expect(form.get_by_role("img", name="PNG · ")).to_be_visible()
    asked = [call.json for call in peer.called("POST", "/live/convert")]
    after, before = sorted(asked, key=lambda fields: str(fields["output_format"]))
    assert after == {
        "url": URI,
        "frame": 1,
        "overlays": False,
        "square_pixels": False,
        "output_format": "jpg",
        "quality": 30,
        "explain": True,
    }
    assert before["output_format"] == "png"
    assert "DOE" not in form.url


def test_the_line_between_the_pictures_moves_by_keys(form: Page) -> None:
    convert(form)
    line = form.get_by_label("Share of the first picture")
    line.focus()
    line.press("ArrowLeft")
    stage = form.get_by_role("group", name="Pictures")
    assert stage.evaluate("stage => stage.style.getPropertyValue('--cut')") == "49%"
    form.get_by_role("button", name="Side by side").click()
    expect(line).to_be_hidden()
    form.get_by_role("button", name="200%").click()
    image = form.get_by_role("img", name="JPEG")
    assert image.evaluate("image => image.getBoundingClientRect().width") == 512


def test_a_window_of_ones_own_is_sent(form: Page, peer: Peer) -> None:
    form.get_by_label("Window").select_option("own")
    form.get_by_label("Centre").fill("-600")
    form.get_by_label("Width").fill("1500.5")
    form.get_by_label("Compare with").select_option("")
    form.get_by_label("Overlays").check()
    convert(form)
    expect(form.get_by_role("img", name="JPEG")).to_be_visible()
    (asked,) = (call.json for call in peer.called("POST", "/live/convert"))
    assert (asked["window_center"], asked["window_width"], asked["overlays"]) == (-600, 1500.5, True)


def test_patient_data_of_the_answer_are_hidden_until_asked_for(form: Page) -> None:
    convert(form)
    form.get_by_text("From the header").click()
    expect(form.locator(".details")).to_contain_text("ModalityCT")
    expect(form.locator(".details")).not_to_contain_text("Doe^Jane")
    expect(form.locator(".details")).not_to_contain_text("20240229")
    form.get_by_role("switch", name="Show patient data").check()
    expect(form.locator(".details")).to_contain_text("Doe^Jane")


def test_what_the_answer_says_of_the_picture_is_shown(form: Page) -> None:
    convert(form)
    expect(form.locator(".details")).to_contain_text("the object's window is none that can be drawn")
    expect(form.locator(".details")).to_contain_text("window center 40")


def test_the_picture_can_be_downloaded(form: Page, tmp_path: Path) -> None:
    convert(form)
    with form.expect_download() as download:
        form.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "frame-1.jpg"
    download.value.save_as(tmp_path / "frame.jpg")
    assert (tmp_path / "frame.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_a_picture_too_large_for_an_answer_is_fetched(form: Page, peer: Peer) -> None:
    data = {"image_url": f"{peer.bucket}/converted/large.png", "format": "png", "quality": 85, "file_size": 1}
    peer.replies["POST", "/live/convert"] = [Reply.json({"success": True, "data": data})]
    form.get_by_label("Compare with").select_option("")
    convert(form)
    expect(form.get_by_role("img", name="PNG")).to_be_visible()
    (fetched,) = peer.called("GET", "/converted/large.png")
    assert "authorization" not in fetched.headers


def test_every_fault_of_a_request_is_listed(form: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    refusal = Reply.error(400, "invalid_request", "frame must be 1 or more; quality must be 1 to 100, got 250")
    peer.replies["POST", "/live/convert"] = [refusal, refusal]
    convert(form)
    alert = form.locator(".convert").get_by_role("alert")
    expect(alert.get_by_role("listitem")).to_have_text(["frame must be 1 or more", "quality must be 1 to 100, got 250"])
    convert(form)
    expect(form.get_by_role("img", name="JPEG")).to_be_visible()


def test_a_refused_source_says_what_may_be_named(form: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    refusal = Reply.error(403, "source_not_allowed", "bucket is none that may be read")
    peer.replies["POST", "/live/convert"] = [refusal, refusal]
    convert(form)
    expect(form.locator(".convert").get_by_role("alert")).to_contain_text("Name an object of the service's own buckets")
