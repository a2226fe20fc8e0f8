"""AHItoDICOM: the calls of the original exporter, their arguments and the forms of their answers."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from local.healthimaging import Imaging, running
from serverless_dicom.compat import AHItoDICOM
from serverless_dicom.errors import FrameCorrupt
from tests.datasets import as_file, make_dataset
from tests.image_sets import noise

STUDY, SERIES = "1.2.826.0.1.3680043.8.498.10", "1.2.826.0.1.3680043.8.498.20"


@pytest.fixture
def imaging(away_from_aws: None, tmp_path: Path) -> Iterator[Imaging]:  # noqa: ARG001 - wanted for what it does
    """A HealthImaging with a study of two series: five instances, the last of two frames; one without any."""
    files = []
    for number in range(1, 6):
        frames = [noise(9, 7, seed=number), *([noise(9, 7, seed=99)] if number == 5 else [])]
        dataset = make_dataset(
            StudyInstanceUID=STUDY,
            SeriesInstanceUID=SERIES,
            SeriesNumber="1",
            SeriesDescription="Knee",
            SOPInstanceUID=f"{SERIES}.{number}",
            InstanceNumber=str(6 - number),
            Rows=9,
            Columns=7,
            BitsStored=16,
            HighBit=15,
            PixelRepresentation=1,
            NumberOfFrames=str(len(frames)),
        )
        dataset.PixelData = b"".join(frame.tobytes() for frame in frames)
        files.append(dataset)
    files.append(
        make_dataset(
            pixels=False,
            StudyInstanceUID=STUDY,
            SeriesInstanceUID=f"{SERIES}.9",
            SOPInstanceUID=f"{SERIES}.9.1",
            SeriesNumber="2",
            Modality="SR",
        )
    )
    for number, dataset in enumerate(files):
        (tmp_path / f"{number}.dcm").write_bytes(as_file(dataset))
    with running() as imaging:
        job = imaging.import_files(sorted(tmp_path.glob("*.dcm")))
        assert not job.failures
        yield imaging


@pytest.fixture
def exporter(imaging: Imaging) -> AHItoDICOM:
    return AHItoDICOM(AHI_endpoint=imaging.url, fetcher_process_count=2, dicomizer_process_count=2)


def test_constructor_and_calls_have_the_arguments_of_the_original() -> None:
    expected = {
        "__init__": [
            *("aws_access_key", "aws_secret_key", "AHI_endpoint"),
            *("fetcher_process_count", "dicomizer_process_count"),
        ],
        "DICOMizeByStudyInstanceUID": ["datastore_id", "study_instance_uid", "header_only"],
        "DICOMizeImageSet": ["datastore_id", "imageset_id", "image_set_id", "header_only"],
        "getImageFrames": ["datastoreId", "imagesetId", "AHI_metadata", "seriesUid"],
        "getSeriesList": ["AHI_metadata", "image_set_id"],
        "getMetadata": ["datastore_id", "imageset_id", "client"],
        "getImageSetToSeriesUIDMap": ["datastore_id", "study_instance_uid"],
        "saveAsPngPIL": ["ds", "destination"],
        "saveAsDICOM": ["ds", "destination"],
    }
    for name, arguments in expected.items():
        assert list(inspect.signature(getattr(AHItoDICOM, name)).parameters)[1:] == arguments


def test_a_study_becomes_data_sets_files_and_pictures(imaging: Imaging, exporter: AHItoDICOM, tmp_path: Path) -> None:
    series = exporter.getImageSetToSeriesUIDMap(datastore_id=imaging.datastore_id, study_instance_uid=STUDY)
    first = next(one for one in series if one["SeriesNumber"].strip() == "1")
    found = exporter.DICOMizeImageSet(datastore_id=imaging.datastore_id, image_set_id=first["ImageSetId"])

    assert first | {"ImageSetId": "x"} == {
        "ImageSetId": "x",
        "SeriesNumber": first["SeriesNumber"],
        "Modality": "CT",
        "SeriesDescription": "Knee",
        "SeriesInstanceUID": SERIES,
        "InstanceCount": 5,
    }
    assert found
    assert [int(dataset["InstanceNumber"].value) for dataset in found] == [1, 2, 3, 4, 5]
    assert np.array_equal(found[0].pixel_array, np.stack([noise(9, 7, seed=5), noise(9, 7, seed=99)]))
    assert exporter.saveAsDICOM(found[1], str(tmp_path / "out"))
    assert np.array_equal(dcmread(tmp_path / "out" / f"{SERIES}.4.dcm").pixel_array, noise(9, 7, seed=4))
    assert exporter.saveAsPngPIL(found[1], str(tmp_path / "png" / "4.png"))
    with Image.open(tmp_path / "png" / "4.png") as picture:
        assert (picture.format, picture.size) == ("PNG", (7, 9))


def test_a_whole_study_has_all_series(imaging: Imaging, exporter: AHItoDICOM) -> None:
    found = exporter.DICOMizeByStudyInstanceUID(imaging.datastore_id, STUDY)
    headers = exporter.DICOMizeByStudyInstanceUID(imaging.datastore_id, STUDY, header_only=True)

    assert (len(found), len(headers)) == (6, 6)
    assert sum("PixelData" in dataset for dataset in found) == 5
    assert not any("PixelData" in dataset for dataset in headers)


def test_metadata_come_as_they_are(imaging: Imaging, exporter: AHItoDICOM) -> None:
    (image_set_id,) = {
        one["ImageSetId"]
        for one in exporter.getImageSetToSeriesUIDMap(imaging.datastore_id, STUDY)
        if one["Modality"] == "CT"
    }
    metadata = exporter.getMetadata(imaging.datastore_id, image_set_id, imaging.client())

    assert metadata
    frames = exporter.getImageFrames(imaging.datastore_id, image_set_id, metadata, SERIES)
    assert [len(one["frameIds"]) for one in frames] == [2, 1, 1, 1, 1]
    assert frames[0].keys() == {
        *("datastoreId", "imagesetId", "frameIds", "SeriesUID", "SOPInstanceUID", "InstanceNumber", "PixelData"),
    }


def test_what_is_not_there_or_cannot_be_done_is_answered_as_the_original_does(
    imaging: Imaging, exporter: AHItoDICOM, tmp_path: Path
) -> None:
    assert exporter.getMetadata(imaging.datastore_id, "0" * 32) is None
    assert exporter.DICOMizeImageSet(imaging.datastore_id, "0" * 32) is None
    assert exporter.DICOMizeByStudyInstanceUID(imaging.datastore_id, "1.9.9") == []
    (tmp_path / "file").write_bytes(b"")
    report = exporter.DICOMizeByStudyInstanceUID(imaging.datastore_id, STUDY)[-1]
    assert not exporter.saveAsDICOM(report, str(tmp_path / "file"))
    assert not exporter.saveAsPngPIL(report, str(tmp_path / "x.png"))


def test_a_damaged_frame_is_an_error_and_no_wait_for_ever(imaging: Imaging, exporter: AHItoDICOM) -> None:
    (image_set_id,) = {
        one["ImageSetId"]
        for one in exporter.getImageSetToSeriesUIDMap(imaging.datastore_id, STUDY)
        if one["Modality"] == "CT"
    }
    metadata = exporter.getMetadata(imaging.datastore_id, image_set_id)
    assert metadata
    frame = exporter.getImageFrames(imaging.datastore_id, image_set_id, metadata, SERIES)[2]["frameIds"][0]
    imaging.damage_frame(image_set_id, frame)

    with pytest.raises(FrameCorrupt, match=frame):
        exporter.DICOMizeImageSet(imaging.datastore_id, image_set_id)
