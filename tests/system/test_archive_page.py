"""The archive as the page reads it on the running stack: found by its patient, with headers and frames to decode."""

import base64
import json
import urllib.error
import urllib.request
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

from tests.datasets import as_file
from tests.pictures import grey
from tests.system.conftest import LocalStack

ROOT = "1.2.826.0.1.3680043.10.7"
FRAMES = (np.arange(3 * 24 * 32).reshape(3, 24, 32) * 7 % 4096).astype(np.uint16)
NOISE = np.random.default_rng(1).integers(0, 4096, (2100, 2000)).astype(np.uint16)
"""Too large for an answer, however it is encoded."""


def instance(number: int, pixels: Any) -> bytes:
    dataset = dcmread(BytesIO(grey(pixels, bits=12, allocated=16)))
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{ROOT}.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SeriesNumber = f"{ROOT}.0", f"{ROOT}.1", "1"
    dataset.PatientID, dataset.InstanceNumber = "ARCHIVE-PAGE", str(number)
    return as_file(dataset)


@pytest.fixture(scope="module")
def archive(stack: LocalStack) -> "Reader":
    """Who reads the archive, in which two instances of a series are."""
    for number, pixels in ((1, FRAMES), (2, NOISE)):
        body = instance(number, pixels)
        stack.client("s3").put_object(Bucket=stack.outputs["InboxBucket"], Key=f"page/{number}.dcm", Body=body)
    done = stack.shell(
        f"source {stack.folder / 'env'}\nserverless-dicom import s3://{stack.outputs['InboxBucket']}/page/"
    )
    assert done.returncode == 0, done.stderr
    return Reader(stack)


class Reader:
    """Calls of the API, with a token."""

    def __init__(self, stack: LocalStack) -> None:
        """Log in."""
        self._url = stack.outputs["ApiUrl"]
        token = stack.shell(f"source {stack.folder / 'env'}\nserverless-dicom token").stdout.strip()
        self._headers = {"Authorization": token, "Accept": "*/*"}

    def __call__(self, path: str, body: Any = None, **headers: str) -> tuple[bytes, str]:
        """The body of an answer, and where it came from in the end."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, self._headers | headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the stack's own
            return answer.read(), answer.url

    def found(self, **fields: Any) -> list[dict[str, Any]]:
        return list(json.loads(self("/image-sets", fields)[0])["imageSets"])

    def instances(self) -> tuple[str, list[dict[str, Any]]]:
        """The id of the image set, and what is in it."""
        (row,) = self.found(patientId="ARCHIVE-PAGE")
        (series,) = json.loads(self(f"/image-sets/{row['imageSetId']}")[0])["series"]
        return row["imageSetId"], series["instances"]


def test_an_image_set_is_found_by_what_it_is_of(archive: Reader) -> None:
    (row,) = archive.found(patientId="ARCHIVE-PAGE")
    assert (row["StudyInstanceUID"], row["NumberOfStudyRelatedInstances"]) == (f"{ROOT}.0", 2)
    assert archive.found(studyInstanceUid=f"{ROOT}.0", patientId="ARCHIVE-PAGE", studyDate="19000101-") == [row]
    assert archive.found(patientId="ARCHIVE-PAGE", studyInstanceUid="1.2.3") == []


def test_a_header_and_its_frames_make_the_object_that_was_imported(archive: Reader) -> None:
    image_set, (first, _) = archive.instances()
    frames = [archive(f"/image-sets/{image_set}/frames/{frame['frameId']}")[0] for frame in first["frames"]]
    items = b"".join(
        b"\xfe\xff\x00\xe0" + (len(one) + len(one) % 2).to_bytes(4, "little") + one + bytes(len(one) % 2)
        for one in frames
    )
    whole = base64.b64decode(first["header"]) + items + b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert (first["SOPInstanceUID"], len(frames)) == (f"{ROOT}.1", 3)
    assert np.array_equal(pixel_array(BytesIO(whole)), FRAMES)


def test_a_frame_that_is_too_large_for_an_answer_lies_in_the_bucket(archive: Reader, stack: LocalStack) -> None:
    image_set, (_, second) = archive.instances()
    path = f"/image-sets/{image_set}/frames/{second['frames'][0]['frameId']}"
    told = json.loads(archive(path, Accept="application/json")[0])
    assert stack.outputs["ResultsBucket"] in told["url"]
    with urllib.request.urlopen(told["url"], timeout=60) as answer:  # noqa: S310 - the stack's own
        data = answer.read()
    assert data[:4] == b"\xff\x4f\xff\x51"
    assert len(data) > 4_700_000


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/image-sets/{'0' * 32}", 404, "image_set_not_found"),
        (f"/image-sets/{'0' * 32}/frames/{'0' * 32}", 404, "frame_not_found"),
        ("/image-sets/ARCHIVE-PAGE", 400, "invalid_request"),
    ],
)
def test_what_is_not_there_is_told(archive: Reader, path: str, status: int, code: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        archive(path)
    assert (refused.value.code, json.load(refused.value)["error"]) == (status, code)
    refused.value.close()
