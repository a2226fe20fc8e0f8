"""Which values are shown, from black to white (PS3.3 C.11.2)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.image import Window
from serverless_dicom.image.grey import Transformation, levels_of
from serverless_dicom.image.modality import Modality
from serverless_dicom.image.voi import PRESETS, Voi
from tests.pictures import by_the_formula, drawn, grey, levels, noise

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def lut_item(entries: list[int], first: int = 0, bits: int = 8, *, vr: str = "US", count: int | None = None) -> Dataset:
    """An item of a Modality or VOI LUT Sequence."""
    item = Dataset()
    item.add_new(0x00283002, vr, [len(entries) if count is None else count, first, bits])
    item.ModalityLUTType = "US"
    item.add_new(0x00283006, "OW", np.array(entries, "<u2").tobytes())
    return item


slopes = st.one_of(st.floats(-100, 100), st.sampled_from([1.0, -1.0, 0.5])).filter(lambda value: abs(value) > 1e-6)
modalities = st.builds(Modality, st.just("rescale"), slopes, st.one_of(st.floats(-5000, 5000), st.just(0.0)))
windows = st.builds(
    Voi, st.just("window"), st.floats(-40_000, 40_000), st.floats(1, 80_000), st.sampled_from(FUNCTIONS)
)
transformations = st.builds(Transformation, modalities, windows, st.booleans(), st.none())


@settings(max_examples=300, deadline=None)
@given(st.integers(2, 16), st.booleans(), transformations)
def test_a_window_is_the_standard_s_formula_within_one_grey_level(
    bits: int, signed: bool, transformation: Transformation
) -> None:
    stored = noise((1, 64), bits, signed=signed, seed=bits)
    modality, voi = transformation.modality, transformation.voi

    found = levels_of(stored, transformation, bits).reshape(-1).astype(int)

    for level, value in zip(found, stored.reshape(-1), strict=True):
        shown = float(value) * modality.slope + modality.intercept
        if voi.function == "LINEAR" and voi.width < 1.001 and abs(shown - voi.center + 0.5) < 0.001:
            continue  # a step: either side is as near
        expected = by_the_formula(shown, voi.center, voi.width, voi.function)
        assert abs(level - (255 - expected if transformation.inverted else expected)) <= 1


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 12), st.booleans(), transformations)
def test_the_table_gives_what_every_pixel_by_itself_gives(
    bits: int, signed: bool, transformation: Transformation
) -> None:
    many = noise((65, 64), bits, signed=signed)
    few = many[:1, : max(1, min(64, (1 << bits) - 1))]

    by_table = levels_of(many, transformation, bits)
    directly = transformation.apply(many)

    assert np.array_equal(by_table, directly)
    assert np.array_equal(levels_of(few, transformation, bits), directly[: few.shape[0], : few.shape[1]])


def test_a_linear_window_of_one_is_a_step_after_its_centre_less_a_half() -> None:
    assert levels(grey([[98, 99, 100, 101]], WindowCenter=100, WindowWidth=1)) == [0, 0, 255, 255]


def test_a_linear_window_counts_whole_values() -> None:
    assert levels(grey([[0, 127, 128, 255]], WindowCenter=128, WindowWidth=256)) == [0, 127, 128, 255]


def test_an_exact_window_does_not() -> None:
    shown = levels(grey([[0, 64, 128, 255]], bits=16, WindowCenter=128, WindowWidth=256, VOILUTFunction="LINEAR_EXACT"))

    assert shown == [0, 63, 127, 254]


def test_an_exact_window_may_be_narrower_than_one() -> None:
    file = grey(
        [[0, 1, 2, 3]], RescaleSlope="0.1", WindowCenter="0.15", WindowWidth="0.2", VOILUTFunction="LINEAR_EXACT"
    )

    assert [abs(level - expected) <= 1 for level, expected in zip(levels(file), (0, 64, 191, 255), strict=True)] == [
        True
    ] * 4


def test_a_sigmoid_is_half_grey_at_its_centre() -> None:
    file = grey([[0, 50, 100, 150, 200]], WindowCenter=100, WindowWidth=100, VOILUTFunction="SIGMOID")

    assert levels(file) == [4, 30, 127, 224, 250]


@pytest.mark.parametrize(("center", "width"), [(50, 0), (50, -10), ("", 100), (50, ""), ("", "")])
def test_without_a_valid_window_the_range_of_the_pixels_is_shown(center: object, width: object) -> None:
    file = grey([[10, 20, 30]], WindowCenter=center, WindowWidth=width)

    assert levels(file) == [0, 127, 255]
    assert drawn(file).explanation["voi"]["source"] == "range of the used pixels"


def test_a_window_of_half_a_step_is_none_for_linear() -> None:
    picture = drawn(grey([[10, 20, 30]], WindowCenter=20, WindowWidth="0.5"))

    assert picture.explanation["voi"]["source"] == "range of the used pixels"
    assert picture.warnings == ["the window of the object is invalid: the range of the pixels is shown"]


def test_an_unknown_function_is_linear() -> None:
    file = grey([[0, 255]], WindowCenter=128, WindowWidth=256, VOILUTFunction="CUBIC")

    assert drawn(file).explanation["voi"]["function"] == "LINEAR"


class TestOneOfSeveralWindows:
    FILE = grey([[0, 10, 20, 40]], WindowCenter=["10", "20"], WindowWidth=["21", "41"])

    def test_the_first_is_shown(self) -> None:
        assert levels(self.FILE) == [6, 133, 255, 255]

    def test_another_is_shown_by_its_index(self) -> None:
        assert levels(self.FILE, window=Window(index=2)) == [3, 66, 130, 255]

    def test_one_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="it has windows 1 to 2"):
            levels(self.FILE, window=Window(index=3))

    def test_one_that_is_asked_for_goes_before_all(self) -> None:
        picture = drawn(self.FILE, window=Window(20, 41))

        assert picture.explanation["voi"] == {"source": "request", "function": "LINEAR", "center": 20.0, "width": 41.0}


def test_an_index_into_no_window_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no window"):
        levels(grey([[0, 1]]), window=Window(index=1))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_in_hounsfield_units(name: str) -> None:
    center, width = PRESETS[name]
    file = grey([[0, 1000, 1024, 1100, 3000]], bits=12, RescaleIntercept="-1024", RescaleSlope="1")

    shown = levels(file, window=Window(preset=name))

    expected = [by_the_formula(value - 1024, center, width, "LINEAR") for value in (0, 1000, 1024, 1100, 3000)]
    assert np.abs(np.array(shown) - expected).max() <= 1


def test_a_preset_is_for_ct_only() -> None:
    with pytest.raises(InvalidRequest, match="for CT"):
        levels(grey([[0, 1]], Modality="MR"), window=Window(preset="brain"))


class TestVoiLutSequence:
    @pytest.mark.parametrize(
        ("bits", "entries", "expected"),
        [
            (8, [0, 85, 170, 255], [0, 85, 170, 255]),
            (12, [0, 1365, 2730, 4095], [0, 85, 170, 255]),
            (16, [0, 0x5555, 0xAAAA, 0xFFFF], [0, 85, 170, 255]),
        ],
    )
    def test_its_bits_are_spread_over_all_grey_levels(self, bits: int, entries: list[int], expected: list[int]) -> None:
        assert levels(grey([[0, 1, 2, 3]], VOILUTSequence=[lut_item(entries, bits=bits)])) == expected

    def test_values_beyond_its_ends_take_the_nearest_entry(self) -> None:
        file = grey([[0, 9, 10, 11, 12, 200]], VOILUTSequence=[lut_item([50, 100, 150], first=10)])

        assert levels(file) == [50, 50, 50, 100, 150, 150]

    def test_its_first_value_may_be_negative(self) -> None:
        file = grey([[-5, -2, -1, 0, 1]], signed=True, VOILUTSequence=[lut_item([10, 20, 30, 40], first=-2, vr="SS")])

        assert levels(file) == [10, 10, 20, 30, 40]

    def test_a_negative_first_value_that_was_written_as_unsigned_is_meant_as_negative(self) -> None:
        file = grey(
            [[1022, 1023, 1024]],
            bits=12,
            RescaleIntercept="-1024",
            RescaleSlope="1",
            VOILUTSequence=[lut_item([10, 20, 30], first=0x10000 - 2)],
        )

        assert levels(file) == [10, 20, 30]

    def test_0_entries_are_65536(self) -> None:
        entries = list(range(65536))

        file = grey([[0, 256, 0x8000, 0xFFFF]], bits=16, VOILUTSequence=[lut_item(entries, bits=16, count=0)])

        assert levels(file) == [0, 1, 128, 255]

    def test_it_goes_before_the_window(self) -> None:
        file = grey([[0, 1]], VOILUTSequence=[lut_item([7, 9])], WindowCenter=1, WindowWidth=2)

        assert levels(file) == [7, 9]
        assert drawn(file).explanation["voi"] == {"source": "VOI LUT Sequence"}

    def test_a_window_that_is_asked_for_goes_before_it(self) -> None:
        file = grey([[0, 255]], VOILUTSequence=[lut_item([7, 9])])

        assert levels(file, window=Window(128, 256)) == [0, 255]

    @pytest.mark.parametrize(
        "broken",
        [lut_item([]), lut_item([1, 2], bits=0), lut_item([1, 2], bits=77), Dataset()],
        ids=["no entries", "no bits", "77 bits", "empty"],
    )
    def test_one_that_cannot_be_used_leaves_the_window(self, broken: Dataset) -> None:
        file = grey([[0, 255]], VOILUTSequence=[broken], WindowCenter=128, WindowWidth=256)

        assert levels(file) == [0, 255]

    def test_two_entries_of_eight_bits_may_share_a_word(self) -> None:
        item = lut_item([], bits=8, count=4)
        item.add_new(0x00283006, "OW", bytes([1, 2, 3, 4]))

        assert levels(grey([[0, 1, 2, 3]], VOILUTSequence=[item])) == [1, 2, 3, 4]


def test_first_value_below_0_after_a_negative_slope() -> None:
    file = grey(
        [[0, 1, 2]], RescaleSlope=-1, RescaleIntercept=0, VOILUTSequence=[lut_item([10, 20, 30], first=0x10000 - 2)]
    )
    assert levels(file) == [30, 20, 10]
