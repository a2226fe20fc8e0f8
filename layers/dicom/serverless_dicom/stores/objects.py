"""Objects of S3, read by range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from serverless_dicom.errors import TransientError
from serverless_dicom.header.ranges import FIRST_READ
from serverless_dicom.stores.faults import error_code, translated

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object as it was when it was opened; `size` in bytes.

    Its first 64 KiB came with the opening, so that most headers cost one request. Later reads are of the same content
    or fail: TransientError where the object was overwritten meanwhile, ObjectNotFound where it is gone.
    """

    client: S3Client
    bucket: str
    key: str
    size: int
    etag: str
    version_id: str | None
    last_modified: datetime
    head: bytes

    @classmethod
    def open(cls, client: S3Client, bucket: str, key: str) -> S3Object:
        """Open the newest version. Raises ObjectNotFound or TransientError."""
        with translated(f"reading s3://{bucket}/{key}"):
            try:
                found: Any = client.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{FIRST_READ - 1}")
                head = found["Body"].read()
            except ClientError as error:
                if error_code(error) != "InvalidRange":  # what S3 says of any range of an empty object
                    raise
                found, head = client.head_object(Bucket=bucket, Key=key), b""
        total = found.get("ContentRange", "").rpartition("/")[2]
        version = found.get("VersionId")
        return cls(
            client,
            bucket,
            key,
            int(total) if total else found["ContentLength"],
            found["ETag"],
            None if version == "null" else version,
            found["LastModified"],
            head,
        )

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        if stop <= len(self.head):
            return self.head[start:stop]
        if start < len(self.head):
            return self.head[start:] + self.read(len(self.head), stop)
        with translated(f"reading {self.uri}"):
            found = self.client.get_object(
                Bucket=self.bucket, Key=self.key, Range=f"bytes={start}-{stop - 1}", IfMatch=self.etag
            )
            data = found["Body"].read()
        if len(data) != stop - start:
            raise TransientError(f"reading {self.uri}: {len(data)} bytes came where {stop - start} were asked for")
        return data

    @property
    def uri(self) -> str:
        """The object as `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"
