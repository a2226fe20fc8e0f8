"""The size and the form of a picture."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from tests.datasets import SECRETS
from tests.pictures import drawn, grey, make_image, native, noise, seen

FILE = grey(noise((20, 40)), WindowCenter=128, WindowWidth=256)


def size(file: bytes = FILE, **options: Any) -> tuple[int, int]:
    """Width and height of a picture, which it also tells."""
    picture = drawn(file, **options)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == (picture.width, picture.height)
        assert (picture.explanation["width"], picture.explanation["height"]) == image.size
        return image.size


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (40, 20)),
        ({"width": 20}, (20, 10)),
        ({"height": 5}, (10, 5)),
        ({"width": 20, "height": 20}, (20, 10)),
        ({"width": 40, "height": 5}, (10, 5)),
        ({"width": 80}, (40, 20)),
        ({"height": 80}, (40, 20)),
        ({"width": 80, "upscale": True}, (80, 40)),
        ({"width": 80, "height": 30, "upscale": True}, (60, 30)),
        ({"width": 20, "height": 100, "upscale": True}, (20, 10)),
        ({"upscale": True}, (40, 20)),
        ({"width": 1}, (1, 1)),
    ],
    ids=str,
)
def test_a_picture_fits_into_what_was_asked_for(options: dict[str, Any], expected: tuple[int, int]) -> None:
    assert size(**options) == expected


class TestSquarePixels:
    @pytest.mark.parametrize(
        "elements",
        [
            {"PixelSpacing": ["2", "1"]},
            {"ImagerPixelSpacing": ["2", "1"]},
            {"NominalScannedPixelSpacing": ["2", "1"]},
            {"PixelAspectRatio": ["2", "1"]},
            {"PixelSpacing": ["2", "1"], "PixelAspectRatio": ["1", "4"]},
        ],
        ids=str,
    )
    def test_the_object_tells_how_much_higher_than_wide_they_are(self, elements: dict[str, Any]) -> None:
        file = grey(noise((20, 40)), **elements)

        assert size(file) == (40, 20)
        assert size(file, square_pixels=True) == (40, 40)
        assert drawn(file).explanation["pixel_aspect_ratio"] == 2
        assert drawn(file).explanation["square_pixels"] is False

    def test_so_do_functional_groups(self) -> None:
        measures, group = Dataset(), Dataset()
        measures.PixelSpacing = ["1", "2"]
        group.PixelMeasuresSequence = [measures]

        file = grey(noise((20, 40)), SharedFunctionalGroupsSequence=[group])

        assert size(file, square_pixels=True) == (80, 20)

    def test_wide_ones_are_made_wider(self) -> None:
        assert size(grey(noise((20, 40)), PixelAspectRatio=["2", "5"]), square_pixels=True) == (100, 20)

    def test_what_is_stretched_is_then_fitted(self) -> None:
        file = grey(noise((20, 40)), PixelAspectRatio=["2", "1"])

        assert size(file, square_pixels=True, width=20) == (20, 20)
        assert size(file, square_pixels=True, width=80, upscale=True) == (80, 80)

    @pytest.mark.parametrize(
        "elements",
        [
            {},
            {"PixelSpacing": ["1", "1"]},
            {"PixelSpacing": ["0", "1"]},
            {"PixelSpacing": ["-2", "1"]},
            {"PixelSpacing": ["2"]},
            {"PixelSpacing": ["1000", "1"]},
            {"PixelSpacing": ["1e-9", "1"]},
            {"PixelAspectRatio": ["0", "0"]},
        ],
        ids=str,
    )
    def test_without_a_sensible_word_they_are_square(self, elements: dict[str, Any]) -> None:
        file = grey(noise((20, 40)), **elements)

        assert size(file, square_pixels=True) == (40, 20)
        assert drawn(file).explanation["square_pixels"] is True


def test_an_enlarged_picture_has_bounds() -> None:
    width, height = size(grey(noise((1, 4000))), width=65_000, upscale=True)

    assert width <= 65_500
    assert width * height <= 64 * 1024 * 1024


def test_png_is_exact() -> None:
    assert np.array_equal(seen(drawn(FILE)), noise((20, 40)))


def test_jpeg_is_nearly_so_and_smaller_with_less_quality() -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64)) * 2
    file = grey(smooth, WindowCenter=128, WindowWidth=256)
    by_quality = [drawn(file, format="jpg", quality=quality) for quality in (1, 50, 85, 100)]

    assert [picture.format for picture in by_quality] == ["jpg"] * 4
    assert sorted({len(picture.data) for picture in by_quality}) == [len(picture.data) for picture in by_quality]
    assert np.abs(seen(by_quality[-1]) - smooth).max() <= 1
    assert by_quality[0].data[:2] == b"\xff\xd8"


def test_a_grey_picture_has_one_channel_and_a_coloured_one_three() -> None:
    with Image.open(io.BytesIO(drawn(FILE, format="jpg").data)) as image:
        assert image.mode == "L"
    with Image.open(io.BytesIO(drawn(native(make_image("RGB"), bytes(48)), format="jpg").data)) as image:
        assert image.mode == "RGB"


def test_coloured_lines_keep_their_colour_in_jpeg() -> None:
    lines = np.zeros((16, 16, 3), np.uint8)
    lines[::2] = 255, 0, 0

    shown = seen(drawn(native(make_image("RGB", rows=16, columns=16), lines.tobytes()), format="jpg", quality=95))

    assert np.abs(shown - lines).max() < 20


def test_nothing_of_the_patient_is_in_the_picture_s_bytes() -> None:
    for form in ("jpg", "png"):
        data = drawn(FILE, format=form).data
        assert [secret for secret in SECRETS if secret.encode() in data] == []


@pytest.mark.parametrize("keyword", ["ImagerPixelSpacing", "PixelAspectRatio"])
def test_an_empty_spacing_says_nothing(keyword: str) -> None:
    file = grey(noise((20, 40)), PixelSpacing="", **{keyword: ["2", "1"]})
    assert drawn(file, square_pixels=True).height == 40
