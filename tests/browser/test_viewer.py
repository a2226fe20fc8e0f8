"""The viewer as its user meets it."""

from playwright.sync_api import Page, expect


def test_it_loads_under_the_policy_of_the_site(viewer_page: Page) -> None:
    expect(viewer_page).to_have_title("The viewer alone")
