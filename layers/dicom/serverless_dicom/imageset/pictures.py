"""Frames of an instance -> pictures, drawn as those of a DICOM file are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serverless_dicom.errors import NoPixelData
from serverless_dicom.image.description import describe
from serverless_dicom.image.frames import FrameBytes
from serverless_dicom.image.opening import Frame
from serverless_dicom.image.render import render
from serverless_dicom.image.syntaxes import FAMILIES
from serverless_dicom.imageset.datasets import raw_dataset
from serverless_dicom.imageset.part10 import drawn_as

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from serverless_dicom.image.description import PixelDescription
    from serverless_dicom.image.options import RenderOptions
    from serverless_dicom.image.render import Picture
    from serverless_dicom.imageset.header import Header
    from serverless_dicom.imageset.pixels import Buffer, FrameData, Pixels


def pictures_of(
    header: Header, pixels: Pixels, frames: Iterable[FrameData], options: RenderOptions
) -> Iterator[Picture]:
    """Draw decoded frames, one by one. Raises a CannotRender or InvalidRequest, and whatever `frames` raises."""
    if pixels.encapsulated:
        raise NoPixelData(f"frames of transfer syntax {pixels.stored_syntax} cannot be drawn here")
    number, syntax = 0, pixels.transfer_syntax_uid
    for data in frames:
        dataset = raw_dataset(drawn_as(header, data.photometric_interpretation).elements)
        description = describe(dataset, pixels.tag)
        for each in _frames_in(data.data, description) if pixels.whole else [FrameBytes(bytes(data.data))]:
            number += 1
            yield render(Frame(number, each, description, dataset, syntax, FAMILIES[syntax]), options)


def _frames_in(data: Buffer, description: PixelDescription) -> Iterator[FrameBytes]:
    """The frames of uncompressed pixel data; those of 1-bit pixels may begin within a byte (PS3.5 8.1.1)."""
    for number in range(description.number_of_frames):
        start, stop = number * description.frame_bits, (number + 1) * description.frame_bits
        yield FrameBytes(bytes(data[start // 8 : -(-stop // 8)]), start % 8)
