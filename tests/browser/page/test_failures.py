"""Each way in which an analysis can fail, and what the page says then."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.page.conftest import drop, log_in
from tests.browser.page.peer import Peer, picture
from tests.browser.page.wire import Reply

NOISE = "Failed to load resource"
PNG = picture("png")


@pytest.fixture(autouse=True)
def _noise(watch: Watch) -> None:
    """A browser notes each refused request in its console, whatever the page makes of it."""
    watch.expected.append(NOISE)


@pytest.mark.parametrize(
    ("route", "reply", "told"),
    [
        ("uploads", Reply.json({"message": "Forbidden"}, 403), "Ask those who run the service for access."),
        ("uploads", Reply.error(413, "upload_too_large", "at most 5 bytes are accepted"), "Choose a smaller file."),
        ("uploads", Reply.error(500, "internal_error", "something failed here"), "Request r-1"),
        (
            "uploads",
            Reply.error(400, "invalid_request", "fileName must be text; fileSize must be 1"),
            "fileSize must be 1",
        ),
        ("uploads", Reply.json({"message": "Too Many Requests"}, 429), "Wait a moment, then try again."),
        ("uploads", Reply(502, b"<html>Bad gateway</html>"), "The service has a problem just now."),
        ("results", Reply.error(404, "job_not_found", "there is no such job"), "Analyse the file again."),
        ("results", Reply(403, b""), "Ask those who run the service for access."),
    ],
)
def test_a_refusal_says_what_to_do_and_may_be_tried_again(
    logged_in: Page, peer: Peer, route: str, reply: Reply, told: str
) -> None:
    peer.replies["POST" if route == "uploads" else "GET", f"/live/{route}"] = [reply]
    drop(logged_in, ("a.png", PNG))
    alert = logged_in.get_by_role("region", name="Results").get_by_role("alert")
    expect(alert).to_contain_text(told)
    expect(logged_in.locator(".row")).to_contain_text("Failed")
    alert.get_by_role("button", name="Try again").click()
    expect(logged_in.locator(".row")).to_contain_text("3 labels")


def test_a_storage_that_refuses_is_told(logged_in: Page, peer: Peer) -> None:
    peer.replies["PUT", "/uploads"] = [Reply(403)]
    drop(logged_in, ("a.png", PNG))
    expect(logged_in.get_by_role("region", name="Results")).to_contain_text(
        "The storage refused the upload (status 403)."
    )


def test_a_broken_connection_is_told_and_a_retry_works(logged_in: Page) -> None:
    logged_in.context.set_offline(True)
    drop(logged_in, ("a.png", PNG))
    alert = logged_in.get_by_role("region", name="Results").get_by_role("alert")
    expect(alert).to_contain_text("The service could not be reached.")
    expect(alert).to_contain_text("Check the connection")
    logged_in.context.set_offline(False)
    alert.get_by_role("button", name="Try again").click()
    expect(logged_in.locator(".row")).to_contain_text("3 labels")


def test_polling_outlives_a_service_that_fails_for_a_while(logged_in: Page, peer: Peer) -> None:
    peer.replies["GET", "/live/results"] = [Reply(503), Reply(429, headers={"Retry-After": "1"})]
    drop(logged_in, ("a.png", PNG))
    expect(logged_in.locator(".row")).to_contain_text("3 labels")


def test_an_analysis_that_failed_gives_its_reason(logged_in: Page, peer: Peer) -> None:
    failed = {"status": "error", "error": {"code": "unsupported_image", "message": "the bytes are no image"}}
    peer.replies["GET", "/live/results"] = [Reply.json(failed)]
    drop(logged_in, ("a.txt", b"hello"))
    alert = logged_in.get_by_role("region", name="Results").get_by_role("alert")
    expect(alert).to_contain_text("the bytes are no image")
    expect(alert).to_contain_text("Choose a DICOM object, a JPEG, a PNG or a GIF.")
    expect(alert).to_contain_text("unsupported_image")


def test_files_that_cannot_be_accepted_are_not_sent(logged_in: Page, peer: Peer) -> None:
    peer.max_bytes = 1000
    logged_in.reload()
    drop(logged_in, ("empty.dcm", b""), ("large.dcm", b"x" * 1001))
    alert = logged_in.get_by_role("region", name="Results").get_by_role("alert")
    expect(alert).to_contain_text("The file is empty.")
    logged_in.get_by_role("button", name="File 2").first.click()
    expect(alert).to_contain_text("at most 1 kB are accepted")
    assert not peer.called("POST", "/live/uploads")


def test_several_failures_are_tried_again_together(logged_in: Page, peer: Peer) -> None:
    peer.replies["POST", "/live/uploads"] = [Reply(500), Reply(500)]
    drop(logged_in, ("a.png", PNG), ("b.png", PNG))
    expect(logged_in.get_by_text("2 files · 0 analysed · 2 failed")).to_be_visible()
    logged_in.get_by_role("button", name="Try failed ones again").click()
    expect(logged_in.get_by_text("2 files · 2 analysed", exact=True).first).to_be_visible()


def test_after_two_minutes_one_is_asked_to_look_again(opened: Callable[..., Any], peer: Peer) -> None:
    peer.polls = 1000
    with opened() as page:
        page.clock.install()
        log_in(page)
        drop(page, ("a.png", PNG))
        expect(page.locator(".row")).to_contain_text("Processing")
        for _ in range(40):
            page.clock.run_for(5000)
            page.wait_for_timeout(20)
        expect(page.locator(".row")).to_contain_text("Still processing")
        results = page.get_by_role("region", name="Results")
        expect(results).to_contain_text("The analysis takes longer than usual.")
        peer.polls = 0
        results.get_by_role("button", name="Look again").click()
        page.clock.run_for(2000)
        expect(page.locator(".row")).to_contain_text("3 labels")
        assert len(peer.called("POST", "/live/uploads")) == 1


def test_what_the_browser_cannot_open_waits_for_the_services_picture(logged_in: Page) -> None:
    drop(logged_in, ("notes.bin", b"neither image nor object" * 10))
    expect(logged_in.locator(".analyse .stage")).not_to_be_empty()
    expect(logged_in.locator(".row")).to_contain_text("3 labels")
