"""The viewer as its user meets it: windows, frames, the header, what is hidden, and what is said without a picture."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.data
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import FRONTEND, Site, Watch, watched
from tests.datasets import as_file, make_dataset
from tests.pictures import grey

SHIPPED = Path(pydicom.data.__file__).parent / "test_files"
ROWS, COLUMNS = 48, 64


def _ramp(frames: int | None = None, **described: Any) -> bytes:
    values = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 4096
    stack = values if frames is None else np.stack([(values + 97 * frame) % 4096 for frame in range(frames)])
    described = {"WindowCenter": "1000", "WindowWidth": "2000", "bits": 12, "allocated": 16} | described
    return grey(stack, **described)


def _open(page: Page, site: Site, data: bytes, **options: Any) -> dict[str, Any]:
    site.answers["/file"] = data
    opened: dict[str, Any] = page.evaluate("(options) => harness.open('/file', options)", options)
    return opened


def _canvas(page: Page) -> Locator:
    return page.locator("canvas")


def _pixels(page: Page) -> int:
    """A sum of the painted pixels, by which two pictures are told apart."""
    found: list[int] = page.evaluate("Array.from(harness.viewer.pixels().data)")
    return zlib.crc32(bytes(found))


def _drag(page: Page, across: int, down: int, button: Any = "left") -> None:
    box = _canvas(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + across, y + down, steps=5)
    page.mouse.up(button=button)


def test_dragging_changes_the_window(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    expect(_canvas(viewer_page)).to_have_attribute("aria-label", re.compile("window 2000, level 1000"))
    _drag(viewer_page, 50, -25)
    expect(_canvas(viewer_page)).to_have_attribute("aria-label", re.compile("window 2400, level 800"))
    expect(viewer_page.get_by_role("combobox", name="Window")).to_have_value("custom")
    expect(viewer_page.locator(".viewer-live")).to_have_text(re.compile("window 2400, level 800"))


def test_space_brings_everything_back(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    before = _pixels(viewer_page)
    _drag(viewer_page, 30, 30)
    viewer_page.keyboard.press("i")
    viewer_page.keyboard.press("r")
    assert _pixels(viewer_page) != before
    viewer_page.keyboard.press("Space")
    assert _pixels(viewer_page) == before
    assert viewer_page.evaluate("harness.viewer.state.view.turns") == 0


def test_inverting_inverts(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    first = viewer_page.evaluate("Array.from(harness.viewer.pixels().data.slice(0, 400))")
    viewer_page.get_by_role("button", name="Invert").click()
    second = viewer_page.evaluate("Array.from(harness.viewer.pixels().data.slice(0, 400))")
    assert [255 - one for one in first[::4]] == second[::4]


def test_frames_are_gone_through_by_keys_wheel_and_slider(viewer_page: Page, viewer_site: Site) -> None:
    opened = _open(viewer_page, viewer_site, _ramp(5))
    assert opened["frames"] == 5
    count = viewer_page.locator(".viewer-count")
    _canvas(viewer_page).focus()
    for key, number in (("ArrowRight", 2), ("ArrowDown", 3), ("End", 5), ("ArrowLeft", 4), ("Home", 1)):
        viewer_page.keyboard.press(key)
        expect(count).to_have_text(f"{number} / 5")
    _canvas(viewer_page).hover()
    viewer_page.mouse.wheel(0, 100)
    expect(count).to_have_text("2 / 5")
    viewer_page.get_by_role("slider", name="Frame").fill("4")
    expect(count).to_have_text("4 / 5")


def test_it_plays_and_stops(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp(3, CineRate="30"))
    expect(viewer_page.get_by_label("Frames per second")).to_have_value("30")
    viewer_page.get_by_role("button", name="Play").click()
    expect(viewer_page.locator(".viewer-count")).to_have_text("3 / 3")
    viewer_page.get_by_role("button", name="Stop").click()
    expect(viewer_page.get_by_role("button", name="Play")).to_be_visible()


def test_the_wheel_zooms_a_single_frame_where_the_pointer_is(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    _canvas(viewer_page).hover(position={"x": 500, "y": 300})
    value = viewer_page.locator(".viewer-corner.bottom.right")
    expect(value).to_have_text(re.compile(r"^\d+, \d+: \d+"))
    before = value.inner_text()
    viewer_page.mouse.wheel(0, -400)
    expect(viewer_page.locator(".viewer-corner.bottom.left")).to_have_text(re.compile("Zoom"))
    assert viewer_page.evaluate("harness.viewer.state.view.zoom") > 2
    assert value.inner_text() == before, "the same pixel stays under the pointer"


def test_control_and_wheel_zoom_several_frames(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp(3))
    _canvas(viewer_page).hover()
    viewer_page.keyboard.down("Control")
    viewer_page.mouse.wheel(0, -200)
    viewer_page.keyboard.up("Control")
    viewer_page.wait_for_timeout(100)
    assert viewer_page.evaluate("harness.viewer.state.view.zoom") > 1
    expect(viewer_page.locator(".viewer-count")).to_have_text("1 / 3")


def test_the_middle_button_moves(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    _drag(viewer_page, 40, 20, "middle")
    assert viewer_page.evaluate("[harness.viewer.state.view.x, harness.viewer.state.view.y]") == [40, 20]
    expect(viewer_page.get_by_role("combobox", name="Window")).to_have_value("own 0")


def test_turning_and_flipping_are_what_is_seen(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())

    def corner() -> list[int]:  # the pixel that is seen at the top left
        found: list[int] = viewer_page.evaluate(
            """() => { const {screen, state, picture} = harness.viewer; screen.flush();
            const {width, height} = document.querySelector('canvas').getBoundingClientRect();
            const [high, wide] = state.view.turns % 2 ? [64, 48] : [48, 64];
            const scale = Math.min(width / wide, height / high);
            const at = {x: (width - wide * scale) / 2 + 1, y: (height - high * scale) / 2 + 1};
            const {x, y} = screen.inPicture(at); return [Math.floor(x), Math.floor(y)]; }"""
        )
        return found

    assert corner() == [0, 0]
    _canvas(viewer_page).focus()
    for key, expected in (("r", [0, 47]), ("h", [0, 0]), ("v", [63, 0]), ("l", [63, 47])):
        viewer_page.keyboard.press(key)
        assert corner() == expected, key


def test_a_distance_is_measured_in_millimetres(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp(PixelSpacing=["2", "0.5"]))
    _canvas(viewer_page).focus()
    viewer_page.keyboard.press("d")
    _drag(viewer_page, 100, 0)
    expect(viewer_page.locator(".viewer-live")).to_have_text(re.compile(r"Distance \d+\.\d mm"))
    scale = viewer_page.evaluate("harness.viewer.percent") / 100
    label = viewer_page.locator(".viewer-live").inner_text()
    assert float(label.split()[1]) == pytest.approx(100 / (scale / 4) * 0.5, rel=0.02)


def test_pixels_that_are_not_square_are_shown_in_their_shape(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp(PixelSpacing=["2", "1"]))
    height, width = viewer_page.evaluate(
        """() => { const {screen} = harness.viewer; const at = (x, y) => screen.inPicture({x, y});
        const [a, b, c] = [at(0, 0), at(100, 0), at(0, 100)]; return [100 / (c.y - a.y), 100 / (b.x - a.x)]; }"""
    )
    assert height == pytest.approx(2 * width)


def test_the_header_is_filtered_and_hides_who_it_is_of(viewer_page: Page, viewer_site: Site) -> None:
    dataset = make_dataset(PatientName="Doe^Jane", PatientID="4711", StudyDate="20240131")
    data = as_file(dataset)
    opened = _open(viewer_page, viewer_site, data)
    assert opened["kind"] in {"no-pixels", "unsupported", "image"}
    viewer_page.get_by_role("button", name="Header").click()
    table = viewer_page.get_by_role("table")
    expect(table).to_contain_text("PatientName")
    assert not re.search("Doe|4711|20240131", viewer_page.locator("body").inner_text())
    viewer_page.get_by_role("button", name="Show patient data").click()
    expect(table).to_contain_text("Doe^Jane")
    viewer_page.get_by_label("Filter the header").fill("0010,0020")
    expect(viewer_page.locator("tbody tr")).to_have_count(1)
    expect(table).to_contain_text("4711")
    viewer_page.get_by_role("button", name="Show patient data").click()
    expect(table).not_to_contain_text("4711")


def test_nested_and_private_elements_stand_in_the_header(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, (SHIPPED / "nested_priv_SQ.dcm").read_bytes())
    viewer_page.get_by_role("button", name="Header").click()
    expect(viewer_page.get_by_role("table")).to_contain_text("private")
    expect(viewer_page.get_by_role("table")).to_contain_text("item 1")


def test_a_header_of_many_elements_is_built_as_it_is_looked_at(viewer_page: Page, viewer_site: Site) -> None:
    dataset = make_dataset(Modality="OT")
    block = dataset.private_block(0x0011, "many", create=True)
    for number in range(200):
        block.add_new(number, "SH", "x")
    for group in range(0x0013, 0x0013 + 2 * 24, 2):
        other = dataset.private_block(group, "many", create=True)
        for number in range(200):
            other.add_new(number, "SH", "x")
    _open(viewer_page, viewer_site, as_file(dataset))
    viewer_page.get_by_role("button", name="Header").click()
    expect(viewer_page.locator(".viewer-header-count")).to_have_text(re.compile(r"^5\d\d\d rows"))
    assert viewer_page.locator("tbody tr").count() == 200
    viewer_page.locator(".viewer-scroller").evaluate("(it) => { it.scrollTop = it.scrollHeight; }")
    expect(viewer_page.locator("tbody tr")).to_have_count(400)


def test_keys_are_left_to_who_types(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    viewer_page.get_by_role("button", name="Header").click()
    viewer_page.get_by_label("Filter the header").press_sequentially("rows i")
    assert viewer_page.evaluate("harness.viewer.state.inverted") is False
    expect(viewer_page.get_by_label("Filter the header")).to_have_value("rows i")


def test_help_tells_the_keys_and_closes(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    _canvas(viewer_page).focus()
    viewer_page.keyboard.press("?")
    expect(viewer_page.get_by_role("dialog")).to_contain_text("flip horizontally")
    viewer_page.keyboard.press("Escape")
    expect(viewer_page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize(
    ("file", "kind", "told"),
    [
        ("reportsi.dcm", "no-pixels", "Basic Text SR"),
        ("rtplan.dcm", "no-pixels", "RT Plan"),
        ("DICOMDIR", "no-pixels", "DICOMDIR"),
        ("rtplan_truncated.dcm", "unsupported", "ends"),
        ("README.txt", "unsupported", "neither DICOM nor"),
        ("JPGExtended.dcm", "unsupported", "JPEG of 12 bits"),
    ],
)
def test_a_line_says_why_there_is_no_picture(
    viewer_page: Page, viewer_site: Site, file: str, kind: str, told: str
) -> None:
    path = next(iter(SHIPPED.rglob(file)))
    opened = _open(viewer_page, viewer_site, path.read_bytes())
    assert opened["kind"] == kind
    expect(viewer_page.locator(".viewer-line")).to_contain_text(told)


def test_an_empty_file_is_said_to_be_empty(viewer_page: Page, viewer_site: Site) -> None:
    assert _open(viewer_page, viewer_site, b"")["code"] == "empty"
    expect(viewer_page.locator(".viewer-line")).to_contain_text("0 bytes")


def test_the_servers_picture_is_shown_and_said_so(viewer_page: Page, viewer_site: Site, tmp_path: Path) -> None:
    Image.new("L", (256, 1024), 77).save(tmp_path / "drawn.png")
    viewer_site.answers["/drawn"] = (tmp_path / "drawn.png").read_bytes()
    opened = _open(viewer_page, viewer_site, (SHIPPED / "JPGExtended.dcm").read_bytes(), server="/drawn")
    assert (opened["kind"], opened["by"]) == ("image", "server")
    assert opened["asked"] == [{"frame": 1}] or opened["asked"][0]["frame"] == 1
    expect(viewer_page.locator(".viewer-notice")).to_contain_text("the server's rendering is shown")
    assert viewer_page.evaluate("harness.viewer.pixels().data[0]") == 77


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_plain_pictures_are_shown_too(viewer_page: Page, viewer_site: Site, kind: str, tmp_path: Path) -> None:
    Image.new("L", (40, 30), 128).save(tmp_path / "plain", kind)
    opened = _open(viewer_page, viewer_site, (tmp_path / "plain").read_bytes())
    assert (opened["kind"], opened["columns"], opened["rows"]) == ("image", 40, 30)
    assert viewer_page.evaluate("harness.viewer.pixels().data[0]") == 128


def test_a_worker_that_does_not_answer_is_ended_and_the_next_file_is_shown(
    viewer_page: Page, viewer_site: Site, watch: Watch
) -> None:
    watch.expected.append("wasm|Failed to load")
    viewer_page.route("**/*.wasm", lambda _: None)  # never answered
    data = (SHIPPED / "MR_small_jp2klossless.dcm").read_bytes()
    viewer_page.evaluate("harness.restart({limit: 500})")
    opened = _open(viewer_page, viewer_site, data)
    assert opened["kind"] == "unsupported"
    assert "too long" in opened["message"]
    assert _open(viewer_page, viewer_site, _ramp())["kind"] == "image"


def test_boxes_follow_the_picture(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp())
    seen = "(() => { harness.viewer.flush(); return document.querySelector('canvas').toDataURL(); })()"
    without = viewer_page.evaluate(seen)
    box = {"left": 0.25, "top": 0.25, "width": 0.5, "height": 0.5}
    viewer_page.evaluate("(box) => harness.viewer.setBoxes([{box, label: 'Head'}])", box)
    framed = viewer_page.evaluate(seen)
    viewer_page.evaluate("harness.viewer.turn(1)")
    assert len({without, framed, viewer_page.evaluate(seen)}) == 3
    viewer_page.evaluate("harness.viewer.reset()")
    viewer_page.evaluate("harness.viewer.setBoxes([])")
    assert viewer_page.evaluate(seen) == without


def test_nothing_is_left_behind(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp(PatientName="Doe^Jane"))
    viewer_page.evaluate("harness.viewer.close()")
    expect(viewer_page.locator("main")).to_be_empty()
    assert viewer_page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_it_is_accessible(viewer_page: Page, viewer_site: Site) -> None:
    _open(viewer_page, viewer_site, _ramp(3))
    viewer_page.get_by_role("button", name="Header").click()
    expect(viewer_page.get_by_role("table")).to_contain_text("Rows")
    viewer_page.evaluate((FRONTEND / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    found = viewer_page.evaluate("axe.run(document.querySelector('.viewer')).then((it) => it.violations)")
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


def test_two_fingers_zoom_and_one_changes_the_window(chromium: Browser, viewer_site: Site) -> None:
    phone = {"width": 390, "height": 844}
    with watched(chromium, viewer_site, viewport=phone, has_touch=True) as page:
        _open(page, viewer_site, _ramp())
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[int, int]) -> None:
            fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

        touch("touchStart", (150, 400))
        touch("touchMove", (200, 400))
        touch("touchEnd")
        expect(_canvas(page)).to_have_attribute("aria-label", re.compile("window 2400, level 1000"))
        touch("touchStart", (150, 400))
        touch("touchStart", (150, 400), (250, 400))
        touch("touchMove", (100, 400), (300, 400))
        touch("touchEnd")
        page.wait_for_timeout(100)
        assert page.evaluate("harness.viewer.state.view.zoom") == pytest.approx(2, rel=0.02)
