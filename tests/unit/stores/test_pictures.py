"""Pictures by their jobs: which change is an upload, and where the analysed picture lies."""

import uuid

import pytest

from serverless_dicom.change import ObjectChange
from serverless_dicom.errors import TransientError, UploadMissing
from serverless_dicom.stores.pictures import Kept, Pictures, Uploads
from tests.peers import failing
from tests.stack import RESULTS, UPLOADS, Stack

JOB = str(uuid.UUID(int=4711))
KEY = f"uploads/{JOB}/image"


@pytest.mark.parametrize(
    ("change", "job"),
    [
        (ObjectChange(UPLOADS, KEY, "created"), JOB),
        (ObjectChange(UPLOADS, KEY, "deleted"), None),
        (ObjectChange("another", KEY, "created"), None),
        (ObjectChange(UPLOADS, f"{KEY}/", "created"), None),
        (ObjectChange(UPLOADS, f"x/{KEY}", "created"), None),
        (ObjectChange(UPLOADS, f"{KEY}\n", "created"), None),
        (ObjectChange(UPLOADS, "uploads/../image", "created"), None),
        (ObjectChange(UPLOADS, f"uploads/{JOB.upper()}x/image", "created"), None),
        (ObjectChange(UPLOADS, f"converted/{JOB}/image", "created"), None),
    ],
)
def test_only_what_was_created_where_uploads_go_is_one(stack: Stack, change: ObjectChange, job: str | None) -> None:
    assert Uploads(stack.s3, UPLOADS).job_of(change) == job


def test_an_upload_is_read_and_one_that_went_is_told(stack: Stack) -> None:
    uploads = Uploads(stack.s3, UPLOADS)
    stack.s3.put_object(Bucket=UPLOADS, Key=KEY, Body=b"abc")

    assert uploads.open(JOB).read(0, 3) == b"abc"
    stack.s3.delete_object(Bucket=UPLOADS, Key=KEY)
    with pytest.raises(UploadMissing, match="upload it anew"):
        uploads.open(JOB)
    with pytest.raises(TransientError, match="SlowDown"):
        Uploads(failing(stack.s3, "get_object"), UPLOADS).open(JOB)


@pytest.mark.parametrize(("extension", "media_type"), [("png", "image/png"), ("jpg", "image/jpeg")])
def test_a_picture_is_kept_by_its_job_and_no_cache_keeps_it(stack: Stack, extension: str, media_type: str) -> None:
    kept = Pictures(stack.s3, RESULTS).keep(JOB, extension, b"bytes")

    assert kept == Kept(RESULTS, f"converted/{JOB}/image.{extension}", media_type)
    found = stack.s3.get_object(Bucket=RESULTS, Key=kept.key)
    assert (found["Body"].read(), found["ContentType"]) == (b"bytes", media_type)
    assert found["CacheControl"] == "private, no-store"


def test_a_bucket_that_refuses_is_tried_again(stack: Stack) -> None:
    with pytest.raises(TransientError, match=f"keeping the picture of job {JOB}: SlowDown"):
        Pictures(failing(stack.s3, "put_object"), RESULTS).keep(JOB, "png", b"bytes")
