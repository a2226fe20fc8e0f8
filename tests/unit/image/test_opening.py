"""Objects that have a picture, and what is told of those that have none."""

import json
from typing import Any

import pytest

from serverless_dicom.errors import EmptyObject, NoPixelData, NotDicom, UnsupportedTransferSyntax
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import OpenImage, open_image
from tests.datasets import PATIENT, SECRETS, as_file, make_dataset
from tests.pictures import encapsulated, grey, make_image, noise


def opened(file: bytes) -> OpenImage:
    return open_image(MemoryRanges(file))


@pytest.mark.parametrize(
    ("uid", "name"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.33", "Comprehensive SR"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "Encapsulated PDF"),
        ("1.2.840.10008.5.1.4.1.1.481.5", "RT Plan"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "RT Structure Set"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "Grayscale Softcopy Presentation State"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "12-lead ECG Waveform"),
    ],
)
def test_what_has_no_pixels_is_called_by_its_name(uid: str, name: str) -> None:
    with pytest.raises(NoPixelData, match=f"it is of SOP class {name}$"):
        opened(as_file(make_dataset(pixels=False, SOPClassUID=uid)))


def test_a_class_that_nobody_knows_is_not_named() -> None:
    with pytest.raises(NoPixelData, match="of an unknown SOP class"):
        opened(as_file(make_dataset(pixels=False, SOPClassUID="1.2.3.4711")))


def test_an_image_without_pixels_may_have_been_cut_off() -> None:
    with pytest.raises(NoPixelData, match="of SOP class CT Image, which has some: it may have been cut off"):
        opened(as_file(make_dataset(pixels=False)))


@pytest.mark.parametrize("number", [100, 101, 102, 103, 104, 105, 106, 107, 108])
def test_a_video_is_called_one(number: int) -> None:
    with pytest.raises(UnsupportedTransferSyntax, match="the object is a video"):
        opened(encapsulated(make_image(), [bytes(16)], f"1.2.840.10008.1.2.4.{number}"))


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.204"])
def test_pixels_that_lie_elsewhere_are_said_to(uid: str) -> None:
    with pytest.raises(UnsupportedTransferSyntax, match=f"on a JPIP server, {uid}"):
        opened(encapsulated(make_image(), [bytes(16)], uid))


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.52", "1.2.3.4"])
def test_a_transfer_syntax_that_nothing_decodes_is_named(uid: str) -> None:
    with pytest.raises(UnsupportedTransferSyntax, match=uid):
        opened(encapsulated(make_image(), [bytes(16)], uid))


@pytest.mark.parametrize(("data", "kind"), [(b"", EmptyObject), (b"%PDF-1.7" + bytes(300), NotDicom)])
def test_what_is_no_dicom_is_refused(data: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        opened(data)


class TestMetadata:
    def of(self, **elements: Any) -> dict[str, Any]:
        found = opened(grey(noise((4, 4)), **elements)).metadata()
        assert json.dumps(found, allow_nan=False)
        return found

    def test_it_tells_of_patient_study_and_picture(self) -> None:
        found = self.of(WindowCenter=["40", "50.5"], WindowWidth=["400", "100"])

        assert found["PatientName"] == PATIENT["PatientName"]
        assert (found["Modality"], found["Rows"], found["Columns"]) == ("CT", 4, 4)
        assert found["WindowCenter"] == [40, 50.5]
        assert found["TransferSyntaxUID"] == "1.2.840.10008.1.2.1"

    def test_what_is_absent_is_null(self) -> None:
        assert self.of()["SliceThickness"] is None

    def test_names_are_text(self) -> None:
        assert self.of(PatientName="Yamada^Tarou=山田^太郎")["PatientName"] == "Yamada^Tarou=山田^太郎"


def test_errors_keep_the_patient_to_themselves() -> None:
    for elements in ({"Rows": 0}, {"BitsAllocated": 3}, {"SamplesPerPixel": 9}):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - which one is not the matter
            opened(as_file(make_dataset(**elements)))
        assert [secret for secret in SECRETS if secret in str(refused.value)] == []
