"""Searching studies, paging, opening one; what stands in the address, and the way back."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from pydicom.data import get_testdata_file

from tests.browser.conftest import Watch
from tests.browser.page.peer import Peer
from tests.browser.page.wire import Reply

CT = Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()


def study(number: int) -> dict[str, Any]:
    return {
        "StudyInstanceUID": f"1.2.3.{number}",
        "PatientName": f"Doe^Jane{number}",
        "PatientID": f"ID-{number}",
        "StudyDate": "20240229",
        "AccessionNumber": f"ACC-{number}",
        "ModalitiesInStudy": ["CT", "SR"] if number % 2 else ["MR"],
        "StudyDescription": f"Study {number}",
        "NumberOfStudyRelatedSeries": 2,
        "NumberOfStudyRelatedInstances": 7,
        "TotalSize": 1_234_567,
    }


def dicom_object(peer: Peer, number: int) -> dict[str, Any]:
    return {
        "SOPInstanceUID": f"1.9.{number}",
        "SeriesInstanceUID": f"1.8.{number // 2}",
        "SeriesNumber": number // 2 + 1,
        "SeriesDescription": "Axial",
        "Modality": "CT",
        "InstanceNumber": number % 2 + 1,
        "Rows": 128,
        "Columns": 128,
        "Size": len(CT),
        "s3Uri": f"s3://inbox/{number}.dcm",
        "url": f"{peer.bucket}/objects/{number}.dcm?X-Amz-Signature=s",
    }


@pytest.fixture
def studies(logged_in: Page, peer: Peer) -> Page:
    """The tab, logged in; thirty studies of four objects each."""
    peer.studies = [study(number) for number in range(30)]
    peer.objects = [dicom_object(peer, number) for number in range(4)]
    peer.files = {f"/objects/{number}.dcm": CT for number in range(4)}
    logged_in.get_by_role("link", name="Studies").click()
    return logged_in


def search(page: Page) -> None:
    page.get_by_role("button", name="Search").click()


def rows(page: Page) -> int:
    return page.locator("tbody tr").count()


def test_a_search_sends_what_is_filled_in_and_keeps_patients_out_of_the_address(studies: Page, peer: Peer) -> None:
    studies.get_by_label("Patient ID").fill("ID-1")
    studies.get_by_label("Patient name").fill("Doe^J*")
    studies.get_by_label("From").fill("2024-01-01")
    studies.get_by_label("Modality").fill("ct")
    studies.get_by_label("Accession number").fill("ACC-1")
    search(studies)
    expect(studies.get_by_role("table")).to_be_visible()
    (asked,) = peer.called("POST", "/live/studies")
    assert asked.json == {
        "patientId": "ID-1",
        "patientName": "Doe^J*",
        "studyDate": "20240101-",
        "modality": "CT",
        "accessionNumber": "ACC-1",
        "limit": 25,
    }
    assert urlsplit(studies.url).fragment == "studies?modality=CT&limit=25"
    kept = studies.evaluate("JSON.stringify([history.state, {...localStorage}, {...sessionStorage}])")
    assert not [word for word in ("Doe", "ID-1", "ACC-1", "2024-01-01") if word in kept]


def test_patients_are_hidden_until_asked_for(studies: Page) -> None:
    search(studies)
    expect(studies.get_by_role("table")).to_contain_text("Study 0")
    hidden = studies.get_by_role("table").inner_text()
    assert not [word for word in ("Doe", "ID-0", "ACC-0", "2024-02-29") if word in hidden]
    studies.get_by_role("button", name="Show patient data").click()
    expect(studies.get_by_role("table")).to_contain_text("Doe^Jane0")
    expect(studies.get_by_role("table")).to_contain_text("2024-02-29")


def test_paging_goes_on_and_back_also_by_the_browser(studies: Page, peer: Peer) -> None:
    studies.get_by_label("Per page").select_option("10")
    search(studies)
    expect(studies.get_by_text("Page 1", exact=True)).to_be_visible()
    expect(studies.get_by_role("button", name="Previous")).to_be_disabled()
    studies.get_by_role("button", name="Next").click()
    expect(studies.get_by_role("table")).to_contain_text("Study 10")
    assert "page=2" in studies.url
    studies.get_by_role("button", name="Next").click()
    expect(studies.get_by_role("table")).to_contain_text("Study 20")
    expect(studies.get_by_role("button", name="Next")).to_be_disabled()
    studies.go_back()
    expect(studies.get_by_role("table")).to_contain_text("Study 10")
    studies.get_by_role("button", name="Previous").click()
    expect(studies.get_by_role("table")).to_contain_text("Study 9")
    assert [call.json.get("next") for call in peer.called("POST", "/live/studies")] == [None, "10", "20", None]


def test_back_and_forward_go_through_study_list_and_tabs(studies: Page) -> None:
    search(studies)
    studies.get_by_role("button", name="Open study 2", exact=True).click()
    expect(studies.get_by_role("heading", name="Study 1")).to_be_visible()
    assert "1.2.3" not in studies.url
    studies.get_by_role("link", name="Convert").click()
    expect(studies.get_by_role("heading", name="Convert a frame")).to_be_visible()
    studies.go_back()
    expect(studies.get_by_role("heading", name="Study 1")).to_be_visible()
    studies.go_back()
    expect(studies.get_by_role("table")).to_be_visible()
    studies.go_forward()
    expect(studies.get_by_role("heading", name="Study 1")).to_be_visible()
    studies.get_by_role("button", name="All studies").click()
    expect(studies.get_by_role("table")).to_be_visible()


def test_a_tab_is_as_it_was_left(studies: Page) -> None:
    search(studies)
    expect(studies.get_by_role("table")).to_be_visible()
    studies.get_by_role("link", name="Analyse").click()
    studies.get_by_role("link", name="Studies").click()
    expect(studies.get_by_role("table")).to_be_visible()


def test_an_address_opens_with_what_it_may_hold(studies: Page, peer: Peer) -> None:
    studies.goto(f"{peer.origin}/?x#studies?modality=MR&limit=50&patientId=ID-1&page=2")
    expect(studies.get_by_label("Modality")).to_have_value("MR")
    expect(studies.get_by_label("Per page")).to_have_value("50")
    expect(studies.get_by_label("Patient ID")).to_have_value("")


def test_an_opened_study_shows_its_series_and_first_object(studies: Page, peer: Peer) -> None:
    search(studies)
    studies.get_by_role("button", name="Open study 2", exact=True).click()
    expect(studies.locator(".objects .pick")).to_have_count(4)
    expect(studies.locator(".study .stage canvas").first).to_be_visible()
    studies.locator(".objects .pick").nth(2).click()
    expect(studies.locator(".objects .pick").nth(2)).to_have_attribute("aria-current", "true")
    expect(studies.get_by_role("button", name="Convert this object")).to_be_visible()
    assert [call.path for call in peer.called("GET", "/objects")] == ["/objects/0.dcm", "/objects/2.dcm"]
    (asked,) = (call.json for call in peer.called("POST", "/live/studies") if "level" in call.json)
    assert asked == {"level": "object", "studyInstanceUid": "1.2.3.1", "limit": 100}


def test_an_object_is_taken_to_convert(studies: Page) -> None:
    search(studies)
    studies.get_by_role("button", name="Open study 2", exact=True).click()
    studies.get_by_role("button", name="Convert this object").click()
    expect(studies.get_by_label("Address")).to_have_value("s3://inbox/0.dcm")


def test_an_object_that_is_gone_is_told(studies: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    peer.replies["GET", "/objects"] = [Reply(404)]
    search(studies)
    studies.get_by_role("button", name="Open study 2", exact=True).click()
    alert = studies.locator(".study").get_by_role("alert")
    expect(alert).to_contain_text("has expired or the file is gone")
    alert.get_by_role("button", name="Try again").click()
    expect(studies.locator(".study .stage canvas").first).to_be_visible()


def test_nothing_found_says_how_to_widen_the_search(studies: Page, peer: Peer) -> None:
    peer.studies = []
    search(studies)
    expect(studies.get_by_text("No study fits.")).to_be_visible()


def test_a_search_that_fails_may_be_tried_again(studies: Page, peer: Peer, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    peer.replies["POST", "/live/studies"] = [Reply.error(503, "transient", "throttled just now")]
    search(studies)
    alert = studies.locator(".studies").get_by_role("alert")
    expect(alert).to_contain_text("throttled just now")
    alert.get_by_role("button", name="Try again").click()
    expect(studies.get_by_role("table")).to_be_visible()
