"""Stored grey values -> the grey levels that one sees."""

import json
from typing import Any

import imagecodecs
import numpy as np
import pytest

from tests.pictures import drawn, encapsulated, grey, levels, make_image, native, noise, real, seen

IDENTITY = {"WindowCenter": 128, "WindowWidth": 256}


class TestTheRangeOfTheUsedPixels:
    def test_it_goes_from_black_to_white(self) -> None:
        assert levels(grey([[10, 20, 30]])) == [0, 127, 255]

    def test_one_value_alone_is_black(self) -> None:
        assert levels(grey([[7, 7, 7]])) == [0, 0, 0]

    def test_padding_is_left_out(self) -> None:
        file = grey([[0, 1010, 1020, 1030]], bits=12, PixelPaddingValue=0)

        assert levels(file) == [0, 0, 127, 255]

    def test_padding_above_the_range_is_left_out_too(self) -> None:
        assert levels(grey([[10, 20, 30, 255]], PixelPaddingValue=255)) == [0, 127, 255, 255]

    @pytest.mark.parametrize(("value", "limit"), [(0, 3), (3, 0)])
    def test_padding_may_be_a_range(self, value: int, limit: int) -> None:
        file = grey([[0, 1, 2, 3, 10, 30]], PixelPaddingValue=value, PixelPaddingRangeLimit=limit)

        assert levels(file) == [0, 0, 0, 0, 0, 255]

    def test_signed_padding_is_left_out(self) -> None:
        file = grey([[-2000, -100, 0, 100]], bits=16, signed=True, PixelPaddingValue=-2000)

        assert levels(file) == [0, 0, 127, 255]

    def test_padding_is_of_stored_values_not_of_rescaled_ones(self) -> None:
        file = grey([[0, 10, 20]], PixelPaddingValue=0, RescaleSlope=2, RescaleIntercept=100)

        assert drawn(file).explanation["voi"] == {
            "source": "range of the used pixels",
            "function": "LINEAR_EXACT",
            "center": 130.0,
            "width": 20.0,
        }

    def test_a_picture_of_nothing_but_padding_is_of_one_level(self) -> None:
        assert len(set(levels(grey([[7, 7, 7, 7]], PixelPaddingValue=7)))) == 1

    def test_every_frame_has_its_own(self) -> None:
        file = grey([[[0, 10]], [[0, 200]]])

        assert drawn(file, 1).explanation["voi"]["width"] == 10
        assert drawn(file, 2).explanation["voi"]["width"] == 200


class TestInversion:
    @pytest.mark.parametrize(
        ("photometric", "shape", "inverted"),
        [
            ("MONOCHROME2", None, False),
            ("MONOCHROME2", "IDENTITY", False),
            ("MONOCHROME2", "INVERSE", True),
            ("MONOCHROME1", None, True),
            ("MONOCHROME1", "INVERSE", True),
        ],
    )
    def test_the_highest_value_is_black_where_the_object_says_so(
        self, photometric: str, shape: str | None, inverted: bool
    ) -> None:
        file = grey([[0, 100, 255]], photometric=photometric, PresentationLUTShape=shape, **IDENTITY)

        assert levels(file) == ([255, 155, 0] if inverted else [0, 100, 255])
        assert drawn(file).explanation["inverted"] is inverted

    def test_it_comes_after_the_range_of_pixels(self) -> None:
        assert levels(grey([[10, 20, 30]], photometric="MONOCHROME1")) == [255, 128, 0]

    def test_it_comes_after_a_sigmoid(self) -> None:
        file = grey([[0, 200]], photometric="MONOCHROME1", WindowCenter=100, WindowWidth=100, VOILUTFunction="SIGMOID")

        assert levels(file) == [251, 5]


class TestBits:
    @pytest.mark.parametrize("bits", [2, 7, 8, 10, 12, 15, 16, 20, 32, 48, 64])
    @pytest.mark.parametrize("signed", [False, True])
    @pytest.mark.parametrize("size", [(3, 5), (260, 300)], ids=["direct", "by table"])
    def test_values_of_so_many_bits_are_shown(self, bits: int, signed: bool, size: tuple[int, int]) -> None:
        values = noise(size, bits, signed=signed)
        low, high = float(values.min()), float(values.max())

        shown = levels(grey(values, bits=bits, signed=signed))

        expected = (values.astype(float).reshape(-1) - low) / (high - low) * 255
        assert np.abs(np.array(shown) - expected).max() <= 1
        assert (min(shown), max(shown)) == (0, 255)

    @pytest.mark.parametrize("signed", [False, True])
    def test_what_stands_in_unused_bits_is_not_shown(self, signed: bool) -> None:
        values = noise((16, 16), 12, signed=signed)
        garbage = noise((16, 16), 4, seed=9).astype(np.uint16) << 12
        dirty = (values.astype(np.uint16) & 0xFFF | garbage).astype("<u2")
        dataset = make_image(rows=16, columns=16, bits=12, signed=signed)

        assert levels(native(dataset, dirty.tobytes())) == levels(grey(values, bits=12, signed=signed))

    @pytest.mark.parametrize("signed", [False, True])
    def test_the_high_bit_need_not_be_the_lowest_that_it_can_be(self, signed: bool) -> None:
        values = noise((16, 16), 10, signed=signed)
        shifted = (values.astype(np.uint16) & 0x3FF) << 4 | 0x800F & noise((16, 16), 16, seed=5)
        dataset = make_image(rows=16, columns=16, bits=10, signed=signed, HighBit=13)

        assert levels(native(dataset, shifted.astype("<u2").tobytes())) == levels(grey(values, bits=10, signed=signed))

    def test_one_bit_is_black_or_white(self) -> None:
        dataset = make_image(rows=2, columns=8, bits=1)

        assert levels(native(dataset, bytes([0b00000101, 0b10000000]))) == [255, 0, 255, 0, 0, 0, 0, 0] + [0] * 7 + [
            255
        ]

    def test_big_endian_samples(self) -> None:
        dataset = make_image(rows=1, columns=3, bits=16, WindowCenter=500, WindowWidth=1000)
        values = np.array([0, 500, 1000])

        file = native(dataset, values.astype(">u2").tobytes(), "1.2.840.10008.1.2.2")

        assert levels(file) == levels(grey([values], bits=16, WindowCenter=500, WindowWidth=1000))


class TestFloats:
    @pytest.mark.parametrize("double", [False, True])
    def test_their_range_is_shown(self, double: bool) -> None:
        assert levels(real([[-0.5, 0.0, 0.5]], double=double)) == [0, 127, 255]

    def test_their_window_is_shown(self) -> None:
        file = real([[0.0, 0.25, 1.0]], WindowCenter="0.5", WindowWidth="1", VOILUTFunction="LINEAR_EXACT")

        assert levels(file) == [0, 63, 255]

    @pytest.mark.parametrize("double", [False, True])
    def test_what_is_no_number_is_black_and_counts_for_nothing(self, double: bool) -> None:
        assert levels(real([[np.nan, 1.0, 2.0, 3.0]], double=double)) == [0, 0, 127, 255]

    def test_infinities_lie_beyond_the_window(self) -> None:
        assert levels(real([[-np.inf, 1.0, 2.0, 3.0, np.inf]])) == [0, 0, 127, 255, 255]

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_nothing_but_those_is_a_picture_all_the_same(self, value: float) -> None:
        assert set(levels(real([[value, value]]))) <= {0, 255}

    def test_their_padding_is_left_out(self) -> None:
        assert levels(real([[-1e30, 1.0, 2.0, 3.0]], FloatPixelPaddingValue=-1e30)) == [0, 0, 127, 255]


class TestTheShareOfClippedPixels:
    def test_it_is_told(self) -> None:
        file = grey([[0, 50, 100, 200]], WindowCenter=75.5, WindowWidth=51)

        assert drawn(file).explanation["clipped"] == {"below": 0.25, "above": 0.25}

    def test_padding_is_not_counted(self) -> None:
        file = grey([[0, 60, 100, 200]], WindowCenter=75.5, WindowWidth=51, PixelPaddingValue=0)

        assert drawn(file).explanation["clipped"]["below"] == 0

    def test_only_who_asks_is_told(self) -> None:
        assert "clipped" not in drawn(grey([[0, 1]]), explain=False).explanation


@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": "1e15", "RescaleIntercept": "-1e15"},
        {"WindowCenter": "1e30", "WindowWidth": "1e-30", "VOILUTFunction": "LINEAR_EXACT"},
        {"WindowCenter": "1e-30", "WindowWidth": "1e30", "VOILUTFunction": "SIGMOID"},
        {"PixelPaddingValue": 65535, "PixelPaddingRangeLimit": 0},
    ],
)
def test_extreme_numbers_give_a_picture_and_an_explanation_in_json(elements: dict[str, Any]) -> None:
    picture = drawn(grey([[0, 100, 255]], **elements))

    assert json.dumps(picture.explanation, allow_nan=False)


def test_a_grey_codestream_takes_the_same_way() -> None:
    values = noise((16, 16), 12)
    dataset = make_image(rows=16, columns=16, bits=12, WindowCenter=2048, WindowWidth=4096)

    file = encapsulated(dataset, [imagecodecs.jpegls_encode(values)], "1.2.840.10008.1.2.4.80")

    assert levels(file) == levels(grey(values, bits=12, WindowCenter=2048, WindowWidth=4096))


def test_a_presentation_shape_goes_before_the_photometric_interpretation() -> None:
    file = grey(
        [[0, 100, 255]], photometric="MONOCHROME1", PresentationLUTShape="IDENTITY", WindowCenter=128, WindowWidth=256
    )
    assert levels(file) == [0, 100, 255]


def test_nothing_but_padding_is_black() -> None:
    assert set(levels(grey([[7, 7]], PixelPaddingValue=7))) == {0}


def test_doubles_of_any_size_give_json() -> None:
    picture = drawn(real([[-1.7e308, 0.0, 1.7e308]], double=True))
    assert json.dumps(picture.explanation, allow_nan=False)
    assert seen(picture).reshape(-1).tolist() == [0, 127, 255]
