"""Attributes of one frame: in its own functional groups, the shared ones, or the data set (PS3.3 C.7.6.16)."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from serverless_dicom.image import Window
from tests.pictures import drawn, grey, levels

FRAMES = np.array([[[0, 100, 200]], [[0, 100, 200]]])


def window(center: float, width: float, function: str | None = None) -> Dataset:
    """A group with a window."""
    item = Dataset()
    item.WindowCenter, item.WindowWidth = center, width
    if function:
        item.VOILUTFunction = function
    group = Dataset()
    group.FrameVOILUTSequence = [item]
    return group


def rescale(slope: float, intercept: float) -> Dataset:
    """A group with a rescale."""
    item = Dataset()
    item.RescaleSlope, item.RescaleIntercept, item.RescaleType = slope, intercept, "US"
    group = Dataset()
    group.PixelValueTransformationSequence = [item]
    return group


def both(*groups: Dataset) -> Dataset:
    """One group of several."""
    joined = Dataset()
    for group in groups:
        joined.update(group)
    return joined


def test_a_shared_window_is_every_frame_s() -> None:
    file = grey(FRAMES, SharedFunctionalGroupsSequence=[window(128, 256)])

    assert [levels(file, frame) for frame in (1, 2)] == [[0, 100, 200]] * 2
    assert drawn(file).explanation["voi"]["source"] == "window 1 of the shared functional groups"


def test_each_frame_has_its_own_window_and_rescale() -> None:
    own = [both(window(128, 256), rescale(1, 0)), both(window(128, 256), rescale(-1, 200))]

    file = grey(FRAMES, PerFrameFunctionalGroupsSequence=own)

    assert levels(file, 1) == [0, 100, 200]
    assert levels(file, 2) == [200, 100, 0]
    assert drawn(file, 2).explanation["modality"] == {
        "source": "rescale of the per-frame functional groups",
        "slope": -1.0,
        "intercept": 200.0,
    }


def test_a_frame_s_own_goes_before_the_shared_and_both_before_the_data_set() -> None:
    file = grey(
        FRAMES,
        WindowCenter=1,
        WindowWidth=2,
        RescaleSlope=7,
        RescaleIntercept=7,
        SharedFunctionalGroupsSequence=[both(window(128, 256), rescale(0.5, 0))],
        PerFrameFunctionalGroupsSequence=[Dataset(), rescale(1, 20)],
    )

    assert levels(file, 1) == [0, 50, 100]
    assert levels(file, 2) == [20, 120, 220]


def test_a_group_s_own_function_is_used() -> None:
    file = grey(FRAMES, SharedFunctionalGroupsSequence=[window(100, 100, "SIGMOID")])

    assert drawn(file).explanation["voi"]["function"] == "SIGMOID"
    assert levels(file)[1] == 127


def test_an_index_chooses_among_the_frame_s_windows() -> None:
    group = window(1, 2)
    group.FrameVOILUTSequence[0].WindowCenter = [1, 128]
    group.FrameVOILUTSequence[0].WindowWidth = [2, 256]

    assert levels(grey(FRAMES, SharedFunctionalGroupsSequence=[group]), window=Window(index=2)) == [0, 100, 200]


@pytest.mark.parametrize("groups", [[], [Dataset()], [window(128, 256)]], ids=["none", "empty", "fewer than frames"])
def test_missing_groups_leave_what_the_data_set_says(groups: list[Dataset]) -> None:
    file = grey(FRAMES, WindowCenter=128, WindowWidth=256, PerFrameFunctionalGroupsSequence=groups)

    assert levels(file, 2) == [0, 100, 200]


def test_an_empty_window_of_a_group_says_nothing() -> None:
    group = window(1, 2)
    group.FrameVOILUTSequence[0].WindowCenter = None
    group.FrameVOILUTSequence[0].WindowWidth = None
    file = grey([[0, 100, 200]], WindowCenter=128, WindowWidth=256, SharedFunctionalGroupsSequence=[group])
    assert levels(file) == [0, 100, 200]
