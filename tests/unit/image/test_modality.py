"""Stored values -> values of a unit (PS3.3 C.11.1)."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.pictures import drawn, grey, levels

IDENTITY = {"WindowCenter": 128, "WindowWidth": 256}
"""Shows values 0 to 255 as they are."""


def modality_lut(entries: list[int], first: int = 0, bits: int = 8, vr: str = "US") -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, vr, [len(entries), first, bits])
    item.ModalityLUTType = "US"
    item.add_new(0x00283006, "OW", np.array(entries, "<u2").tobytes())
    return item


def test_values_are_rescaled_before_the_window() -> None:
    file = grey([[0, 50, 100]], RescaleSlope="2", RescaleIntercept="10", **IDENTITY)

    assert levels(file) == [10, 110, 210]
    assert drawn(file).explanation["modality"] == {
        "source": "rescale of the data set",
        "slope": 2.0,
        "intercept": 10.0,
    }


def test_a_negative_slope_turns_the_range_around() -> None:
    assert levels(grey([[0, 50, 100]], RescaleSlope="-1", RescaleIntercept="0")) == [255, 127, 0]


def test_a_slope_of_0_is_a_mistake_and_counts_as_none() -> None:
    assert levels(grey([[0, 100, 200]], RescaleSlope="0", RescaleIntercept="0", **IDENTITY)) == [0, 100, 200]


@pytest.mark.parametrize("value", ["", None])
def test_an_absent_half_of_the_rescale_changes_nothing(value: str | None) -> None:
    assert levels(grey([[0, 100, 200]], RescaleSlope=value, RescaleIntercept="5", **IDENTITY)) == [5, 105, 205]
    assert levels(grey([[0, 50, 100]], RescaleSlope="2", RescaleIntercept=value, **IDENTITY)) == [0, 100, 200]


def test_a_table_goes_before_the_rescale() -> None:
    file = grey(
        [[0, 1, 2, 3]],
        ModalityLUTSequence=[modality_lut([200, 100, 50])],
        RescaleSlope="9",
        RescaleIntercept="9",
        **IDENTITY,
    )

    assert levels(file) == [200, 100, 50, 50]
    assert drawn(file).explanation["modality"] == {"source": "Modality LUT Sequence"}


def test_a_table_of_signed_values_begins_below_0() -> None:
    file = grey([[-3, -2, -1, 0]], signed=True, ModalityLUTSequence=[modality_lut([1, 2, 3], -2, vr="SS")], **IDENTITY)

    assert levels(file) == [1, 1, 2, 3]


def test_without_a_window_the_range_is_that_of_the_table_s_output() -> None:
    assert levels(grey([[0, 1, 2]], ModalityLUTSequence=[modality_lut([30, 20, 10])])) == [255, 127, 0]


def test_a_voi_table_takes_the_modality_s_values() -> None:
    file = grey(
        [[0, 1, 2]],
        ModalityLUTSequence=[modality_lut([12, 11, 10])],
        VOILUTSequence=[modality_lut([100, 150, 200], 10)],
    )

    assert levels(file) == [200, 150, 100]


def test_a_rescale_beyond_all_numbers_gives_no_warning() -> None:
    drawn(grey([[0, 1, 200]], RescaleSlope="1e308", RescaleIntercept="0"))
