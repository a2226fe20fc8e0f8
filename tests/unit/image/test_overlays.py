"""Overlay planes (PS3.3 C.9.2) are drawn white where they are asked for."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from tests.datasets import BIG_ENDIAN, EXPLICIT, IMPLICIT
from tests.pictures import drawn, make_image, native, noise, pixels

MASK = np.array([[1, 0, 0], [0, 1, 1]], bool)


def packed(mask: NDArray[Any], order: str = "<") -> bytes:
    data = np.packbits(mask.reshape(-1), bitorder="little").tobytes()
    data += bytes(len(data) % 2)
    return np.frombuffer(data, "<u2").astype(f"{order}u2").tobytes()


def with_overlay(  # noqa: PLR0913 - the attributes of an overlay
    dataset: Dataset,
    mask: NDArray[Any] | None,
    *,
    size: tuple[int, int] = (2, 3),
    origin: tuple[int, int] = (1, 1),
    group: int = 0x6000,
    order: str = "<",
    **elements: Any,
) -> Dataset:
    """The data set with an overlay, whose plane is `mask`; `frames` and `first` are of its multi-frame module."""
    at = group << 16
    dataset.add_new(at | 0x0010, "US", size[0])
    dataset.add_new(at | 0x0011, "US", size[1])
    dataset.add_new(at | 0x0040, "CS", "G")
    dataset.add_new(at | 0x0050, "SS", list(origin))
    dataset.add_new(at | 0x0100, "US", elements.get("bits", 1))
    dataset.add_new(at | 0x0102, "US", elements.get("position", 0))
    if "frames" in elements:
        dataset.add_new(at | 0x0015, "IS", elements["frames"])
    if "first" in elements:
        dataset.add_new(at | 0x0051, "US", elements["first"])
    if mask is not None:
        dataset.add_new(at | 0x3000, "OW", packed(mask, order))
    return dataset


def grey_image(**described: Any) -> Dataset:
    """An image of 4 x 5 zeros."""
    return make_image(rows=4, columns=5, WindowCenter=128, WindowWidth=256, **described)


def overlaid(dataset: Dataset, data: bytes = bytes(20), syntax: str = EXPLICIT, frame: int = 1) -> NDArray[np.bool_]:
    """Where the picture is white."""
    return pixels(native(dataset, data, syntax), frame, overlays=True) == 255


def placed(top: int, left: int) -> NDArray[np.bool_]:
    """The mask in a picture of 4 x 5, from a row and column that may lie outside."""
    large = np.zeros((24, 25), bool)
    large[10 + top : 12 + top, 10 + left : 13 + left] = MASK
    return large[10:14, 10:15]


def test_one_that_is_not_asked_for_is_not_drawn() -> None:
    picture = drawn(native(with_overlay(grey_image(), MASK), bytes(20)))

    assert "overlays" not in picture.explanation


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_one_is_drawn_where_it_begins(syntax: str) -> None:
    dataset = with_overlay(grey_image(), MASK, origin=(2, 3), order=">" if syntax == BIG_ENDIAN else "<")

    assert np.array_equal(overlaid(dataset, syntax=syntax), placed(1, 2))


@pytest.mark.parametrize(
    "origin", [(0, 0), (-1, -1), (4, 5), (3, 4), (1, -2), (5, 1), (1, 6), (-32768, -32768), (32767, 32767)], ids=str
)
def test_what_lies_off_the_picture_is_left_out(origin: tuple[int, int]) -> None:
    shown = overlaid(with_overlay(grey_image(), MASK, origin=origin))

    if max(map(abs, origin)) > 10:
        assert not shown.any()
    else:
        assert np.array_equal(shown, placed(origin[0] - 1, origin[1] - 1))


def test_all_groups_are_drawn() -> None:
    dataset = with_overlay(grey_image(), MASK)
    with_overlay(dataset, MASK, origin=(3, 3), group=0x601E)

    file = native(dataset, bytes(20))

    assert np.array_equal(pixels(file, overlays=True) == 255, placed(0, 0) | placed(2, 2))
    assert drawn(file, overlays=True).explanation["overlays"] == 2


def test_it_is_drawn_on_colours_too() -> None:
    dataset = with_overlay(make_image("RGB", rows=4, columns=5), MASK)

    assert np.array_equal((pixels(native(dataset, bytes(60)), overlays=True) == 255).all(axis=-1), placed(0, 0))


def test_it_is_white_on_an_inverted_picture_too() -> None:
    dataset = with_overlay(grey_image(photometric="MONOCHROME1"), MASK)

    assert np.array_equal(overlaid(dataset, bytes([255] * 20)), placed(0, 0))


def test_one_of_several_frames_has_a_plane_for_each() -> None:
    planes = np.stack([MASK, ~MASK])
    dataset = with_overlay(grey_image(frames=4), planes, frames=2, first=2)
    file = native(dataset, bytes(80))

    shown = [pixels(file, number, overlays=True)[:2, :3] == 255 for number in (1, 2, 3, 4)]

    assert [mask.tolist() for mask in shown[1:3]] == [MASK.tolist(), (~MASK).tolist()]
    assert not shown[0].any()
    assert not shown[3].any()


def test_one_without_frames_is_every_frame_s() -> None:
    file = native(with_overlay(grey_image(frames=2), MASK), bytes(40))

    assert [np.array_equal(pixels(file, number, overlays=True) == 255, placed(0, 0)) for number in (1, 2)] == [True] * 2


@pytest.mark.parametrize("order", ["<", ">"])
def test_old_objects_have_one_in_the_bits_that_pixels_leave_unused(order: str) -> None:
    values, mask = noise((4, 5), 12) // 2, noise((4, 5), 1).astype(bool)
    dataset = make_image(rows=4, columns=5, bits=12, WindowCenter=2048, WindowWidth=4096)
    with_overlay(dataset, None, size=(4, 5), bits=16, position=13)

    data = (values | mask.astype(np.uint16) << 13).astype(f"{order}u2").tobytes()

    assert np.array_equal(overlaid(dataset, data, EXPLICIT if order == "<" else BIG_ENDIAN), mask)


def test_one_of_more_than_a_mebibyte_is_fetched_where_it_is_asked_for() -> None:
    mask = np.zeros((3000, 3000), bool)
    mask[:2, :3] = MASK
    file = native(with_overlay(grey_image(), mask, size=(3000, 3000)), bytes(20))

    assert np.array_equal(pixels(file, overlays=True) == 255, placed(0, 0))
    assert not pixels(file).any()


@pytest.mark.parametrize(
    ("size", "elements"),
    [
        ((0, 3), {}),
        ((2, 0), {}),
        ((65535, 65535), {}),
        ((200, 300), {}),
        ((2, 3), {"frames": 0}),
        ((2, 3), {"frames": 2**31 - 1, "first": 65535}),
        ((2, 3), {"frames": 5, "first": 0}),
        ((2, 3), {"frames": -1}),
    ],
    ids=str,
)
def test_an_absurd_one_is_left_out(size: tuple[int, int], elements: dict[str, int]) -> None:
    shown = overlaid(with_overlay(grey_image(), MASK, size=size, **elements))

    assert not shown.any() or np.array_equal(shown, placed(0, 0))


@pytest.mark.parametrize("position", [0, 16, 99, 65535])
def test_so_is_one_in_bits_that_there_are_not(position: int) -> None:
    dataset = with_overlay(grey_image(bits=12), None, size=(4, 5), bits=16, position=position)

    assert not overlaid(dataset, bytes(40)).any()


def test_one_without_an_origin_begins_at_the_first_pixel() -> None:
    dataset = with_overlay(grey_image(), MASK)
    del dataset[0x60000050]

    assert np.array_equal(overlaid(dataset), placed(0, 0))


def test_bytes_of_a_big_endian_object_stand_as_they_are() -> None:
    dataset = with_overlay(grey_image(), MASK)
    dataset.add_new(0x60003000, "OB", dataset[0x60003000].value)
    assert np.array_equal(overlaid(dataset, syntax=BIG_ENDIAN), placed(0, 0))


def test_a_large_one_of_a_big_endian_object() -> None:
    mask = np.zeros((3000, 3000), bool)
    mask[:2, :3] = MASK
    dataset = with_overlay(grey_image(), mask, size=(3000, 3000), order=">")
    assert np.array_equal(overlaid(dataset, syntax=BIG_ENDIAN), placed(0, 0))
