"""Is an object still what it was? Element for element and pixel for pixel, but for what HealthImaging normalises."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.header.values import BINARY, CODED_TEXT, NUMBER, TEXT, WORD_BYTES
from serverless_dicom.image import open_image
from serverless_dicom.image.colour import rgb_of
from serverless_dicom.image.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import FileDataset

    from serverless_dicom.image.decode import Decoded
    from serverless_dicom.image.opening import OpenImage

NORMALISED = {
    0x00080005: "texts are UTF-8 in the archive, whatever character set the object had",
    0x00280004: "decoding undoes the transformations of colours (PS3.5 8.2)",
    0x00280006: "decoded colours are interleaved",
    0x7FE00001: "the offsets of encapsulated frames are those of the file",
    0x7FE00002: "the lengths of encapsulated frames are those of the file",
    0xFFFCFFFC: "padding after the data set has no meaning (PS3.10 7.2)",
}
"""Elements that may differ, and why; the lengths of groups are retired."""

OF_THE_FILE = frozenset({0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013})
"""What file meta information says of the file that it stands in, which is another one."""

_PLAIN = frozenset(NUMBER) | BINARY | (TEXT - CODED_TEXT)

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
    """Compare two DICOM files, the first of which is how the object was. Raises what pydicom raises of bad files.

    Pixels that nobody can decode, of the source's, are compared as they are encoded.
    """
    before, after = (dcmread(BytesIO(data), force=True) for data in (source, found))
    seen = [*_compared(_still_told(before), _still_told(after), ""), *_compared(before, after, "")]
    differing = [difference for difference in seen if difference is not None]
    may = [difference for difference in differing if _is_normalised(difference.path)]
    frames, pixels = _pixels(source, found, before, after)
    must = [difference for difference in differing if difference not in may]
    return Comparison(len(seen), frames, (*must, *pixels), tuple(difference.path for difference in may))


def _still_told(dataset: FileDataset) -> Dataset:
    """The file meta information but for what is of the file itself, and so of the writer (PS3.10 7.1)."""
    return Dataset({tag: element for tag, element in dataset.file_meta.items() if tag not in OF_THE_FILE})


def _compared(before: Dataset, after: Dataset, path: str) -> Iterator[Difference | None]:
    """A difference, or None, of each element."""
    is_big_endian = _is_big_endian(before)
    for tag in sorted({*before.keys(), *after.keys()}):
        if tag.element == 0 or (not path and tag in PIXEL_DATA):
            continue
        here = f"{path}{tag:08X}"
        if tag not in after:
            yield Difference(here, "missing")
        elif tag not in before:
            yield Difference(here, "added")
        elif not is_big_endian and _is_same(before.get_item(tag), after.get_item(tag)):
            yield None
        else:
            yield from _element(before[tag], after[tag], here, is_big_endian)


def _is_same(before: DataElement | RawDataElement | None, after: DataElement | RawDataElement | None) -> bool:
    """Whether the bytes of two values are the same, and mean the same in every character set: found out quickly."""
    if not isinstance(before, RawDataElement) or not isinstance(after, RawDataElement):
        return False
    return before.VR == after.VR and before.VR in _PLAIN and before.value == after.value


def _is_big_endian(dataset: Dataset) -> bool:
    return dataset.original_encoding[1] is False


def _element(before: DataElement, after: DataElement, path: str, is_big_endian: bool) -> Iterator[Difference | None]:
    if not isinstance(before.value, Sequence) or not isinstance(after.value, Sequence):
        yield None if _told(before, is_big_endian) == _told(after) else Difference(path, "value")
    elif len(before.value) != len(after.value):
        yield Difference(path, "value")
    else:
        yield None
        for number, (one, other) in enumerate(zip(before.value, after.value, strict=True)):
            yield from _compared(one, other, f"{path}[{number}].")


def _told(element: DataElement, is_big_endian: bool = False) -> list[Any]:
    """The values of an element without the padding of their encoding."""
    value = element.value
    if isinstance(value, bytes):
        return [_padded(value, WORD_BYTES.get(element.VR, 1) if is_big_endian else 1)] if value else []
    told = [_value(one) for one in (value if isinstance(value, MultiValue | list) else [value])]
    return [] if told == [""] else told


def _padded(value: bytes, word: int) -> bytes:
    """Binary values of an even length, their words in little-endian order."""
    value += bytes(len(value) % 2)
    return value if word == 1 else b"".join(value[at : at + word][::-1] for at in range(0, len(value), word))


def _value(value: Any) -> Any:
    if isinstance(value, PersonName):
        return str(value).rstrip(" \0")
    if isinstance(value, int | float) and not hasattr(value, "original_string"):
        return repr(value)  # for a NaN is not equal to itself
    return "" if value is None else str(getattr(value, "original_string", value)).rstrip(" \0")


def _is_normalised(path: str) -> bool:
    return int(path.rpartition(".")[2][:8], 16) in NORMALISED


def _pixels(source: bytes, found: bytes, before: Dataset, after: Dataset) -> tuple[int, list[Difference]]:
    """How many frames were compared, and those that are not alike."""
    tag = next((tag for tag in sorted(PIXEL_DATA) if before.get(tag) is not None), None)
    if tag is None:
        return 0, [Difference(f"{tag:08X}", "added") for tag in PIXEL_DATA if after.get(tag) is not None]
    if after.get(tag) is None:
        return 0, [Difference(f"{tag:08X}", "missing")]
    try:
        return _frames(source, found)
    except ServerlessDicomError:  # a video, or pixels that nobody can decode
        one, other = _as_they_stand(before[tag], _is_big_endian(before)), _as_they_stand(after[tag])
        return 1, [] if one == other else [Difference("1", "pixels")]


def _frames(source: bytes, found: bytes) -> tuple[int, list[Difference]]:
    """The same of pixels that can be decoded. Raises what is wrong with the source's."""
    one = open_image(MemoryRanges(source))
    numbers = range(1, one.number_of_frames + 1)
    try:
        other: OpenImage | None = open_image(MemoryRanges(found))
    except ServerlessDicomError:
        other = None
    if other and one.number_of_frames != other.number_of_frames:
        return 0, [Difference("00280008", "pixels")]
    return len(numbers), [
        Difference(str(number), "pixels") for number in numbers if not _alike(_decoded(one, number), other, number)
    ]


def _decoded(image: OpenImage, number: int) -> Decoded:
    frame = image.frame(number)
    return decode(frame.encoded, frame.description, frame.transfer_syntax_uid, frame.family)


def _alike(before: Decoded, found: OpenImage | None, number: int) -> bool:
    try:
        after = _decoded(found, number) if found else None
    except ServerlessDicomError:
        after = None
    if after is None:
        return False
    if before.photometric_interpretation != after.photometric_interpretation:
        return _close(before, after)
    one, other = before.samples, after.samples
    if before.unmasked is not None and after.unmasked is not None:  # old objects keep overlays beside BitsStored
        one, other = before.unmasked, after.unmasked
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _close(before: Decoded, after: Decoded) -> bool:
    """Whether RGB and YBR_FULL are the same colours, but for the rounding of who made one of the other."""
    if {before.photometric_interpretation, after.photometric_interpretation} != {"RGB", "YBR_FULL"}:
        return False
    one, other = (rgb_of(each.samples, each.photometric_interpretation, 8)[0].astype(int) for each in (before, after))
    return one.shape == other.shape and int(np.abs(one - other).max()) <= 1


def _as_they_stand(element: DataElement, is_big_endian: bool = False) -> bytes:
    """The bytes of pixel data; of encapsulated ones those of all fragments, one after the other."""
    value: bytes = element.value
    if not element.is_undefined_length:
        return _padded(value, WORD_BYTES.get(element.VR, 1) if is_big_endian else 1)
    try:
        return b"".join(islice(generate_fragments(value), 1, None)).rstrip(b"\0")
    except ValueError:
        return value
