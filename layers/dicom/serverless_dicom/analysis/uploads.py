"""The bytes of an upload -> what is looked at: its kind, its header if it has one, and its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from serverless_dicom.analysis.fitting import Prepared
from serverless_dicom.analysis.identifiers import Identity, identity_of
from serverless_dicom.analysis.kinds import HEAD, described, kind_of
from serverless_dicom.analysis.pictures import prepare_frame, prepare_picture
from serverless_dicom.errors import EmptyObject, NotDicom, UnsupportedImage, UploadTooLarge
from serverless_dicom.image import open_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from serverless_dicom.header.ranges import ByteRanges


class Apart(Protocol):
    """Calls a function in a process of its own, and returns what it returns; errors of this package pass through."""

    def __call__(self, function: Callable[..., Prepared], /, *arguments: Any) -> Prepared:
        """Call it."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """What was uploaded: `kind` is dicom, jpeg, png or gif; `identity` is None unless it is DICOM."""

    kind: str
    picture: Prepared
    identity: Identity | None
    warnings: tuple[str, ...]


def read_upload(ranges: ByteRanges, max_bytes: int, apart: Apart) -> Upload:
    """Find out what was uploaded, and prepare its picture in a process of its own.

    Raises UploadTooLarge, EmptyObject or UnsupportedImage; a RejectedObject or CannotRender where the file is damaged
    or holds no picture; and whatever `ranges` and `apart` raise.
    """
    if ranges.size > max_bytes:
        raise UploadTooLarge(f"the file has {ranges.size} bytes, {max_bytes} are accepted: upload a smaller one")
    if not ranges.size:
        raise EmptyObject("the file has 0 bytes: choose it anew, it may not have been there yet")
    head = ranges.read(0, min(HEAD, ranges.size))
    if kind := kind_of(head):
        picture = apart(prepare_picture, ranges.read(0, ranges.size), kind)
        return Upload(kind, picture, None, picture.warnings)
    try:
        image = open_image(ranges)
    except NotDicom as error:
        raise UnsupportedImage(
            f"the file is {described(head)}: upload a DICOM object with pixels, a JPEG, a PNG or a GIF"
        ) from error
    picture = apart(prepare_frame, image.frame(1))
    frames = image.number_of_frames
    several = (f"frame 1 of {frames} was analysed",) if frames > 1 else ()
    return Upload("dicom", picture, identity_of(image.parsed), several + picture.warnings)
