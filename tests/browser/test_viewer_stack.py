"""Frames of several archived objects as one stack: painted as the server draws them, checked, each with its header."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import RenderOptions, open_image, render
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.outline import outline
from tests.browser.conftest import Site
from tests.image_sets import Set, noise

WINDOW = {"RescaleSlope": "1", "RescaleIntercept": "-100", "WindowCenter": ["40"], "WindowWidth": ["600"]}


def places(site: Site, built: Set) -> list[dict[str, Any]]:
    """The places of a stack, all of whose bytes the site has."""
    site.answers.update({f"/frame/{name}": data for name, data in built.frames.items()})
    found = []
    for series in outline(parse(built.blob))["series"]:
        for instance in series["instances"]:
            key = instance["SOPInstanceUID"]
            site.answers[f"/beginning/{key}"] = b64decode(instance["header"])
            kept = instance["storedTransferSyntaxUID"] not in {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"}
            found += [
                {
                    "beginning": f"/beginning/{key}",
                    "key": key,
                    "path": f"/frame/{frame['frameId']}",
                    "number": number,
                    "checksum": {"crc32": frame["checksum"], "ofStored": kept},
                }
                for number, frame in enumerate(instance["frames"], 1)
            ]
    return found


def drawn(site: Site, place: dict[str, Any], frame: bytes, count: int) -> bytes:
    """RGBA of one frame as the server draws it, of a file that has it in the place of all."""
    beginning = site.answers[place["beginning"]]
    assert isinstance(beginning, bytes)
    item = b"\xfe\xff\x00\xe0" + (len(frame) + len(frame) % 2).to_bytes(4, "little") + frame + bytes(len(frame) % 2)
    data = beginning + item * count + b"\xfe\xff\xdd\xe0\0\0\0\0"
    picture = render(open_image(MemoryRanges(data)).frame(place["number"]), RenderOptions(format="png"))
    with Image.open(BytesIO(picture.data)) as image:
        return np.asarray(image.convert("RGBA")).tobytes()


def test_each_frame_is_painted_as_the_server_draws_it_and_found_intact(viewer_page: Page, viewer_site: Site) -> None:
    built = Set()
    built.add("1.2.3.1", noise(24, 32), number="1", **WINDOW)
    built.add("1.2.3.2", *[noise(16, 20, seed=seed) for seed in (2, 3, 4)], number="2", **WINDOW)
    built.add("1.2.3.3", noise(20, 16, 3, dtype="|u1"), number="3")
    built.add("1.2.3.4", noise(24, 32, dtype="<u2") & 0xFFF, number="4", BitsStored=12, HighBit=11)
    built.add("1.2.3.5", noise(9, 7, dtype="|u1"), number="5", PhotometricInterpretation="MONOCHROME1")
    stack = places(viewer_site, built)

    opened = viewer_page.evaluate("(places) => harness.stack(places)", stack)
    assert (opened["kind"], opened["frames"]) == ("image", 7)

    for number, place in enumerate(stack, 1):
        count = 3 if place["key"] == "1.2.3.2" else 1
        frame = built.frames[place["path"].removeprefix("/frame/")]
        viewer_site.answers["/expected"] = drawn(viewer_site, place, frame, count)
        viewer_page.evaluate("(number) => harness.viewer.go(number)", number)
        found = viewer_page.evaluate("harness.compare('/expected')")
        assert (found["one"], found["more"]) == (0, 0), f"frame {number}: {found}"
    assert viewer_page.evaluate("harness.seen") == [[number, True] for number in range(1, 8)]


@pytest.mark.parametrize("kind", ["JPEG", "samples"])
def test_frames_that_were_kept_as_they_came_are_checked_as_they_are(
    viewer_page: Page, viewer_site: Site, kind: str
) -> None:
    pixels = noise(16, 16, dtype="|u1")
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG")
    described = {"Rows": 16, "Columns": 16, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2"}
    described |= {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
    syntax = {"JPEG": "1.2.840.10008.1.2.4.50", "samples": "1.2.840.10008.1.2.1"}[kind]
    built = Set()
    built.store("1.2.3.1", syntax, out.getvalue() if kind == "JPEG" else pixels.tobytes(), **described)

    opened = viewer_page.evaluate("(places) => harness.stack(places)", places(viewer_site, built))

    assert opened["kind"] == "image", opened
    viewer_page.evaluate("harness.viewer.flush()")
    assert viewer_page.evaluate("harness.seen") == [[1, True]]


def test_a_frame_that_is_another_one_is_told(viewer_page: Page, viewer_site: Site) -> None:
    built = Set()
    built.add("1.2.3.1", noise(8, 8), noise(8, 8, seed=2))
    first, second = places(viewer_site, built)
    viewer_site.answers[second["path"]] = viewer_site.answers[first["path"]]

    viewer_page.evaluate("(places) => harness.stack(places)", [first, second])
    notice = viewer_page.locator(".viewer-notice")
    expect(notice).to_be_hidden()
    viewer_page.evaluate("harness.viewer.go(2)")
    expect(notice).to_have_text("This frame is not what was imported: its checksum is another.")


def test_samples_of_more_bits_than_are_read_here_are_told(viewer_page: Page, viewer_site: Site) -> None:
    built = Set()
    built.add("1.2.3.1", np.arange(64, dtype="<u4").reshape(8, 8) << 20)

    opened = viewer_page.evaluate("(places) => harness.stack(places)", places(viewer_site, built))

    assert opened["kind"] == "unsupported"
    assert "samples of 32 bits" in opened["message"]


def test_the_header_is_that_of_the_object_that_is_shown(viewer_page: Page, viewer_site: Site) -> None:
    built = Set()
    built.add("1.2.3.1", noise(8, 8), number="1")
    built.add("1.2.3.2", noise(8, 8), number="2")
    viewer_page.evaluate("(places) => harness.stack(places)", places(viewer_site, built))
    viewer_page.get_by_role("button", name="Header").click()
    viewer_page.get_by_label("Filter the header").fill("InstanceNumber")
    expect(viewer_page.locator(".viewer-value")).to_have_count(1)
    expect(viewer_page.locator(".viewer-value")).to_have_text("1copy")
    viewer_page.locator("canvas").focus()
    viewer_page.keyboard.press("ArrowRight")
    expect(viewer_page.locator(".viewer-value")).to_have_text("2copy")
    expect(viewer_page.get_by_label("Filter the header")).to_have_value("InstanceNumber")


def test_a_frame_that_does_not_come_leaves_the_others(viewer_page: Page, viewer_site: Site) -> None:
    built = Set()
    built.add("1.2.3.1", noise(8, 8), noise(8, 8, seed=2))
    first, second = places(viewer_site, built)
    viewer_site.answers[second["path"]] = b"no codestream"

    viewer_page.evaluate("(places) => harness.stack(places)", [first, second])
    viewer_page.evaluate("harness.viewer.go(2)")
    expect(viewer_page.locator(".viewer-line")).not_to_be_empty()
    viewer_page.evaluate("harness.viewer.go(1)")
    expect(viewer_page.locator(".viewer-line")).to_be_empty()
