"""The letters at the edges of the picture: where in the patient its sides lie, however it is turned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page
from pydicom.dataset import Dataset

from tests.browser.conftest import Site
from tests.pictures import grey

AXIAL, CORONAL, SAGITTAL = [1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1]


def _letters(page: Page, site: Site, frames: int | None = None, **described: Any) -> list[str]:
    """What stands at the right, the bottom, the left and the top."""
    shape = (8, 8) if frames is None else (frames, 8, 8)
    site.answers["/file"] = grey(np.zeros(shape, int), **described)
    page.evaluate("harness.open('/file')")
    return _shown(page)


def _shown(page: Page) -> list[str]:
    page.evaluate("harness.viewer.flush()")
    return page.locator(".viewer-edge").all_text_contents()


def _orientation(cosines: list[float]) -> Dataset:
    plane, groups = Dataset(), Dataset()
    plane.ImageOrientationPatient = cosines
    groups.PlaneOrientationSequence = [plane]
    return groups


@pytest.mark.parametrize(
    ("cosines", "expected"),
    [
        (AXIAL, ["L", "P", "R", "A"]),
        (CORONAL, ["L", "F", "R", "H"]),
        (SAGITTAL, ["P", "F", "A", "H"]),
        ([-1, 0, 0, 0, -1, 0], ["R", "A", "L", "P"]),
        ([0.8, -0.6, 0, 0, 0, -1], ["LA", "F", "RP", "H"]),
        ([0.999, 0.02, 0.04, -0.02, 0.99, 0.1], ["L", "P", "R", "A"]),
        ([0.5, 0.6, 0.62, 0, 0.7, -0.71], ["HPL", "FP", "FAR", "HA"]),
    ],
    ids=str,
)
def test_they_follow_the_direction_cosines(
    viewer_page: Page, viewer_site: Site, cosines: list[float], expected: list[str]
) -> None:
    assert _letters(viewer_page, viewer_site, ImageOrientationPatient=cosines) == expected


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({"PatientOrientation": ["A", "F"]}, ["A", "F", "P", "H"]),
        ({"PatientOrientation": ["PL", "FR"]}, ["PL", "FR", "AR", "HL"]),
        ({"PatientOrientation": ["A", "F"], "ImageOrientationPatient": AXIAL}, ["L", "P", "R", "A"]),
        ({"PatientOrientation": ["A"]}, [""] * 4),
        ({"PatientOrientation": ["X", "F"]}, [""] * 4),
        ({"PatientOrientation": ["AA", "F"]}, [""] * 4),
        ({"PatientOrientation": ["RT", "V"], "AnatomicalOrientationType": "QUADRUPED"}, [""] * 4),
        ({"ImageOrientationPatient": AXIAL, "AnatomicalOrientationType": "QUADRUPED"}, [""] * 4),
        ({"ImageOrientationPatient": AXIAL[:5]}, [""] * 4),
        ({"ImageOrientationPatient": [0] * 6}, [""] * 4),
        ({}, [""] * 4),
    ],
    ids=str,
)
def test_without_cosines_they_are_those_of_the_object_or_none(
    viewer_page: Page, viewer_site: Site, described: dict[str, Any], expected: list[str]
) -> None:
    assert _letters(viewer_page, viewer_site, **described) == expected


def test_each_frame_has_its_own(viewer_page: Page, viewer_site: Site) -> None:
    groups = [_orientation(AXIAL), _orientation(CORONAL)]
    assert _letters(viewer_page, viewer_site, 2, PerFrameFunctionalGroupsSequence=groups)[1] == "P"
    viewer_page.evaluate("harness.viewer.go(2)")
    assert _shown(viewer_page)[1] == "F"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("r", ["A", "L", "P", "R"]),
        ("rr", ["R", "A", "L", "P"]),
        ("h", ["R", "P", "L", "A"]),
        ("v", ["L", "A", "R", "P"]),
        ("rh", ["P", "L", "A", "R"]),
        ("hr", ["A", "R", "P", "L"]),
        ("t", [""] * 4),
    ],
)
def test_they_turn_with_the_picture(viewer_page: Page, viewer_site: Site, keys: str, expected: list[str]) -> None:
    _letters(viewer_page, viewer_site, ImageOrientationPatient=AXIAL)
    viewer_page.locator("canvas").focus()
    for key in keys:
        viewer_page.keyboard.press(key)
    assert _shown(viewer_page) == expected
