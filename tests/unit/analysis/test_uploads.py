"""Uploads: what they are is found out from their bytes, and what they are not is told."""

from pathlib import Path

import numpy as np
import pytest

from serverless_dicom.analysis.uploads import read_upload
from serverless_dicom.errors import (
    EmptyObject,
    NoPixelData,
    RejectedObject,
    ServerlessDicomError,
    UnsupportedImage,
    UploadTooLarge,
)
from serverless_dicom.header.ranges import FileRanges, MemoryRanges
from serverless_dicom.runtime.apart import apart
from tests.datasets import IMPLICIT, as_file, make_dataset
from tests.pictures import make_image
from tests.uploads import MAX_BYTES, dicom_of, encoded, gradient, here, looked_at, shown

HOSTILE = Path(__file__).parents[4] / "shared" / "hostile" / "files"


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif"])
def test_a_picture_has_a_kind_and_no_identity(kind: str) -> None:
    upload = looked_at(encoded(gradient(), kind))

    assert (upload.kind, upload.identity) == (kind, None)


def test_a_dicom_file_is_drawn_with_or_without_preamble() -> None:
    file = dicom_of(gradient(mode="L"), WindowCenter=128, WindowWidth=256)
    meta = 132 + 12 + int.from_bytes(file[140:144], "little")

    whole, bare = looked_at(file), looked_at(file[meta:])

    assert (whole.kind, whole.picture.format, shown(whole).size) == ("dicom", "png", (120, 100))
    assert whole.identity == bare.identity
    assert {one.keyword for one in whole.identity.identifiers if one.kind == "name"} == {  # type: ignore[union-attr]
        "PatientName",
        "ReferringPhysicianName",
    }
    assert whole.picture == bare.picture


def test_a_small_frame_is_enlarged_and_pixels_are_made_square() -> None:
    upload = looked_at(dicom_of(gradient(50, 40), PixelAspectRatio=["2", "1"]))

    assert shown(upload).size == (100, 160) or shown(upload).size == (100, 80)
    assert len(upload.warnings) >= 1


def test_of_several_frames_the_first_is_analysed() -> None:
    dataset = make_image(rows=100, columns=100, frames=3)
    dataset.add_new(0x7FE00010, "OW", bytes(10_000) + b"\xff" * 20_000)

    upload = looked_at(as_file(dataset))

    assert upload.warnings[0] == "frame 1 of 3 was analysed"
    assert np.asarray(shown(upload)).max() == np.asarray(shown(upload)).min()


def test_an_object_without_pixels_says_what_it_is() -> None:
    report = make_dataset(pixels=False, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", Modality="SR")

    with pytest.raises(NoPixelData, match="it is of SOP class Basic Text SR"):
        looked_at(as_file(report))


@pytest.mark.parametrize("data", [b"<html>" * 100, b"x", bytes(1000), encoded(gradient(), "webp"), b"%PDF-1.4 "])
def test_what_is_no_image_is_told_what_would_be(data: bytes) -> None:
    with pytest.raises(UnsupportedImage, match="upload a DICOM object with pixels, a JPEG, a PNG or a GIF"):
        looked_at(data)


def test_a_damaged_dicom_file_is_one() -> None:
    with pytest.raises(RejectedObject) as raised:
        looked_at(as_file(make_dataset(), IMPLICIT)[:400])

    assert raised.value.code == "truncated_header"


def test_nothing_and_too_much_are_told() -> None:
    with pytest.raises(EmptyObject, match="0 bytes"):
        looked_at(b"")
    with pytest.raises(UploadTooLarge, match="the file has 11 bytes, 10 are accepted"):
        read_upload(MemoryRanges(b"\xff\xd8\xff" + bytes(8)), 10, here)


@pytest.mark.skipif(not HOSTILE.exists(), reason="needs the collection of hostile files")
def test_hostile_files_are_drawn_or_refused() -> None:
    for path in sorted(HOSTILE.iterdir()):
        with path.open("rb") as file:
            try:
                upload = read_upload(FileRanges.of(file), MAX_BYTES, apart)
            except ServerlessDicomError as error:
                assert str(error)  # noqa: PT017
            else:
                assert upload.picture.is_sendable or upload.picture.data
