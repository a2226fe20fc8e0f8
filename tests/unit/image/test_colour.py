"""Colour samples -> RGB of 8 bits (PS3.3 C.7.6.3.1.2)."""

import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from pydicom.dataset import Dataset

from serverless_dicom.errors import InvalidPixelDescription
from serverless_dicom.image import Window
from tests.datasets import BIG_ENDIAN
from tests.pictures import drawn, encapsulated, make_image, native, noise, pixels, seen

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def rgb_of_full(ybr: NDArray[Any]) -> NDArray[Any]:
    """The equations of PS3.3 C.7.6.3.1.2 turned around: ITU-R BT.601 over the full range."""
    y, cb, cr = (ybr[..., index].astype(float) for index in range(3))
    red, blue = y + 1.402 * (cr - 128), y + 1.772 * (cb - 128)
    green = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)
    return np.clip(np.rint(np.stack([red, green, blue], axis=-1)), 0, 255)


def rgb_of_partial(ybr: NDArray[Any]) -> NDArray[Any]:
    """The same of luminance 16 to 235 and chrominance 16 to 240."""
    scaled = np.empty(ybr.shape)
    scaled[..., 0] = (ybr[..., 0].astype(float) - 16) * 255 / 219
    scaled[..., 1:] = (ybr[..., 1:].astype(float) - 128) * 255 / 224 + 128
    return rgb_of_full(scaled)


def subsampled(array: NDArray[Any]) -> bytes:
    """Y1 Y2 Cb Cr of each pair of pixels."""
    pairs = array.reshape(-1, 2, 3)
    return np.stack([pairs[:, 0, 0], pairs[:, 1, 0], pairs[:, 0, 1], pairs[:, 0, 2]], axis=-1).tobytes()


class TestRgb:
    @pytest.mark.parametrize("planar", [0, 1])
    @pytest.mark.parametrize("size", [(4, 4), (3, 5), (1, 1)], ids=str)
    def test_samples_stand_by_pixel_or_by_plane(self, planar: int, size: tuple[int, int]) -> None:
        array = noise((*size, 3))
        data = array.transpose(2, 0, 1).tobytes() if planar else array.tobytes()
        dataset = make_image("RGB", rows=size[0], columns=size[1], PlanarConfiguration=planar)

        assert np.array_equal(pixels(native(dataset, data)), array)

    def test_every_frame_is_found_in_either(self) -> None:
        frames = noise((3, 3, 5, 3))
        dataset = make_image("RGB", rows=3, columns=5, frames=3, PlanarConfiguration=1)

        file = native(dataset, frames.transpose(0, 3, 1, 2).tobytes())

        assert [pixels(file, number).tolist() for number in (1, 2, 3)] == frames.tolist()

    @pytest.mark.parametrize("bits", [10, 12, 16, 32])
    def test_of_more_bits_the_highest_eight_are_shown(self, bits: int) -> None:
        array = noise((3, 5, 3), bits)

        file = native(make_image("RGB", rows=3, columns=5, bits=bits), array.astype(array.dtype).tobytes())

        assert np.array_equal(pixels(file), array >> (bits - 8))

    def test_of_fewer_bits_the_highest_value_is_full(self) -> None:
        file = native(make_image("RGB", rows=1, columns=2, bits=4), bytes([0, 5, 15, 1, 2, 3]))

        assert pixels(file).tolist() == [[[0, 85, 255], [17, 34, 51]]]

    def test_what_stands_in_unused_bits_is_not_shown(self) -> None:
        array = noise((3, 5, 3), 12)

        file = native(make_image("RGB", rows=3, columns=5, bits=12), (array | 0xA000).astype("<u2").tobytes())

        assert np.array_equal(pixels(file), array >> 4)

    def test_big_endian_samples(self) -> None:
        array = noise((3, 5, 3), 16)

        file = native(make_image("RGB", rows=3, columns=5, bits=16), array.astype(">u2").tobytes(), BIG_ENDIAN)

        assert np.array_equal(pixels(file), array >> 8)

    def test_a_window_is_nothing_to_colours(self) -> None:
        array = noise((3, 5, 3))
        dataset = make_image(
            "RGB", rows=3, columns=5, WindowCenter=1, WindowWidth=1, RescaleSlope=5, RescaleIntercept=5
        )

        assert np.array_equal(pixels(native(dataset, array.tobytes())), array)


class TestYbr:
    ARRAY = noise((4, 6, 3))

    @pytest.mark.parametrize("planar", [0, 1])
    def test_full(self, planar: int) -> None:
        data = self.ARRAY.transpose(2, 0, 1).tobytes() if planar else self.ARRAY.tobytes()
        picture = drawn(native(make_image("YBR_FULL", rows=4, columns=6, PlanarConfiguration=planar), data))

        assert np.abs(seen(picture) - rgb_of_full(self.ARRAY)).max() <= 1
        assert picture.explanation["colour_transform"] == "YBR_FULL to RGB"

    def test_full_422_shares_the_chrominance_of_two_pixels(self) -> None:
        shared = self.ARRAY.copy()
        shared[:, 1::2, 1:] = shared[:, ::2, 1:]

        file = native(make_image("YBR_FULL_422", rows=4, columns=6), subsampled(shared))

        assert np.abs(pixels(file) - rgb_of_full(shared)).max() <= 1

    def test_partial_422_has_less_range(self) -> None:
        shared = np.clip(self.ARRAY, 16, 235)
        shared[:, 1::2, 1:] = shared[:, ::2, 1:]

        file = native(make_image("YBR_PARTIAL_422", rows=4, columns=6), subsampled(shared))

        assert np.abs(pixels(file) - rgb_of_partial(shared)).max() <= 1

    def test_frames_of_422_are_two_thirds_as_long(self) -> None:
        frames = noise((2, 2, 4, 3))
        frames[:, :, 1::2, 1:] = frames[:, :, ::2, 1:]
        file = native(make_image("YBR_FULL_422", rows=2, columns=4, frames=2), subsampled(frames))

        assert np.abs(pixels(file, 2) - rgb_of_full(frames[1])).max() <= 1

    @pytest.mark.parametrize("bits", [12, 16])
    def test_of_more_bits_the_highest_eight_are_shown(self, bits: int) -> None:
        array = noise((3, 5, 3), bits)

        file = native(make_image("YBR_FULL", rows=3, columns=5, bits=bits), array.tobytes())

        assert np.abs(pixels(file) - rgb_of_full(array >> (bits - 8))).max() <= 1

    @pytest.mark.parametrize("number", ["80", "90"])
    def test_a_codec_that_does_not_know_of_it_leaves_it_to_us(self, number: str) -> None:
        encoded = (
            imagecodecs.jpegls_encode(self.ARRAY)
            if number == "80"
            else imagecodecs.jpeg2k_encode(self.ARRAY, codecformat="j2k", reversible=True, mct=False)
        )
        data = bytes(encoded) + bytes(len(encoded) % 2)

        file = encapsulated(make_image("YBR_FULL", rows=4, columns=6), [data], f"1.2.840.10008.1.2.4.{number}")

        assert np.abs(pixels(file) - rgb_of_full(self.ARRAY)).max() <= 1


class TestIccProfiles:
    ARRAY = noise((4, 4, 3))

    def profile_in(self, dataset: Dataset, **options: Any) -> bytes | None:
        with Image.open(io.BytesIO(drawn(native(dataset, self.ARRAY.tobytes()), **options).data)) as image:
            found: bytes | None = image.info.get("icc_profile")
            return found

    @pytest.mark.parametrize("form", ["jpg", "png"])
    def test_the_object_s_goes_with_the_picture(self, form: str) -> None:
        assert self.profile_in(make_image("RGB", ICCProfile=PROFILE), format=form) == PROFILE

    def test_that_of_an_optical_path_too(self) -> None:
        path = Dataset()
        path.ICCProfile = PROFILE

        assert self.profile_in(make_image("RGB", OpticalPathSequence=[path])) == PROFILE

    def test_the_colours_stay_as_they_are(self) -> None:
        picture = drawn(native(make_image("RGB", ICCProfile=PROFILE), self.ARRAY.tobytes()))

        assert np.array_equal(seen(picture), self.ARRAY)
        assert picture.explanation["icc_profile"] == "embedded"

    @pytest.mark.parametrize(
        "value",
        [b"", b"no profile", bytes(200), PROFILE[:36] + b"nope" + PROFILE[40:], PROFILE[:16] + b"GRAY" + PROFILE[20:]],
        ids=["empty", "text", "zeros", "no signature", "grey"],
    )
    def test_what_is_none_for_rgb_is_left_out(self, value: bytes) -> None:
        assert self.profile_in(make_image("RGB", ICCProfile=value + bytes(len(value) % 2))) is None

    def test_a_large_one_is_left_out(self) -> None:
        assert self.profile_in(make_image("RGB", ICCProfile=PROFILE + bytes(2**20))) is None

    def test_grey_pictures_have_none(self) -> None:
        file = native(make_image(ICCProfile=PROFILE), bytes(16))

        assert drawn(file).explanation["icc_profile"] == "none"


def test_422_of_an_odd_number_of_pixels() -> None:
    file = native(make_image("YBR_FULL_422", rows=3, columns=5), noise((32,)).tobytes())
    assert pixels(file).shape == (3, 5, 3)


def test_colours_of_64_bits_are_refused() -> None:
    with pytest.raises(InvalidPixelDescription):
        pixels(native(make_image("RGB", bits=64, signed=True), bytes(16 * 24)))


def test_a_window_is_told_to_have_no_effect() -> None:
    file = native(make_image("RGB"), bytes(range(48)))

    assert drawn(file, window=Window(index=1)).warnings == ["the picture is of colours, which no window changes"]
    assert not drawn(file).warnings
