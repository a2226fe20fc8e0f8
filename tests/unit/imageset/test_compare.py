"""What differs between two objects, told by tags, and what may differ."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import MPEG4HP41, HTJ2KLossless

from serverless_dicom.imageset.compare import Difference, compare
from tests.datasets import as_file, make_dataset
from tests.pictures import encapsulated, grey, make_image, native, noise


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


@pytest.mark.parametrize(("stream", "kinds"), [(b"abcdef", []), (b"abcxef", ["pixels"])])
def test_a_video_is_compared_as_it_is_encoded(stream: bytes, kinds: list[str]) -> None:
    before, after = (encapsulated(make_image("YBR_FULL", frames=9), [data], MPEG4HP41) for data in (b"abcdef", stream))

    assert [one.kind for one in compare(before, after).differences] == kinds
