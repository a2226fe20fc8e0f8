"""How the stored frames of an instance become pixel data: decoded, or as they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pydicom.uid import ExplicitVRLittleEndian

from serverless_dicom.errors import (
    CannotRender,
    FrameCorrupt,
    InvalidPixelDescription,
    UndecodablePixelData,
    UnsupportedTransferSyntax,
)
from serverless_dicom.image.codestream import is_transformed
from serverless_dicom.image.decode import decode
from serverless_dicom.image.description import DOUBLE, FLOAT, INTEGER, describe
from serverless_dicom.image.frames import FrameBytes
from serverless_dicom.image.syntaxes import family_of
from serverless_dicom.imageset.datasets import raw_dataset
from serverless_dicom.imageset.frames import HTJ2K, UNCOMPRESSED, checked_htj2k, codestream_of, native
from serverless_dicom.imageset.metadata import MAX_FRAMES
from serverless_dicom.imageset.verify import checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serverless_dicom.image.description import PixelDescription
    from serverless_dicom.imageset.elements import Encoded
    from serverless_dicom.imageset.header import Header
    from serverless_dicom.imageset.model import Frame, Instance

EXPLICIT = str(ExplicitVRLittleEndian)

_DESCRIBING = (0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011, *range(0x00280100, 0x00280104))
"""SamplesPerPixel, PhotometricInterpretation, PlanarConfiguration, NumberOfFrames, Rows, Columns, and those of bits."""

_TRANSFORMED = frozenset({"YBR_RCT", "YBR_ICT"})
_SUBSAMPLED = {"YBR_FULL_422": "YBR_FULL", "YBR_PARTIAL_422": "YBR_FULL"}
_TAGS = {"FloatPixelData": FLOAT, "DoubleFloatPixelData": DOUBLE}


Buffer: TypeAlias = bytes | memoryview
"""Memory that is not copied once more."""


class FrameData(NamedTuple):
    """A frame as it is written: its bytes, and what its components are by then (PS3.3 C.7.6.3.1.2)."""

    data: Buffer
    photometric_interpretation: str


@dataclass(frozen=True, slots=True)
class Pixels:
    """What the pixel data of an instance with `count` frames are to be; `tag` is their element's.

    Encapsulated frames are written as they are stored, in `transfer_syntax_uid`; others decoded. `description` tells
    how a frame stands once it is decoded; None of one that never is, such as a video. `check` is whether frames that
    HealthImaging encoded are decoded to compare their checksums even if they are written as they are; those that it
    kept as they came are always compared. `whole` is whether the only stored frame is uncompressed: then it is all of
    the pixel data, however many frames there are in them.
    """

    transfer_syntax_uid: str
    stored_syntax: str
    encapsulated: bool
    tag: int
    photometric_interpretation: str
    description: PixelDescription | None
    count: int
    check: bool = True
    whole: bool = False

    @property
    def decodes(self) -> bool:
        """Whether a frame is decoded, to be written or to be compared."""
        return not self.encapsulated or (self.check and self.stored_syntax in HTJ2K)

    @property
    def frames(self) -> int:
        """How many frames there are, by the header where one that is stored holds them all."""
        return min(self.description.number_of_frames, MAX_FRAMES) if self.whole and self.description else self.count

    def frame(self, frame: Frame, stored: bytes) -> FrameData:
        """What is written of a frame.

        Raises FrameCorrupt, which names it, where it is not what was imported or cannot be decoded.
        """
        try:
            return self._frame(frame, stored)
        except CannotRender as error:
            raise FrameCorrupt(f"frame {frame.number} ({frame.id}): {error}") from error

    def _frame(self, frame: Frame, stored: bytes) -> FrameData:
        if self.encapsulated and self.stored_syntax in HTJ2K and not self.check:
            codestream = codestream_of(stored)
            checked_htj2k(codestream, *(frame.checksum[:2] if frame.checksum else ()))
            return self._kept(codestream)
        verdict, samples = checked(frame, stored, self.stored_syntax)
        if not verdict.ok and (verdict.expected is not None or verdict.found is None):
            raise UndecodablePixelData(verdict.reason or "its checksum is another")
        if self.encapsulated or self.description is None:
            return self._kept(codestream_of(stored))
        if self.stored_syntax in UNCOMPRESSED:
            whole = self.whole and (verdict.ok or len(stored) * 8 >= self.description.frame_bits * self.frames)
            return FrameData(stored if whole else _cut(stored, self.description), self.photometric_interpretation)
        if samples is None:
            return self._decoded(stored, self.description)
        shape = (self.description.rows, self.description.columns, self.description.samples_per_pixel)
        if (*samples.shape, 1)[:3] != shape:
            raise UndecodablePixelData(f"the frame is of shape {samples.shape}, the header says {shape}")
        photometric = self.photometric_interpretation
        photometric = "RGB" if photometric in _TRANSFORMED else _SUBSAMPLED.get(photometric, photometric)
        return FrameData(_native(samples, self.description), photometric)

    def _kept(self, codestream: bytes) -> FrameData:
        """A frame as it is stored; HTJ2K tells itself whether its colours were transformed (PS3.5 8.2.14)."""
        photometric = self.photometric_interpretation
        if self.stored_syntax in HTJ2K and photometric in _TRANSFORMED | {"RGB"}:
            photometric = "YBR_RCT" if is_transformed(codestream) else "RGB"
        return FrameData(codestream, photometric)

    def _decoded(self, stored: bytes, description: PixelDescription) -> FrameData:
        """A frame that was kept as it came, decoded: its colours are RGB by then, unless it is grey."""
        decoded = decode(FrameBytes(stored), description, self.stored_syntax, family_of(self.stored_syntax))
        return FrameData(_native(decoded.samples, description), decoded.photometric_interpretation)


def pixels_of(instance: Instance, header: Header, *, keep_compressed: bool = False, check: bool = True) -> Pixels:
    """How the frames of an instance are to be written. Raises InvalidPixelDescription or ImageTooLarge to be decoded.

    Frames that no decoder here knows, such as a video's, stay as they are.
    """
    attributes, syntax = instance.level.attributes, instance.stored_syntax
    tag = next((tag for keyword, tag in _TAGS.items() if keyword in attributes), INTEGER)
    photometric = str(attributes.get("PhotometricInterpretation") or "").strip()
    try:
        family_of(syntax)
    except UnsupportedTransferSyntax:
        return Pixels(syntax, syntax, True, INTEGER, photometric, None, len(instance.frames))
    described = tuple((tag, header.elements[tag]) for tag in _DESCRIBING if tag in header.elements)
    in_one_piece = len(instance.frames) == 1 and syntax not in HTJ2K
    encapsulated = keep_compressed and syntax not in UNCOMPRESSED
    whole = in_one_piece and syntax in UNCOMPRESSED
    description: PixelDescription | None = None
    try:
        description = _description(described, tag)
    except CannotRender:
        if not (encapsulated or whole):  # whose bytes are written as they are, whatever they mean
            raise
    if description and description.number_of_frames != len(instance.frames) and not in_one_piece:
        raise InvalidPixelDescription(
            f"NumberOfFrames is {description.number_of_frames}, the image set has {len(instance.frames)} frames of it"
        )
    return Pixels(
        syntax if encapsulated else EXPLICIT,
        syntax,
        encapsulated,
        tag,
        description.photometric_interpretation if description else photometric,
        description,
        len(instance.frames),
        check,
        whole=whole,
    )


@lru_cache(maxsize=256)
def _description(elements: tuple[tuple[int, Encoded], ...], tag: int) -> PixelDescription:
    """The description that some elements give: the same for most instances of a series."""
    return describe(raw_dataset(dict(elements)), tag)


def _native(samples: NDArray[Any], description: PixelDescription) -> memoryview:
    return native(samples, description.bits_allocated, description.planar_configuration)


def _cut(stored: bytes, description: PixelDescription) -> bytes:
    """An uncompressed frame without what pads it. Raises UndecodablePixelData where it is too short."""
    length = -(-description.frame_bits // 8)
    if len(stored) < length:
        raise UndecodablePixelData(f"the stored frame has {len(stored)} bytes, its description takes {length}")
    return stored[:length]
