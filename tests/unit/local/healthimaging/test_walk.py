"""From files to frames: what every client does."""

import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from local.healthimaging import Imaging
from tests.unit.local.healthimaging.conftest import SERIES, STUDY, Bring, Client, instance


def test_files_become_one_image_set_a_series(client: Client, bring: Bring) -> None:
    job = bring(instance(2), instance(1), instance(1, SeriesInstanceUID=f"{SERIES}.9", SOPInstanceUID="1.9"))
    first, second = job.image_sets
    assert list(client.instances(first)) == [f"{SERIES}.2", f"{SERIES}.1"]
    assert list(client.instances(second)) == ["1.9"]
    properties = client("GetImageSet", imageSetId=first)
    assert (properties["versionId"], properties["imageSetState"], properties["isPrimary"]) == ("1", "ACTIVE", True)
    told = client("GetDICOMImportJob", jobId=job.id)["jobProperties"]
    assert (told["jobStatus"], told["endedAt"] >= told["submittedAt"]) == ("COMPLETED", True)


def test_a_file_that_is_not_there_fails_alone(imaging: Imaging, tmp_path: Path) -> None:
    job = imaging.import_files([tmp_path / "missing.dcm"])
    assert (job.status, job.image_sets) == ("COMPLETED", [])
    assert job.failures == {str(tmp_path / "missing.dcm"): "The file could not be read: No such file or directory"}


def test_a_study_is_found(client: Client, bring: Bring) -> None:
    job = bring(instance(1))
    criteria = {"filters": [{"values": [{"DICOMStudyInstanceUID": STUDY}], "operator": "EQUAL"}]}
    (summary,) = client.found(criteria)
    assert (summary["imageSetId"], summary["version"]) == (job.image_sets[0], 1)
    assert summary["DICOMTags"]["DICOMPatientId"] == "PAT-4711"
    assert client.found({"filters": [{"values": [{"DICOMStudyInstanceUID": "9"}], "operator": "EQUAL"}]}) == []


def test_a_frame_is_the_file_s_pixels(client: Client, bring: Bring) -> None:
    dataset = instance(1)
    (image_set,) = bring(dataset).image_sets
    (told,) = client.instances(image_set)[f"{SERIES}.1"]["ImageFrames"]
    data, content_type = client.frame(image_set, told["ID"])
    assert content_type == "image/jph"
    pixels = imagecodecs.htj2k_decode(data)
    assert pixels.tobytes() == dataset.PixelData
    checksum = {"Width": 4, "Height": 4, "Checksum": zlib.crc32(dataset.PixelData)}
    assert told["PixelDataChecksumFromBaseToFullResolution"] == [checksum]
    assert (told["MinPixelValue"], told["MaxPixelValue"]) == (np.min(pixels), np.max(pixels))


def test_a_damaged_frame_is_not_the_file_s_pixels(imaging: Imaging, client: Client, bring: Bring) -> None:
    (image_set,) = bring(instance(1)).image_sets
    (told,) = client.instances(image_set)[f"{SERIES}.1"]["ImageFrames"]
    before, _ = client.frame(image_set, told["ID"])
    imaging.damage_frame(image_set, told["ID"])
    after, _ = client.frame(image_set, told["ID"])
    assert len(after) == len(before)
    assert after != before
    with pytest.raises(KeyError):
        imaging.damage_frame(image_set, "0" * 32)
