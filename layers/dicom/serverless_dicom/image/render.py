"""A frame -> the picture that a radiologist would see (PS3.3 C.11, PS3.4 N.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydicom.config import IGNORE
from pydicom.uid import UID

from serverless_dicom.image import colour, palette
from serverless_dicom.image.aspect import aspect_of
from serverless_dicom.image.decode import decode
from serverless_dicom.image.elements import text
from serverless_dicom.image.encode import encoded
from serverless_dicom.image.grey import levels_of, transformation_of
from serverless_dicom.image.overlays import overlays_of
from serverless_dicom.image.syntaxes import EXPLICIT_BIG

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from serverless_dicom.image.decode import Decoded
    from serverless_dicom.image.opening import Frame
    from serverless_dicom.image.options import Format, RenderOptions

ALMOST_SQUARE = 1e-3
"""Pixels whose sides differ by less than this are called square."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, its size in pixels, what was done to get it (for JSON), and what its reader should know."""

    data: bytes
    format: Format
    width: int
    height: int
    explanation: dict[str, Any]
    warnings: list[str]


def render(frame: Frame, options: RenderOptions) -> Picture:
    """Decode, transform and encode a frame.

    Native decoders run here, which a hostile frame may bring to crash: call it in a process that may end. Raises a
    CannotRender or InvalidRequest.
    """
    decoded = decode(frame.encoded, frame.description, frame.transfer_syntax_uid, frame.family)
    uid = UID(frame.transfer_syntax_uid, IGNORE)
    explanation: dict[str, Any] = {
        "frame": frame.number,
        "transfer_syntax": f"{uid} ({uid.name})",
        "decoder": decoded.decoder,
        "photometric_interpretation": frame.description.photometric_interpretation,
        "lossy": text(frame.dataset, "LossyImageCompression") == "01",
    }
    levels, details, warnings = drawn(frame, decoded, options)
    if frame.encoded.missing:
        warnings.append(f"{frame.encoded.missing:.1%} of the pixels are missing in the object, they are drawn as 0")
    explanation |= details
    if options.overlays:
        little_endian = frame.transfer_syntax_uid != EXPLICIT_BIG
        planes = overlays_of(frame.dataset, frame.number, frame.planes, decoded.unmasked, little_endian=little_endian)
        for plane in planes:
            plane.draw(levels)
        explanation["overlays"] = len(planes)
    del decoded  # as large as the picture, which the encoder copies
    aspect = aspect_of(frame.dataset, frame.number)
    explanation |= {"pixel_aspect_ratio": round(aspect, 6), "square_pixels": abs(aspect - 1) < ALMOST_SQUARE}
    icc = colour.icc_profile(frame.dataset) if levels.ndim == 3 else None  # noqa: PLR2004 - rows, columns, colours
    explanation["icc_profile"] = "embedded" if icc else "none"
    data, width, height = encoded(levels, options, aspect, icc)
    return Picture(data, options.format, width, height, explanation | {"width": width, "height": height}, warnings)


def drawn(
    frame: Frame, decoded: Decoded, options: RenderOptions
) -> tuple[NDArray[np.uint8], dict[str, Any], list[str]]:
    """The pixels of a decoded frame, writable: grey levels (rows, columns) or RGB (rows, columns, 3).

    With what was done, for an explanation, and warnings. Raises InvalidPixelDescription or InvalidRequest.
    """
    photometric, samples = decoded.photometric_interpretation, decoded.samples
    ignored = ["the picture is of colours, which no window changes"] if options.window else []
    if photometric == "PALETTE COLOR":
        rgb = palette.rgb_of(samples, frame.dataset, signed=frame.description.signed)
        return rgb, {"colour_transform": "palette to RGB"}, ignored
    if samples.ndim == 3:  # noqa: PLR2004 - rows, columns, samples
        rgb, transform = colour.rgb_of(samples, photometric, frame.description.bits_stored)
        return rgb, {"colour_transform": transform}, ignored
    transformation = transformation_of(frame, decoded, options.window)
    levels = levels_of(samples, transformation, frame.description.bits_stored)
    explanation = {
        "modality": transformation.modality.explanation,
        "voi": transformation.voi.explanation,
        "inverted": transformation.inverted,
        "colour_transform": "none",
    }
    if options.explain:
        explanation["clipped"] = transformation.clipped(samples)
    return levels, explanation, list(transformation.warnings)
