"""What a program may want of the archive: data sets in memory, the series of a study, files of data sets."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.export import (
    datasets_of_image_set,
    datasets_of_study,
    save_dicom,
    save_picture,
    series_of_study,
)
from serverless_dicom.archive.rates import UNLIMITED
from serverless_dicom.archive.verifying import verdicts
from serverless_dicom.errors import FrameCorrupt, ImageSetNotFound, InvalidIdentifier, InvalidRequest, NoPixelData
from serverless_dicom.image import RenderOptions, Window
from tests.image_sets import DATASTORE, IMAGE_SET, STUDY, DataStore, Set, encoded, frame_id, noise

OTHER = "b" * 32


def store() -> DataStore:
    """Two series of one study, the second with two frames and a report, and a set that is not primary."""
    first, second, third = Set(), Set(OTHER), Set("c" * 32, primary=False)
    for number in (3, 1, 2):
        first.add(f"1.2.{number}", noise(9, 7, seed=number), number=str(number))
    first.series("1.2.3.200")["DICOM"] |= {"SeriesNumber": "7", "SeriesDescription": "Knee"}
    second.add("1.3.1", noise(9, 7), noise(9, 7, seed=2), series="1.2.3.300")
    second.add("1.3.2", series="1.2.3.300", number="2")
    third.add("1.2.1", noise(9, 7, seed=99))
    return DataStore([first, second, third])


def archive(peer: DataStore) -> HealthImaging:
    return HealthImaging(peer, DATASTORE, rates=UNLIMITED, sleep=lambda _: None)


def test_an_image_set_comes_in_the_order_of_its_instances() -> None:
    found = datasets_of_image_set(archive(store()), IMAGE_SET)

    assert [dataset.SOPInstanceUID for dataset in found] == ["1.2.1", "1.2.2", "1.2.3"]
    assert np.array_equal(found[2].pixel_array, noise(9, 7, seed=3))
    assert (found[0].PatientName, found[0].file_meta.TransferSyntaxUID) == ("Zzyzx^Quentin", "1.2.840.10008.1.2.1")


def test_a_study_comes_with_all_its_series_two_frame_instances_and_those_without_frames() -> None:
    found = datasets_of_study(archive(store()), STUDY)

    assert [dataset.SOPInstanceUID for dataset in found] == ["1.3.1", "1.3.2", "1.2.1", "1.2.2", "1.2.3"]
    assert found[0].pixel_array.shape == (2, 9, 7)
    assert "PixelData" not in found[1]
    assert len(datasets_of_study(archive(store()), STUDY, all_sets=True)) == 6


def test_headers_alone_fetch_no_frame() -> None:
    peer = store()

    found = datasets_of_study(archive(peer), STUDY, header_only=True)

    assert [dataset.get("Rows") for dataset in found] == [9, None, 9, 9, 9]
    assert not any("PixelData" in dataset for dataset in found)
    assert peer.count("get_image_frame") == 0


def test_compressed_frames_can_be_decoded_by_pydicom() -> None:
    pytest.importorskip("openjpeg")
    found = datasets_of_image_set(archive(store()), OTHER, keep_compressed=True)

    assert found[0].file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.202"
    assert np.array_equal(found[0].pixel_array[1], noise(9, 7, seed=2))


def test_a_data_set_with_a_corrupt_frame_is_not_returned() -> None:
    peer = store()
    peer.sets[1].frames[frame_id(2)] = encoded(noise(9, 7, seed=5))

    with pytest.raises(FrameCorrupt, match=f"frame 2 .{frame_id(2)}"):
        datasets_of_image_set(archive(peer), OTHER)
    with pytest.raises(ImageSetNotFound):
        datasets_of_image_set(archive(peer), "e" * 32)


def test_the_series_of_a_study_are_listed_with_their_image_sets() -> None:
    knee, other = series_of_study(archive(store()), STUDY)[::-1]

    assert knee == {
        "SeriesNumber": "7",
        "Modality": "CT",
        "SeriesDescription": "Knee",
        "SeriesInstanceUID": "1.2.3.200",
        "InstanceCount": 3,
        "ImageSetID": IMAGE_SET,
    }
    assert (other["SeriesDescription"], other["InstanceCount"], other["ImageSetID"]) == ("", 2, OTHER)
    assert len(series_of_study(archive(store()), STUDY, all_sets=True)) == 3


def test_data_sets_are_saved_as_files_and_pictures(tmp_path: Path) -> None:
    one, two = datasets_of_image_set(archive(store()), OTHER)

    saved = save_dicom(one, tmp_path / "new" / "folder")
    drawn = [
        save_picture(one, tmp_path / name, frame=2, options=RenderOptions(window=Window(0, 100)))
        for name in ("a.png", "b.jpg")
    ]

    assert saved.name == "1.3.1.dcm"
    assert np.array_equal(dcmread(saved).pixel_array, one.pixel_array)
    for path, kind in zip(drawn, ("PNG", "JPEG"), strict=True):
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == (kind, (7, 9))
    with pytest.raises(NoPixelData):
        save_picture(two, tmp_path / "c.png")
    with pytest.raises(InvalidRequest):
        save_picture(one, tmp_path / "c.png", frame=3)
    with pytest.warns(UserWarning, match="Invalid value for VR UI"):
        one.SOPInstanceUID = "../../escaped"
    with pytest.raises(InvalidIdentifier):
        save_dicom(one, tmp_path)


def test_every_frame_has_a_verdict_and_those_that_cannot_be_fetched_one_that_says_so() -> None:
    peer = store()
    assert [one.verdict.ok for one in verdicts(archive(peer), IMAGE_SET)] == [True] * 3

    peer.sets[0].frames[frame_id(1)] = encoded(noise(9, 7, seed=5))
    del peer.sets[0].frames[frame_id(3)]
    found = list(verdicts(archive(peer), IMAGE_SET, threads=1))

    assert [(one.instance.sop_instance_uid, one.verdict.ok) for one in found] == [
        ("1.2.1", True),
        ("1.2.2", False),
        ("1.2.3", False),
    ]
    assert (found[1].verdict.found, "there is none" in str(found[1].verdict.reason)) == (None, True)
    assert (found[2].verdict.expected, found[2].verdict.found is None) != (None, True)
