"""An object -> the bytes of its DICOM file (PS3.10 7), as pydicom would write them, without building its elements."""

from __future__ import annotations

from itertools import accumulate, chain
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from serverless_dicom.errors import ImageTooLarge, UndecodablePixelData
from serverless_dicom.image.description import DOUBLE, FLOAT
from serverless_dicom.imageset.elements import Elements, element_of, is_items, joined
from serverless_dicom.imageset.pixels import EXPLICIT
from serverless_dicom.imageset.values import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from serverless_dicom.image.description import PixelDescription
    from serverless_dicom.imageset.header import Header
    from serverless_dicom.imageset.pixels import Buffer, FrameData, Pixels

MAX_VALUE = 0xFFFFFFFE
"""Bytes of one element at most (PS3.5 7.1.1)."""

_PREAMBLE = bytes(128) + b"DICM"
_PHOTOMETRIC, _PLANAR = 0x00280004, 0x00280006
_ELEMENT, _ITEM = Struct("<HH2sHL"), Struct("<HHL")
_UNDEFINED = 0xFFFFFFFF
_END = _ITEM.pack(0xFFFE, 0xE0DD, 0)
_VRS = {FLOAT: b"OF", DOUBLE: b"OD"}
_BYTE = 8
_COLOURS = ("RGB", "YBR_FULL", "YBR_RCT")
"""What decoding may make of a photometric interpretation, or a codestream say that it is."""


def file_of(header: Header, pixels: Pixels | None = None, frames: Iterable[FrameData] = ()) -> Iterator[Buffer]:
    """The pieces of the file; uncompressed frames are taken one by one as they are written, others all at once.

    Raises UndecodablePixelData where frames do not fit each other, ImageTooLarge where an element cannot hold them, and
    whatever `frames` raises.
    """
    if pixels is None:
        yield head(header, EXPLICIT)
        return
    frames = iter(frames)
    first = next(frames)
    header = drawn_as(header, first.photometric_interpretation)
    everything = chain([first], _alike(frames, first))
    yield head(header, pixels.transfer_syntax_uid, pixels.tag)
    if pixels.encapsulated:
        yield from _encapsulated(pixels, [frame.data for frame in everything])
    else:
        yield from _native(pixels, len(first.data), everything)
    yield joined({tag: element for tag, element in header.elements.items() if tag > pixels.tag})


def pixel_data(pixels: Pixels, frames: Iterable[FrameData]) -> tuple[bytes, str, str]:
    """The value of the pixel data element as pydicom holds it, its VR, and the photometric interpretation.

    Raises as `file_of` does.
    """
    frames = iter(frames)
    first = next(frames)
    everything = chain([first], _alike(frames, first))
    if pixels.encapsulated:
        _, *parts, _ = _encapsulated(pixels, [frame.data for frame in everything])
        return b"".join(parts), "OB", first.photometric_interpretation
    start, *parts = _native(pixels, len(first.data), everything)
    return b"".join(parts), bytes(start[4:6]).decode(), first.photometric_interpretation


def head(header: Header, transfer_syntax_uid: str, tag: int = _UNDEFINED) -> bytes:
    """The file up to an element: preamble, file meta information, and the elements before it."""
    meta = joined(header.file_meta(transfer_syntax_uid))
    length = element_of(0x00020000, "UL", len(meta).to_bytes(4, "little")).data
    before = {number: element for number, element in header.elements.items() if number < tag}
    return b"".join((_PREAMBLE, length, meta, joined(before)))


def drawn_as(header: Header, photometric_interpretation: str) -> Header:
    """The header of an object whose components are by now what another photometric interpretation says."""
    own = header.elements.get(_PHOTOMETRIC)
    changed = element_of(_PHOTOMETRIC, "CS", encoded(photometric_interpretation, "CS"))
    if not photometric_interpretation or (own and own.value.strip(b" \0") == changed.value.strip(b" ")):
        return header
    planar: Elements = {} if _PLANAR in header.elements else {_PLANAR: element_of(_PLANAR, "US", bytes(2))}
    return header.with_elements({_PHOTOMETRIC: changed} | planar)


def _encapsulated(pixels: Pixels, frames: list[Buffer]) -> Iterator[Buffer]:
    """The pixel data element of frames that stay as they are stored.

    A video is one stream of many frames, and has no offsets. What HealthImaging could not take apart it keeps in one
    piece, with the items that it came in.
    """
    if pixels.count == 1 and is_items(bytes(frames[0])):
        yield from (_ELEMENT.pack(0x7FE0, 0x0010, b"OB", 0, _UNDEFINED), frames[0], _END)
    else:
        yield from encapsulated(frames, has_offsets=pixels.description is not None)


def encapsulated(frames: list[Buffer], *, has_offsets: bool = True) -> Iterator[Buffer]:
    """A pixel data element of a fragment a frame (PS3.5 A.4), with a Basic Offset Table where its offsets fit."""
    sizes = [_ITEM.size + len(data) + len(data) % 2 for data in frames]
    offsets = [0, *accumulate(sizes)][:-1]
    table = np.array(offsets, "<u4").tobytes() if has_offsets and offsets[-1] <= MAX_VALUE else b""
    yield _ELEMENT.pack(0x7FE0, 0x0010, b"OB", 0, _UNDEFINED)
    yield _ITEM.pack(0xFFFE, 0xE000, len(table)) + table
    for data in frames:
        yield _ITEM.pack(0xFFFE, 0xE000, len(data) + len(data) % 2)
        yield data
        if len(data) % 2:
            yield b"\0"
    yield _END


def vr_of(description: PixelDescription) -> bytes:
    """The VR of uncompressed pixel data (PS3.5 A.2)."""
    return _VRS.get(description.tag, b"OW" if description.bits_allocated > _BYTE else b"OB")


def _native(pixels: Pixels, frame_length: int, frames: Iterable[FrameData]) -> Iterator[Buffer]:
    description = pixels.description
    frame_bits = 0  # of frames that follow each other without padding (PS3.5 8.1.1)
    if description and description.bits_allocated == 1 and description.frame_bits % _BYTE and not pixels.whole:
        frame_bits = description.frame_bits
    length = -(-frame_bits * pixels.count // _BYTE) if frame_bits else frame_length * pixels.count
    if length + length % 2 > MAX_VALUE:
        raise ImageTooLarge(f"the pixel data take {length} bytes when decoded, {MAX_VALUE} fit: keep them compressed")
    vr = vr_of(description) if description else _VRS.get(pixels.tag, b"OW")
    yield _ELEMENT.pack(pixels.tag >> 16, pixels.tag & 0xFFFF, vr, 0, length + length % 2)
    if frame_bits:
        yield _packed([frame.data for frame in frames], frame_bits)
    else:
        yield from (frame.data for frame in frames)
    if length % 2:
        yield b"\0"


def _alike(frames: Iterator[FrameData], first: FrameData) -> Iterator[FrameData]:
    """The other frames. Raises UndecodablePixelData for one that is not like the first."""
    for frame in frames:
        if frame.photometric_interpretation != first.photometric_interpretation:
            raise UndecodablePixelData("the frames have different colours")
        yield frame


def _packed(frames: list[Buffer], frame_bits: int) -> bytes:
    """Frames of 1-bit pixels, one after the other."""
    bits = [np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[:frame_bits] for data in frames]
    return np.packbits(np.concatenate(bits), bitorder="little").tobytes()


def is_complete(read: Callable[[int, int], bytes], size: int, header: Header, pixels: Pixels | None) -> bool:
    """Whether a file of `size` bytes is, as far as can be told without its frames, what would be written now.

    `read` gives the bytes from an offset to before another. A file of another version of the object, of another
    transfer syntax, or that was cut off is not.
    """
    if pixels is None:
        whole = head(header, EXPLICIT)
        return size == len(whole) and read(0, size) == whole
    after = joined({tag: element for tag, element in header.elements.items() if tag > pixels.tag})
    for photometric in {pixels.photometric_interpretation, *_COLOURS}:
        before = head(drawn_as(header, photometric), pixels.transfer_syntax_uid, pixels.tag)
        if read(0, len(before)) == before:
            start = read(len(before), len(before) + _ELEMENT.size)
            if len(start) < _ELEMENT.size or read(size - len(after), size) != after:
                return False
            length = _ELEMENT.unpack(start)[-1]
            if pixels.encapsulated:
                stop = size - len(after)
                return length == _UNDEFINED and read(stop - len(_END), stop) == _END
            return len(before) + _ELEMENT.size + int(length) + len(after) == size
    return False
