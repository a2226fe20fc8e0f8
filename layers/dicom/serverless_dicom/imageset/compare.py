"""Is an object still what it was? Element for element and pixel for pixel, but for what HealthImaging normalises."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydicom import dcmread
from pydicom.encaps import generate_fragments
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

from serverless_dicom.errors import UnsupportedTransferSyntax
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import open_image
from serverless_dicom.image.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

    from serverless_dicom.image.opening import OpenImage

NORMALISED = {
    0x00080005: "texts are UTF-8 in the archive, whatever character set the object had",
    0x00280004: "decoding undoes the transformations of colours (PS3.5 8.2)",
    0x00280006: "decoded colours are interleaved",
    0x7FE00001: "the offsets of encapsulated frames are those of the file",
    0x7FE00002: "the lengths of encapsulated frames are those of the file",
    0xFFFCFFFC: "padding after the data set has no meaning (PS3.10 7.2)",
}
"""Elements that may differ, and why. Group 2 is written anew for each file, and the lengths of groups are retired."""

PIXEL_DATA = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was, by tags alone: a value may name the patient.

    `path` has the tags from the data set to the element, with items from 0: `00081115[0].0020000E`; of pixels the
    frame's number.
    """

    path: str
    kind: Literal["missing", "added", "value", "pixels"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it: how much was compared, what differs, and the paths that differ as they may."""

    elements: int
    frames: int
    differences: tuple[Difference, ...]
    normalised: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs that may not."""
        return not self.differences


def compare(source: bytes, found: bytes) -> Comparison:
    """Compare two DICOM files, the first of which is how the object was.

    Raises what pydicom raises of files that it cannot read, and a CannotRender where the pixels of one are damaged.
    """
    before, after = (dcmread(BytesIO(data), force=True) for data in (source, found))
    seen = list(_compared(before, after, ""))
    differing = [difference for difference in seen if difference is not None]
    may = [difference for difference in differing if _is_normalised(difference.path)]
    frames, pixels = _pixels(source, found, before, after)
    must = [difference for difference in differing if difference not in may]
    return Comparison(len(seen), frames, (*must, *pixels), tuple(difference.path for difference in may))


def _compared(before: Dataset, after: Dataset, path: str) -> Iterator[Difference | None]:
    """A difference, or None, of each element."""
    for tag in sorted({*before.keys(), *after.keys()}):
        if tag.element == 0 or (not path and tag in PIXEL_DATA):
            continue
        here = f"{path}{tag:08X}"
        if tag not in after:
            yield Difference(here, "missing")
        elif tag not in before:
            yield Difference(here, "added")
        else:
            yield from _element(before[tag], after[tag], here)


def _element(before: DataElement, after: DataElement, path: str) -> Iterator[Difference | None]:
    if not isinstance(before.value, Sequence) or not isinstance(after.value, Sequence):
        yield None if _told(before) == _told(after) else Difference(path, "value")
    elif len(before.value) != len(after.value):
        yield Difference(path, "value")
    else:
        yield None
        for number, (one, other) in enumerate(zip(before.value, after.value, strict=True)):
            yield from _compared(one, other, f"{path}[{number}].")


def _told(element: DataElement) -> list[Any]:
    """The values of an element without the padding of their encoding."""
    value = element.value
    values = list(value) if isinstance(value, MultiValue | list) else [value]
    told = [_value(one) for one in values]
    return [] if told in ([""], [b""], ["None"]) else told


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.rstrip(b"\0")
    if isinstance(value, PersonName):
        return str(value).strip(" \0")
    if isinstance(value, int | float) and not hasattr(value, "original_string"):
        return repr(value)  # for a NaN is not equal to itself
    return "" if value is None else str(getattr(value, "original_string", value)).strip(" \0")


def _is_normalised(path: str) -> bool:
    return int(path.rpartition(".")[2][:8], 16) in NORMALISED


def _pixels(source: bytes, found: bytes, before: Dataset, after: Dataset) -> tuple[int, list[Difference]]:
    """How many frames were compared, and those that are not alike."""
    tags = [tag for tag in PIXEL_DATA if before.get(tag) is not None]
    if not tags:
        return 0, []
    if lost := [Difference(f"{tag:08X}", "missing") for tag in tags if after.get(tag) is None]:
        return 0, lost
    try:
        one, other = (open_image(MemoryRanges(data)) for data in (source, found))
    except UnsupportedTransferSyntax:  # a video, which is compared as it is encoded
        return 1, [] if _stream(before) == _stream(after) else [Difference("1", "pixels")]
    if one.number_of_frames != other.number_of_frames:
        return 0, [Difference("00280008", "pixels")]
    numbers = range(1, one.number_of_frames + 1)
    return len(numbers), [Difference(str(number), "pixels") for number in numbers if not _alike(one, other, number)]


def _stream(dataset: Dataset) -> bytes:
    """The fragments of pixel data, one after the other."""
    return b"".join(generate_fragments(dataset.PixelData)).rstrip(b"\0")


def _alike(one: OpenImage, other: OpenImage, number: int) -> bool:
    before, after = (
        decode(frame.encoded, frame.description, frame.transfer_syntax_uid, frame.family)
        for frame in (one.frame(number), other.frame(number))
    )
    return before.photometric_interpretation == after.photometric_interpretation and np.array_equal(
        before.samples, after.samples
    )
