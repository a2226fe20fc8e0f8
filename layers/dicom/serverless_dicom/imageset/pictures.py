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

    from serverless_dicom.image.options import RenderOptions
    from serverless_dicom.image.render import Picture
    from serverless_dicom.imageset.header import Header
    from serverless_dicom.imageset.pixels import FrameData, Pixels


def pictures_of(
    header: Header, pixels: Pixels, frames: Iterable[FrameData], options: RenderOptions
) -> Iterator[Picture]:
    """Draw decoded frames, one by one. Raises a CannotRender or InvalidRequest, and whatever `frames` raises."""
    if pixels.encapsulated:
        raise NoPixelData(f"frames of transfer syntax {pixels.stored_syntax} cannot be drawn here")
    for number, data in enumerate(frames, 1):
        dataset = raw_dataset(drawn_as(header, data.photometric_interpretation).elements)
        description = describe(dataset, pixels.tag)
        syntax = pixels.transfer_syntax_uid
        yield render(
            Frame(number, FrameBytes(bytes(data.data)), description, dataset, syntax, FAMILIES[syntax]), options
        )
