"""DICOM bytes -> an image whose frames can be fetched one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydicom.config import IGNORE
from pydicom.uid import UID

from serverless_dicom.errors import NoPixelData
from serverless_dicom.header.parse import parse_header
from serverless_dicom.image.description import describe
from serverless_dicom.image.elements import text
from serverless_dicom.image.frames import FrameBytes, frame_bytes
from serverless_dicom.image.metadata import metadata_of
from serverless_dicom.image.overlays import deferred_planes
from serverless_dicom.image.syntaxes import Family, family_of

if TYPE_CHECKING:
    from typing import Any

    from pydicom.dataset import Dataset

    from serverless_dicom.header.parse import Parsed
    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.image.description import PixelDescription


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, encoded, with all that is needed to draw it; `number` counts from 1.

    `planes` are overlays that are too long to stand in `dataset`, by their tags.
    """

    number: int
    encoded: FrameBytes
    description: PixelDescription
    dataset: Dataset
    transfer_syntax_uid: str
    family: Family
    planes: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenImage:
    """The header of an object with pixel data, which are not fetched yet."""

    parsed: Parsed
    description: PixelDescription
    family: Family

    @property
    def number_of_frames(self) -> int:
        """Frames, by the header."""
        return self.description.number_of_frames

    def metadata(self) -> dict[str, Any]:
        """What the header says of patient, study and picture, by DICOM keyword; see `metadata_of`."""
        return metadata_of(self.parsed)

    def frame(self, number: int = 1, *, overlays: bool = False) -> Frame:
        """Fetch frame `number`, from 1, and nothing else of the pixel data; large overlays only if they are wanted.

        Raises InvalidRequest where there is no such frame, a CannotRender where its bytes are not there, and whatever
        the object's ranges raise.
        """
        encoded = frame_bytes(self.parsed, self.description, self.family, number)
        uid, dataset, ranges = self.parsed.transfer_syntax_uid, self.parsed.dataset, self.parsed.ranges
        spans = deferred_planes(dataset) if overlays else {}
        planes = {tag: ranges.read(start, start + length) for tag, (start, length) in spans.items()}
        return Frame(number, encoded, self.description, dataset, uid, self.family, planes)


def open_image(ranges: ByteRanges) -> OpenImage:
    """Read the header of the object in `ranges` and check that it describes a picture.

    Raises a RejectedObject where the object is not DICOM or damaged, a CannotRender where it has no pixel data, or such
    that cannot be drawn, and whatever `ranges` raises.
    """
    parsed = parse_header(ranges)
    if parsed.pixel_data is None:
        cut = ", which has some: it may have been cut off" if parsed.incomplete() else ""
        raise NoPixelData(f"the object has no pixel data: it is {_kind(parsed)}{cut}")
    family = family_of(parsed.transfer_syntax_uid)
    return OpenImage(parsed, describe(parsed.dataset, parsed.pixel_data.tag), family)


def _kind(parsed: Parsed) -> str:
    """What an object is, by the name of its SOP class (PS3.4 B.5)."""
    uid = text(parsed.dataset, "SOPClassUID") or text(parsed.meta, "MediaStorageSOPClassUID")
    name = UID(uid, IGNORE).name if uid else ""
    return f"of SOP class {name.removesuffix(' Storage')}" if name != uid else "of an unknown SOP class"
