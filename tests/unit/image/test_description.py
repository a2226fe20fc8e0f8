"""The Image Pixel module (PS3.3 C.7.6.3), checked before anything is done by it."""

from typing import Any

import numpy as np
import pytest

from serverless_dicom.errors import ImageTooLarge, InvalidPixelDescription
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import open_image
from serverless_dicom.image.description import MAX_FRAME_BYTES, PixelDescription
from tests.datasets import as_file, make_dataset
from tests.pictures import levels, make_image, native, pixels, real


def described(**elements: Any) -> PixelDescription:
    """What is made of the description of a 4 x 4 image; None leaves an element out."""
    return open_image(MemoryRanges(as_file(make_dataset(**elements)))).description


def test_it_is_as_the_object_says() -> None:
    found = described()

    assert (found.rows, found.columns, found.samples_per_pixel, found.number_of_frames) == (4, 4, 1, 1)
    assert (found.bits_allocated, found.bits_stored, found.high_bit, found.signed) == (16, 12, 11, False)


@pytest.mark.parametrize(
    ("elements", "attribute", "value"),
    [
        ({"BitsStored": None, "HighBit": None}, "bits_stored", 16),
        ({"BitsStored": 0}, "bits_stored", 16),
        ({"HighBit": None}, "high_bit", 11),
        ({"HighBit": 3}, "high_bit", 11),
        ({"HighBit": 16}, "high_bit", 11),
        ({"HighBit": 65535}, "high_bit", 11),
        ({"HighBit": 15}, "high_bit", 15),
        ({"PixelRepresentation": None}, "signed", False),
        ({"PixelRepresentation": 7}, "signed", False),
        ({"NumberOfFrames": ""}, "number_of_frames", 1),
        ({"NumberOfFrames": "0"}, "number_of_frames", 1),
        ({"NumberOfFrames": "-5"}, "number_of_frames", 1),
        ({"NumberOfFrames": "7"}, "number_of_frames", 7),
        ({"PhotometricInterpretation": None}, "photometric_interpretation", "MONOCHROME2"),
        ({"PhotometricInterpretation": None, "SamplesPerPixel": 3}, "photometric_interpretation", "RGB"),
        ({"SamplesPerPixel": None}, "samples_per_pixel", 1),
        ({"SamplesPerPixel": None, "PhotometricInterpretation": "RGB"}, "samples_per_pixel", 3),
        ({"PlanarConfiguration": 9}, "planar_configuration", 0),
    ],
)
def test_what_is_absent_or_absurd_follows_from_the_rest(elements: dict[str, Any], attribute: str, value: Any) -> None:
    assert getattr(described(**elements), attribute) == value


@pytest.mark.parametrize(
    ("elements", "told"),
    [
        ({"Rows": None}, "Rows is absent, it has to be 1 to 65535"),
        ({"Rows": 0}, "Rows is 0,"),
        ({"Columns": None}, "Columns is absent"),
        ({"Columns": 0}, "Columns is 0"),
        ({"BitsAllocated": None}, "BitsAllocated is absent, it has to be one of 1, 8, 16, 32, 64"),
        ({"BitsAllocated": 0}, "BitsAllocated is 0"),
        ({"BitsAllocated": 12}, "BitsAllocated is 12"),
        ({"BitsAllocated": 65535}, "BitsAllocated is 65535"),
        ({"BitsStored": 17}, "BitsStored is 17, it has to be 1 to BitsAllocated, which is 16"),
        ({"BitsStored": 65535}, "BitsStored is 65535"),
        ({"SamplesPerPixel": 3}, "SamplesPerPixel is 3, MONOCHROME2 has 1"),
        ({"SamplesPerPixel": 0}, "SamplesPerPixel is 0"),
        ({"SamplesPerPixel": 65535}, "SamplesPerPixel is 65535"),
        ({"PhotometricInterpretation": "RGB"}, "SamplesPerPixel is 1, RGB has 3"),
        ({"PhotometricInterpretation": "HSV"}, "PhotometricInterpretation has to be one of MONOCHROME1"),
        ({"PhotometricInterpretation": "CMYK", "SamplesPerPixel": 4}, "PhotometricInterpretation has to be one of"),
    ],
)
def test_a_contradiction_is_named(elements: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidPixelDescription, match=told):
        described(**elements)


def test_the_object_s_own_words_are_not_repeated() -> None:
    with pytest.raises(InvalidPixelDescription) as refused:
        described(PhotometricInterpretation="ZZYZX QUENTIN")

    assert "QUENTIN" not in str(refused.value)


@pytest.mark.parametrize(
    "elements",
    [
        {"Rows": 65535, "Columns": 65535},
        {"Rows": 16384, "Columns": 8192, "BitsAllocated": 16},
        {"Rows": 8192, "Columns": 8192, "SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "BitsAllocated": 8},
        {"Rows": 65535, "Columns": 65535, "BitsAllocated": 1, "BitsStored": 1, "HighBit": 0},
    ],
    ids=str,
)
def test_a_frame_that_takes_too_much_memory_is_refused(elements: dict[str, Any]) -> None:
    if elements["BitsAllocated" if "BitsAllocated" in elements else "Rows"] == 8:
        elements = elements | {"BitsStored": 8, "HighBit": 7}

    with pytest.raises(ImageTooLarge, match=f"{MAX_FRAME_BYTES} are accepted"):
        described(**elements)


def test_many_frames_alone_are_not_too_large() -> None:
    dataset = make_image(frames=2**31 - 1)

    assert len(levels(native(dataset, bytes(16)))) == 16


def test_bits_of_422_are_refused() -> None:
    with pytest.raises(InvalidPixelDescription):
        pixels(native(make_image("YBR_FULL_422", bits=1), bytes(64)))


def test_real_colours_are_refused() -> None:
    with pytest.raises(InvalidPixelDescription):
        pixels(real(np.zeros((4, 12)), PhotometricInterpretation="RGB", SamplesPerPixel=3, Columns=4))
