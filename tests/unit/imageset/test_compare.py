"""What differs between two objects, told by tags, and what may differ."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import MPEG4HP41, HTJ2KLossless, JPEGBaseline8Bit

from serverless_dicom.image.colour import rgb_of
from serverless_dicom.imageset.compare import Difference, compare
from tests.datasets import BIG_ENDIAN, as_file, make_dataset
from tests.pictures import encapsulated, grey, make_image, native, noise, real


def item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def file(**values: Any) -> bytes:
    return as_file(make_dataset(**values))


NESTED = {"ReferencedSeriesSequence": [item(SeriesInstanceUID="1.2.3"), item(SeriesInstanceUID="1.2.4")]}
OTHER = {"ReferencedSeriesSequence": [item(SeriesInstanceUID="1.2.3"), item(SeriesInstanceUID="1.2.5")]}
FEWER = {"ReferencedSeriesSequence": [item(SeriesInstanceUID="1.2.3")]}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"PatientID": "A"}, {"PatientID": "A"}, []),
        ({"PatientID": "A"}, {"PatientID": "B"}, [("00100020", "value")]),
        ({"ImageComments": "A"}, {}, [("00204000", "missing")]),
        ({}, {"ImageComments": "A"}, [("00204000", "added")]),
        ({"ImageComments": ""}, {"ImageComments": ""}, []),
        ({"SliceThickness": "1.0"}, {"SliceThickness": "1.00"}, [("00180050", "value")]),
        ({"SliceThickness": "1.0"}, {"SliceThickness": "1.0 "}, []),
        ({"PixelPaddingValue": 5}, {"PixelPaddingValue": 6}, [("00280120", "value")]),
        ({"RealWorldValueSlope": float("nan")}, {"RealWorldValueSlope": float("nan")}, []),
        ({"ImageType": ["ORIGINAL", "PRIMARY"]}, {"ImageType": ["ORIGINAL"]}, [("00080008", "value")]),
        ({"ImageComments": "None"}, {"ImageComments": ""}, [("00204000", "value")]),
        ({"ImageComments": " A"}, {"ImageComments": "A"}, [("00204000", "value")]),
        ({"ICCProfile": b"\1"}, {"ICCProfile": b"\1\0"}, []),
        ({"ICCProfile": b"\1\0"}, {"ICCProfile": b"\1\0\0\0"}, [("00282000", "value")]),
        (NESTED, NESTED, []),
        (NESTED, OTHER, [("00081115[1].0020000E", "value")]),
        (NESTED, FEWER, [("00081115", "value")]),
        (NESTED, {}, [("00081115", "missing")]),
    ],
    ids=str,
)
def test_elements_are_compared(before: dict[str, Any], after: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = compare(file(**before), file(**after))

    assert [(one.path, one.kind) for one in found.differences] == expected
    assert found.equal == (not expected)


def test_a_character_set_may_change_its_text_may_not() -> None:
    latin = file(SpecificCharacterSet="ISO_IR 100", PatientName="Äneas^Jürgen")
    unicode = file(SpecificCharacterSet="ISO_IR 192", PatientName="Äneas^Jürgen")
    other = file(SpecificCharacterSet="ISO_IR 192", PatientName="Aneas^Jurgen")

    assert compare(latin, unicode).equal
    assert compare(latin, unicode).normalised == ("00080005",)
    assert compare(latin, other).differences == (Difference("00100010", "value"),)


def test_words_are_alike_whatever_their_order_in_the_file() -> None:
    dataset = make_dataset(RedPaletteColorLookupTableData=b"\1\2\3\4")
    swapped = make_dataset(RedPaletteColorLookupTableData=b"\2\1\4\3")
    for one in (dataset, swapped):
        one.PixelData = b"\1\2" * 16
    swapped.PixelData = b"\2\1" * 16

    assert compare(as_file(swapped, BIG_ENDIAN), as_file(dataset)).equal
    assert not compare(as_file(dataset, BIG_ENDIAN), as_file(dataset)).equal


def test_what_the_file_meta_information_says_of_the_object_is_compared() -> None:
    before, after = (dcmread(BytesIO(file())) for _ in range(2))
    before.file_meta.SourceApplicationEntityTitle = "SCANNER"
    before.file_meta.ImplementationVersionName = "OTHER"
    files = [BytesIO(), BytesIO()]
    for dataset, data in zip((before, after), files, strict=True):
        dataset.save_as(data)

    assert compare(files[0].getvalue(), files[1].getvalue()).differences == (Difference("00020016", "missing"),)


def test_values_are_never_told() -> None:
    found = compare(file(PatientName="Doe^Jane"), file(PatientName="Roe^John"))

    assert "Doe" not in repr(found)
    assert "Roe" not in repr(found)


def test_pixels_are_compared_frame_by_frame() -> None:
    frames = np.stack([noise((6, 5), 12, seed=seed).astype(np.uint16) for seed in range(3)])
    changed = frames.copy()
    changed[1, 2, 3] ^= 1
    before, after = (grey(values, bits=12, allocated=16, SOPInstanceUID="1.2.3") for values in (frames, changed))

    assert compare(before, before).frames == 3
    assert compare(before, before).equal
    assert compare(before, after).differences == (Difference("2", "pixels"),)


def test_how_they_are_encoded_is_of_no_consequence() -> None:
    values = noise((6, 5), 12).astype(np.uint16)
    dataset = make_image(rows=6, columns=5, bits=12)
    coded = bytes(imagecodecs.htj2k_encode(values, reversible=True))

    before, after = native(dataset, values.astype("<u2").tobytes()), encapsulated(dataset, [coded], HTJ2KLossless)

    assert compare(before, after).equal


def test_a_frame_that_is_lost_is_told() -> None:
    frames = np.stack([noise((6, 5), 12, seed=seed).astype(np.uint16) for seed in range(2)])
    before = grey(frames, bits=12, allocated=16, SOPInstanceUID="1.2.3")
    after = grey(frames[:1], bits=12, allocated=16, SOPInstanceUID="1.2.3")

    assert Difference("00280008", "pixels") in compare(before, after).differences


def test_pixels_that_are_lost_are_told() -> None:
    before = grey(noise((6, 5), 12).astype(np.uint16), bits=12, allocated=16, SOPInstanceUID="1.2.3")
    without = as_file(make_image(rows=6, columns=5, bits=12, SOPInstanceUID="1.2.3"))

    assert compare(before, without).differences == (Difference("7FE00010", "missing"),)


def test_pixels_that_were_none_are_told() -> None:
    after = grey(noise((6, 5), 12).astype(np.uint16), bits=12, allocated=16, SOPInstanceUID="1.2.3")
    without = as_file(make_image(rows=6, columns=5, bits=12, SOPInstanceUID="1.2.3"))

    assert compare(without, after).differences == (Difference("7FE00010", "added"),)


def test_bits_beside_the_stored_ones_are_compared_and_numbers_that_are_none() -> None:
    files = [native(make_image(rows=1, columns=1, bits=12), data) for data in (b"\1\x10", b"\1\x20")]
    nan = real([[1.5, float("nan")]])

    assert compare(files[0], files[1]).differences == (Difference("1", "pixels"),)
    assert compare(nan, nan).equal
    assert not compare(nan, real([[1.5, 2.5]])).equal


def test_colours_may_be_rounded_by_whoever_makes_rgb_of_them() -> None:
    ycc = np.random.default_rng(1).integers(100, 150, (8, 8, 3), dtype="u1")
    rgb = rgb_of(ycc, "YBR_FULL", 8)[0]
    images = [make_image(photometric, rows=8, columns=8) for photometric in ("YBR_FULL", "RGB", "RGB")]
    before, after, other = (
        native(image, data.tobytes()) for image, data in zip(images, (ycc, rgb + 1, rgb + 2), strict=True)
    )

    assert compare(before, after).equal
    assert compare(before, other).differences == (Difference("1", "pixels"),)


def test_pixels_that_nobody_decodes_are_compared_as_they_are_encoded() -> None:
    cut = native(make_image(rows=6, columns=5, frames=9), b"cut off!")
    jpeg, other = (encapsulated(make_image(), [data], JPEGBaseline8Bit) for data in (b"no JPEG", b"nor one"))

    assert compare(cut, cut).equal
    assert compare(jpeg, jpeg).equal
    assert not compare(jpeg, other).equal
    assert not compare(jpeg, native(make_image(), bytes(16))).equal
    assert not compare(native(make_image(), bytes(16)), jpeg).equal


def test_pixels_that_are_found_in_no_file_are_told() -> None:
    before, after = native(make_image(), bytes(16)), native(make_image("MONOCHROME2", SamplesPerPixel=3), bytes(16))
    assert Difference("1", "pixels") in compare(before, after).differences


@pytest.mark.parametrize(("stream", "kinds"), [(b"abcdef", []), (b"abcxef", ["pixels"])])
def test_a_video_is_compared_as_it_is_encoded(stream: bytes, kinds: list[str]) -> None:
    image = make_image("YBR_FULL", frames=9)
    before = encapsulated(image, [b"abcdef"], MPEG4HP41, table="none", fragments=2)
    after = encapsulated(image, [stream], MPEG4HP41)

    assert [one.kind for one in compare(before, after).differences] == kinds
