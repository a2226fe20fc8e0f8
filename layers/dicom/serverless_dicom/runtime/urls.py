"""URLs of objects, signed for whoever has them: to read one, or to upload one and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECONDS = 300
"""How long a URL to read works."""


def url_to_read(client: S3Client, bucket: str, key: str, media_type: str) -> str:
    """A URL that gives an object to a browser as that media type, to be shown rather than kept."""
    return client.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "ResponseContentType": media_type,
            "ResponseContentDisposition": "inline",
            "ResponseCacheControl": "private, no-store",
        },
        ExpiresIn=SECONDS,
    )


@dataclass(frozen=True, slots=True)
class UploadBucket:
    """Where uploads go; what is signed names the key, the Content-Type and, as far as S3 can tell, the size."""

    client: S3Client
    name: str

    def url(self, key: str, media_type: str, size: int | None, seconds: int) -> str:
        """A URL to PUT one object to. S3 refuses another length than `size`, where that is known, and other types."""
        params: dict[str, Any] = {"Bucket": self.name, "Key": key, "ContentType": media_type}
        if size is not None:
            params["ContentLength"] = size
        return self.client.generate_presigned_url("put_object", Params=params, ExpiresIn=seconds)

    def form(self, key: str, media_type: str, max_bytes: int, seconds: int) -> tuple[str, dict[str, str]]:
        """A URL to POST one object to as a form, and the fields that come before the file in it.

        S3 refuses an empty file, one of more bytes, and any other key or type.
        """
        signed = self.client.generate_presigned_post(
            self.name,
            key,
            Fields={"Content-Type": media_type},
            Conditions=[{"Content-Type": media_type}, ["content-length-range", 1, max_bytes]],
            ExpiresIn=seconds,
        )
        return signed["url"], signed["fields"]
