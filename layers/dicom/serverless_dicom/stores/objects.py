"""Objects of S3, read by range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from serverless_dicom.errors import ObjectNotFound, SourceTooLarge, TransientError
from serverless_dicom.faults import error_code, translated
from serverless_dicom.header.ranges import FIRST_READ

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

MAX_WHOLE = 256 * 1024 * 1024
"""Bytes of an object at most that an endpoint which knows no ranges may send in one piece."""


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object as it was when it was opened; `size` in bytes.

    Its first 64 KiB came with the opening, so that most headers cost one request. Later reads are of the same content
    or fail: TransientError where the object was overwritten meanwhile, ObjectNotFound where it is gone. An endpoint
    that knows no ranges sent all of it with the opening. `asked_version` is the version that was asked for, if any was;
    `version_id` the one that was found.
    """

    client: S3Client
    bucket: str
    key: str
    size: int
    etag: str
    version_id: str | None
    last_modified: datetime
    head: bytes
    asked_version: str | None = None

    @classmethod
    def open(cls, client: S3Client, bucket: str, key: str, version_id: str | None = None) -> S3Object:
        """Open one version, or the newest. Raises ObjectNotFound, SourceTooLarge or TransientError."""
        wanted: Any = {"Bucket": bucket, "Key": key} | ({"VersionId": version_id} if version_id else {})
        with translated(f"reading s3://{bucket}/{key}"):
            try:
                found: Any = client.get_object(**wanted, Range=f"bytes=0-{FIRST_READ - 1}")
                head = _body(found, bucket, key)
            except ClientError as error:
                code = error_code(error)
                if version_id and code == "InvalidArgument":  # what S3 says of text that it has never given as one
                    raise ObjectNotFound(f"reading s3://{bucket}/{key}: it has no such version") from error
                if code != "InvalidRange":  # what S3 says of any range of an empty object
                    raise
                found, head = client.head_object(**wanted), b""
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
            version_id,
        )

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        if stop <= max(start, len(self.head)):
            return self.head[start:stop]
        if start < len(self.head):
            return self.head[start:] + self.read(len(self.head), stop)
        with translated(f"reading {self.uri}"):
            wanted: Any = {"VersionId": self.asked_version} if self.asked_version else {}
            found = self.client.get_object(
                Bucket=self.bucket, Key=self.key, Range=f"bytes={start}-{stop - 1}", IfMatch=self.etag, **wanted
            )
            data = found["Body"].read(stop - start + 1)
        if len(data) != stop - start:
            raise TransientError(f"reading {self.uri}: other bytes came than the {stop - start} that were asked for")
        return data

    @property
    def uri(self) -> str:
        """The object as `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


def _body(found: Any, bucket: str, key: str) -> bytes:
    """The body of the first answer, unless it is the whole of an object that is too large for that."""
    if found["ContentLength"] > MAX_WHOLE:
        found["Body"].close()
        raise SourceTooLarge(
            f"reading s3://{bucket}/{key}: the endpoint knows no ranges, and {found['ContentLength']} bytes are more "
            f"than the {MAX_WHOLE} that are read in one piece"
        )
    data: bytes = found["Body"].read()
    return data
