"""Pictures by their jobs: those that were uploaded, and those that were analysed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_dicom.errors import ObjectNotFound, UploadMissing
from serverless_dicom.faults import translated
from serverless_dicom.stores.objects import S3Object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from serverless_dicom.change import ObjectChange

MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg"}

_UPLOAD = re.compile(r"uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/image")


@dataclass(frozen=True, slots=True)
class Uploads:
    """The bucket that pictures are uploaded to."""

    client: S3Client
    bucket: str

    def job_of(self, change: ObjectChange) -> str | None:
        """The job whose upload a change tells of; None for any other."""
        found = _UPLOAD.fullmatch(change.key)
        return found[1] if found and change.kind == "created" and change.bucket == self.bucket else None

    def open(self, job_id: str) -> S3Object:
        """What was uploaded for a job, as it is now. Raises UploadMissing or TransientError."""
        try:
            return S3Object.open(self.client, self.bucket, f"uploads/{job_id}/image")
        except ObjectNotFound as error:
            raise UploadMissing("the file was removed before it could be analysed: upload it anew") from error


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a picture lies that was analysed, and its media type."""

    bucket: str
    key: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """The bucket of pictures as they were analysed; it forgets them."""

    client: S3Client
    bucket: str

    def keep(self, job_id: str, extension: str, data: bytes) -> Kept:
        """Keep the picture of a job, in place of one that it had. Raises TransientError or ObjectNotFound."""
        kept = Kept(self.bucket, f"converted/{job_id}/image.{extension}", MEDIA_TYPES[extension])
        with translated(f"keeping the picture of job {job_id}"):
            self.client.put_object(
                Bucket=kept.bucket,
                Key=kept.key,
                Body=data,
                ContentType=kept.media_type,
                CacheControl="private, no-store",
            )
        return kept
