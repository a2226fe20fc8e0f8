"""What a viewer is told of an image set: everything, in order, with headers that any DICOM library reads."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array

from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.outline import outline
from tests.image_sets import HTJ2K, IMAGE_SET, STUDY, Set, encoded, frame_id, noise

EXPLICIT = "1.2.840.10008.1.2.1"


def outlined(built: Set) -> dict[str, Any]:
    return outline(parse(built.blob))


def only_instance(built: Set) -> dict[str, Any]:
    (series,) = outlined(built)["series"]
    (instance,) = series["instances"]
    found: dict[str, Any] = instance
    return found


def header_of(instance: dict[str, Any]) -> Dataset:
    return dcmread(BytesIO(b64decode(instance["header"])), stop_before_pixels=True)


def test_series_and_instances_stand_in_the_order_of_their_numbers() -> None:
    built = Set()
    built.add("1.2.3.9", noise(4, 4), number="10")
    built.add("1.2.3.8", noise(4, 4), number="9")
    built.add("1.2.3.7", series="1.2.3.300")
    found = outlined(built)

    assert {name: value for name, value in found.items() if name != "series"} == {
        "imageSetId": IMAGE_SET,
        "PatientID": "PAT-4711",
        "PatientName": "Zzyzx^Quentin",
        "PatientSex": "O",
        "StudyInstanceUID": STUDY,
        "StudyDate": "20240229",
    }
    assert [[one["SOPInstanceUID"] for one in series["instances"]] for series in found["series"]] == [
        ["1.2.3.8", "1.2.3.9"],
        ["1.2.3.7"],
    ]
    assert [series["Modality"] for series in found["series"]] == ["CT", "CT"]


def test_an_instance_names_its_frames_and_their_checksums() -> None:
    built = Set()
    json = built.add("1.2.3.1", noise(4, 6), noise(4, 6, seed=2))
    instance = only_instance(built)

    assert {name: value for name, value in instance.items() if name != "header"} == {
        "SOPInstanceUID": "1.2.3.1",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "InstanceNumber": "1",
        "Rows": 4,
        "Columns": 6,
        "NumberOfFrames": "2",
        "storedTransferSyntaxUID": HTJ2K,
        "frames": [
            {"frameId": frame_id(number + 1), "checksum": checksum["Checksum"]}
            for number, frame in enumerate(json["ImageFrames"])
            for checksum in frame["PixelDataChecksumFromBaseToFullResolution"]
        ],
    }


def test_a_header_holds_all_levels_and_a_frame_after_it_makes_a_file() -> None:
    frame = noise(16, 16)
    built = Set()
    built.add("1.2.3.1", frame, RescaleIntercept="-1024", WindowCenter=["40", "50"])
    header = header_of(instance := only_instance(built))

    assert (header.PatientName, header.Modality, header.RescaleIntercept) == ("Zzyzx^Quentin", "CT", -1024)
    assert (header.SpecificCharacterSet, header.file_meta.TransferSyntaxUID) == ("ISO_IR 192", HTJ2K)
    data = encoded(frame)
    item = b"\xfe\xff\x00\xe0" + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    whole = BytesIO(b64decode(instance["header"]) + item + b"\xfe\xff\xdd\xe0\0\0\0\0")
    assert np.array_equal(pixel_array(whole), frame)


def test_a_frame_that_is_stored_as_samples_makes_a_file_too() -> None:
    frame = noise(5, 5, dtype="|u1")
    built = Set()
    built.store("1.2.3.1", EXPLICIT, frame.tobytes(), **{**described(frame), "Modality": "OT"})
    instance = only_instance(built)

    assert np.array_equal(pixel_array(BytesIO(b64decode(instance["header"]) + frame.tobytes() + b"\0")), frame)


def described(frame: Any) -> dict[str, Any]:
    return {
        "Rows": frame.shape[0],
        "Columns": frame.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 8 * frame.itemsize,
        "BitsStored": 8 * frame.itemsize,
        "HighBit": 8 * frame.itemsize - 1,
        "PixelRepresentation": 0,
    }


def test_of_an_instance_without_frames_the_header_is_the_whole_file() -> None:
    built = Set()
    built.add("1.2.3.1", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    instance = only_instance(built)

    assert instance["frames"] == []
    assert header_of(instance).file_meta.TransferSyntaxUID == EXPLICIT


def test_a_video_keeps_its_transfer_syntax() -> None:
    mpeg = "1.2.840.10008.1.2.4.102"
    built = Set()
    built.store("1.2.3.1", mpeg, b"\0\0\1", Rows=4, Columns=4)

    assert header_of(only_instance(built)).file_meta.TransferSyntaxUID == mpeg


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [({"Rows": 0}, "invalid_pixel_description"), ({"PhotometricInterpretation": "RGB"}, "invalid_pixel_description")],
)
def test_what_is_wrong_with_one_instance_spoils_no_other(spoilt: dict[str, Any], code: str) -> None:
    built = Set()
    built.add("1.2.3.1", noise(4, 4), number="1", **spoilt)
    built.add("1.2.3.2", noise(4, 4), number="2")
    (series,) = outlined(built)["series"]
    bad, good = series["instances"]

    assert (bad["header"], bad["problem"]["code"]) == (None, code)
    assert header_of(good).SOPInstanceUID == "1.2.3.2"


def test_an_element_that_cannot_be_read_is_told() -> None:
    built = Set()
    built.add("1.2.3.1", noise(4, 4), ImageComments={"not": "a text"})

    instance = only_instance(built)
    assert instance["remarks"]
    assert "ImageComments" not in header_of(instance)
