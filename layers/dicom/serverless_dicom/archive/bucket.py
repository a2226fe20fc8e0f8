"""Where an export is written: a bucket, whose objects are whole or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serverless_dicom.faults import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_s3 import S3Client

PART_BYTES = 16 * 1024 * 1024
"""Bytes that are sent at once of an object that is written in parts: 10,000 of them are 160 GiB."""

MEDIA_TYPES = {"dcm": "application/dicom", "png": "image/png", "jpg": "image/jpeg"}


class Bucket:
    """The objects of a bucket whose keys begin with `prefix`. Every method may raise TransientError.

    What is large is sent in parts as it is made, and needs neither memory nor a disk for all of it.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str, present: Iterable[str]) -> None:
        """Believe of the objects of the names `present` that they are there and as they should be."""
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._present = frozenset(present)

    def has(self, name: str, _is_complete: Callable[..., bool] | None) -> bool:
        """Whether an object is there: S3 has it whole or not at all."""
        return name in self._present

    def keep(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Write an object, in place of one that is there."""
        key = f"{self._prefix}{name}"
        place: Any = {"Bucket": self._bucket, "Key": key}
        kind = MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        waiting = bytearray()
        upload: dict[str, Any] = {}
        parts: list[Any] = []
        with translated(f"writing s3://{self._bucket}/{key}"):
            try:
                for piece in pieces:
                    waiting += piece
                    while len(waiting) > PART_BYTES:
                        if not upload:
                            created = self._client.create_multipart_upload(**place, ContentType=kind)
                            upload = place | {"UploadId": created["UploadId"]}
                        parts.append(self._part(upload, len(parts) + 1, bytes(waiting[:PART_BYTES])))
                        del waiting[:PART_BYTES]
                if not upload:
                    self._client.put_object(**place, Body=bytes(waiting), ContentType=kind)
                    return
                parts.append(self._part(upload, len(parts) + 1, bytes(waiting)))
                self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
            except BaseException:
                if upload:
                    self._client.abort_multipart_upload(**upload)
                raise

    def _part(self, upload: dict[str, Any], number: int, data: bytes) -> dict[str, Any]:
        sent = self._client.upload_part(**upload, PartNumber=number, Body=data)
        return {"PartNumber": number, "ETag": sent["ETag"]}
