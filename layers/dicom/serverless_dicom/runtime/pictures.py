"""A picture -> the answer of who asked for it: in JSON, as it is, or where to find it."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.runtime.http import MAX_ANSWER, PICTURES, fits

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from serverless_dicom.image import Picture
    from serverless_dicom.image.request import ConvertRequest
    from serverless_dicom.runtime.http import Answer, Responder

SECONDS = 300
"""How long the URL of a picture works."""

MEDIA_TYPES = {extension: kind for kind, extension in PICTURES.items()}


@dataclass(frozen=True, slots=True)
class ResultsBucket:
    """Where pictures, and other bytes, lie that are too large for an answer; the bucket forgets them."""

    client: S3Client
    name: str

    def keep(self, picture: Picture) -> str:
        """Put a picture into the bucket; the URL that gives it to whoever has it, for SECONDS."""
        return self.keep_bytes(picture.data, picture.format, MEDIA_TYPES[picture.format])

    def keep_bytes(self, data: bytes, extension: str, kind: str, encoding: str | None = None) -> str:
        """Put bytes of a media type into the bucket, and of a content encoding; the URL as of a picture."""
        key = f"converted/{uuid.uuid4()}.{extension}"
        more: Any = {"ContentEncoding": encoding} if encoding else {}
        self.client.put_object(
            Bucket=self.name, Key=key, Body=data, ContentType=kind, CacheControl="private, no-store", **more
        )
        return self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=SECONDS
        )


def as_itself(picture: Picture, responder: Responder, keep: Callable[[Picture], str]) -> Answer:
    """The picture, or by a redirection where it lies if it is too large."""
    if len(picture.data) < MAX_ANSWER:
        answer = responder.picture(MEDIA_TYPES[picture.format], picture.data)
        if fits(answer):
            return answer
    return responder.elsewhere(keep(picture))


def as_json(
    picture: Picture,
    asked: ConvertRequest,
    metadata: dict[str, Any],
    responder: Responder,
    keep: Callable[[Picture], str],
) -> Answer:
    """The picture in JSON with what was asked of it, `data.image_url` in place of `data.image_base64` if too large."""
    data = {"file_size": len(picture.data), "format": picture.format, "quality": asked.options.quality}
    body = {"success": True, "message": f"DICOM successfully converted to {picture.format.upper()}", "data": data}
    if asked.include_metadata:
        body["metadata"] = metadata
    if asked.options.explain:
        body["explanation"] = picture.explanation
    if picture.warnings:
        body["warnings"] = picture.warnings
    if len(picture.data) < MAX_ANSWER:
        encoded = base64.b64encode(picture.data).decode("ascii")
        answer = responder.body(200, body | {"data": {"image_base64": encoded, **data}})
        if fits(answer):
            return answer
    return responder.body(200, body | {"data": {"image_url": keep(picture), **data}})
