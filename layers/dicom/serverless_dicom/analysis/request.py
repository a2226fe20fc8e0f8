"""The fields of a request for an upload."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, cast

from serverless_dicom.errors import UploadTooLarge
from serverless_dicom.fields import Fields

EXAMPLE = '{"fileName": "scan.dcm", "fileType": "application/dicom"}'
"""The shortest request that there is."""

OCTETS = "application/octet-stream"

MEDIA_TYPES = ("application/dicom", "image/jpeg", "image/png", "image/gif", OCTETS)
"""What an upload may be called; anything else is OCTETS. The bytes alone decide what becomes of it."""

METHODS = ("PUT", "POST")
MAX_NAME = 255
"""Characters of a file's name."""

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,127}"
_MEDIA_TYPE = re.compile(rf"\s*({_WORD}/{_WORD})\s*(;.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """How somebody wants to upload a file, of `size` bytes if he says so. Its name is checked and forgotten."""

    media_type: str
    size: int | None
    method: Literal["PUT", "POST"]

    @classmethod
    def parse(cls, sent: Any, max_bytes: int) -> UploadRequest:
        """The request of a JSON object.

        Raises InvalidRequest, which names each field that is wrong or unknown, or else UploadTooLarge.
        """
        fields = Fields.of(sent, EXAMPLE)
        fields.text("fileName", f"a text of 1 to {MAX_NAME} characters", MAX_NAME)
        request = cls(
            media_type=_media_type(fields),
            size=fields.whole("fileSize", 1),
            method=cast("Literal['PUT', 'POST']", fields.choice("method", METHODS, "PUT")),
        )
        fields.finish()
        if request.size is not None and request.size > max_bytes:
            raise UploadTooLarge(
                f"the file is larger than the {max_bytes} bytes that are accepted: upload a smaller one"
            )
        return request


def _media_type(fields: Fields) -> str:
    """`fileType` as browsers tell it: empty where they do not know the file."""
    value = fields.take("fileType")
    if value == "":
        return OCTETS
    found = _MEDIA_TYPE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        got = "it is missing" if value is None else "got something else"
        fields.problems.append(f"fileType must be a media type such as application/dicom, or an empty text; {got}")
        return OCTETS
    return found[1].lower() if found[1].lower() in MEDIA_TYPES else OCTETS
