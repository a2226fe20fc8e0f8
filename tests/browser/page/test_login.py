"""Logging in, staying so, and what happens when that fails."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.page.conftest import drop, log_in
from tests.browser.page.peer import Peer, picture
from tests.browser.page.wire import Reply

BAD_STATUS = "Failed to load resource"


def test_a_login_is_by_code_with_pkce_and_leaves_nothing_in_the_address(page: Page, peer: Peer) -> None:
    log_in(page)
    expect(page.get_by_text("demo", exact=True)).to_be_visible()
    assert page.url == f"{peer.origin}/"
    (asked,) = peer.called("GET", "/oauth2/authorize")
    assert asked.query["code_challenge_method"] == "S256"
    assert asked.query["redirect_uri"] == f"{peer.origin}/"
    assert len(asked.query["state"]) >= 43
    assert asked.query["state"] != asked.query["nonce"]


def test_tokens_are_in_session_storage_alone(logged_in: Page) -> None:
    assert list(logged_in.evaluate("Object.keys(sessionStorage)")) == ["tokens"]
    assert logged_in.evaluate("Object.keys(localStorage)") == []
    assert logged_in.evaluate("document.cookie") == ""


def test_the_tab_survives_the_login(page: Page) -> None:
    page.get_by_role("link", name="Studies").click()
    log_in(page)
    expect(page.get_by_role("link", name="Studies")).to_have_attribute("aria-current", "page")
    assert urlsplit(page.url).fragment.startswith("studies")


def test_a_login_survives_a_reload(logged_in: Page) -> None:
    logged_in.reload()
    expect(logged_in.get_by_role("button", name="Log out")).to_be_visible()


def test_a_cancelled_login_says_what_to_do(page: Page, peer: Peer) -> None:
    page.get_by_role("button", name="Log in").first.click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("The login was not completed. Choose “Log in” to try again.")).to_be_visible()
    assert page.url == f"{peer.origin}/"
    page.get_by_role("button", name="Close this notice").click()
    log_in(page)


@pytest.mark.parametrize("query", ["?code=stolen&state=foreign", "?code=only"])
def test_an_answer_to_no_login_of_this_page_is_not_used(page: Page, peer: Peer, query: str) -> None:
    page.goto(f"/{query}")
    expect(page.get_by_text("begun elsewhere or too long ago")).to_be_visible()
    assert page.url == f"{peer.origin}/"
    assert not peer.called("POST", "/oauth2/token")


def test_a_token_for_another_login_is_not_used(page: Page, peer: Peer) -> None:
    peer.host.nonce = "of-another-login"
    page.get_by_role("button", name="Log in").first.click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The login's answer was not for this page")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_refused_code_says_what_to_do(page: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append(BAD_STATUS)
    peer.replies["POST", "/oauth2/token"] = [Reply.json({"error": "invalid_grant"}, 400)]
    page.get_by_role("button", name="Log in").first.click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The login service refused. Choose “Log in” to try again.")).to_be_visible()


def test_a_token_that_the_service_no_longer_takes_is_renewed_silently(
    logged_in: Page, peer: Peer, watch: Watch
) -> None:
    watch.expected.append(BAD_STATUS)
    peer.replies["POST", "/live/uploads"] = [Reply.json({"message": "Unauthorized"}, 401)]
    drop(logged_in, ("a.png", picture("png")))
    expect(logged_in.get_by_text("3 labels")).to_be_visible()
    refreshed = [call for call in peer.called("POST", "/oauth2/token") if b"refresh_token" in call.body]
    assert len(refreshed) == 1


def test_a_token_is_renewed_before_it_ends(page: Page, peer: Peer) -> None:
    peer.host.seconds = 64
    log_in(page)
    deadline = time.monotonic() + 15
    while len(peer.called("POST", "/oauth2/token")) < 2 and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    body = parse_qs(peer.called("POST", "/oauth2/token")[-1].body.decode())
    assert body["grant_type"] == ["refresh_token"]


def test_a_login_that_has_ended_asks_for_another(logged_in: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append(BAD_STATUS)
    peer.host.refreshing.clear()
    peer.replies["POST", "/live/uploads"] = [Reply.json({"message": "Unauthorized"}, 401)]
    drop(logged_in, ("a.png", picture("png")))
    results = logged_in.get_by_role("region", name="Results")
    expect(results.get_by_text("Log in again: the login has ended.")).to_be_visible()
    expect(logged_in.get_by_role("banner").get_by_role("button", name="Log in")).to_be_visible()
    assert logged_in.evaluate("sessionStorage.length") == 0


def test_logging_out_revokes_and_forgets(logged_in: Page, peer: Peer) -> None:
    with logged_in.expect_response("**/logout?*"):  # the page shows that nobody is logged in before all of it is done
        logged_in.get_by_role("button", name="Log out").click()
    expect(logged_in.get_by_role("banner").get_by_role("button", name="Log in")).to_be_visible()
    assert peer.host.refreshing == {}
    (out,) = peer.called("GET", "/logout")
    assert out.query == {"client_id": "page-client", "logout_uri": f"{peer.origin}/"}
    assert logged_in.evaluate("sessionStorage.length") == 0


def test_without_a_login_files_are_shown_and_not_sent(page: Page, peer: Peer) -> None:
    drop(page, ("a.png", picture("png")))
    expect(page.get_by_text("it has not left your computer")).to_be_visible()
    expect(page.locator(".stage canvas").first).to_be_visible()
    assert not peer.called("POST", "/live")


def test_without_config_the_page_says_so_and_shows_files(opened: Callable[..., Any], peer: Peer, watch: Watch) -> None:
    watch.expected.append(BAD_STATUS)
    peer.configured = False
    with opened() as page:
        expect(page.get_by_text("config.json is missing or incomplete")).to_be_visible()
        drop(page, ("a.png", picture("png")))
        expect(page.locator(".stage canvas").first).to_be_visible()
        expect(page.get_by_role("button", name="Log in")).to_have_count(0)
