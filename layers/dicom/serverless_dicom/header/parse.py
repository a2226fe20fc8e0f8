"""Bytes -> a parsed header: where its data set begins, how it is encoded, and whether its pixel data are all there."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, cast

from pydicom.config import IGNORE
from pydicom.dataelem import DataElement, RawDataElement, empty_value_for_VR
from pydicom.dataset import Dataset
from pydicom.filereader import ENCODED_VR, data_element_generator
from pydicom.tag import BaseTag
from pydicom.uid import UID

from serverless_dicom.errors import (
    DicomDirectory,
    EmptyObject,
    InvalidTransferSyntax,
    MalformedHeader,
    NotDicom,
    RejectedObject,
    ServerlessDicomError,
    TruncatedHeader,
)
from serverless_dicom.header.deflate import DEFLATED, inflate
from serverless_dicom.header.ranges import FIRST_READ, ByteRanges, RangedFile
from serverless_dicom.header.structure import PIXEL_DATA, UNDEFINED, Element, Encoding, Walk, is_sequence

# pydicom's log lines quote values, which are patient data.
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)

BULK_BYTES = 1024 * 1024
"""Bytes above which a value of the data set itself is not read but pointed to."""

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"

_MEDIA_STORAGE_SOP_CLASS, _TRANSFER_SYNTAX = 0x00020002, 0x00020010
_SOP_CLASS, _PIXEL_DATA_PROVIDER = 0x00080016, 0x00287FE0
_DIRECTORY_RECORDS = 0x00041220
_IDENTIFYING = frozenset({0x00080016, 0x00080018, 0x00080060, 0x0020000D, 0x0020000E})
"""SOP class and instance, modality, study and series: a bare data set without any of them is not recognised."""

_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_DIRECTORY_MESSAGE = "the object is a DICOMDIR: it lists other files, which are indexed on their own"
_SEQUENCE_END = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What stands before the pixel data: the file meta information, the data set, and what was found out on the way.

    `pixel_data` is the header of their element (None where there are none), whose `value` is an offset in `ranges`:
    those of the object, or of what a deflated one inflates to.
    """

    meta: Dataset
    dataset: Dataset
    transfer_syntax_uid: str
    pixel_data: Element | None
    ranges: ByteRanges

    def incomplete(self) -> bool:
        """Whether the object ends inside its pixel data, or is an image and ends before them; may fetch its end."""
        if self.pixel_data:
            return not _is_complete(self.pixel_data, self.ranges)
        return _lacks_pixel_data(self.meta, self.dataset)


@contextmanager
def as_rejection() -> Iterator[None]:
    """Turn whatever pydicom raises over an object into MalformedHeader, and keep its warnings to itself.

    Its messages quote values, which are patient data, so only the kind of its exception is told.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except ServerlessDicomError:
        raise
    except Exception as error:  # noqa: BLE001 - pydicom raises OSError, ValueError, NotImplementedError and more
        raise MalformedHeader(f"the header cannot be parsed ({type(error).__name__})") from None


def parse_header(ranges: ByteRanges) -> Parsed:
    """Parse the header of a DICOM file (PS3.10 7.1) or of a bare data set.

    Raises a RejectedObject, and whatever `ranges` raises.
    """
    if not ranges.size:
        raise EmptyObject("the object has 0 bytes")
    file = RangedFile(ranges)
    run, at = file.window(0, 132)
    preamble = run[at + 128 : at + 132] == b"DICM"
    if not preamble and not _begins_like_a_data_set(file):
        raise NotDicom("the object has neither the prefix DICM at byte 128 nor the elements of a data set at byte 0")
    meta, start = _file_meta(file, 132 if preamble else 0)
    uid = _transfer_syntax(meta)
    if deflated := uid in DEFLATED:
        stream = inflate(ranges, start)
        file, start = RangedFile(stream.ranges), 0
    try:
        walk = Walk(file, _encoding(uid, file, start))
        end, pixel_data = walk.until(PIXEL_DATA.__contains__, start)
        encoding = walk.encoding_at(start)
        dataset = _read(file, walk, start, end, None if deflated else BULK_BYTES)
    except RejectedObject as error:
        if meta or not (preamble or _encoding(None, file, start).implicit):  # a VR is a sign of DICOM, a length is none
            raise
        raise NotDicom("the object begins like DICOM, but no data set follows") from error
    if deflated and pixel_data is None and not stream.complete:
        raise TruncatedHeader("the deflate stream ends before its data set does")
    if not dataset or not (meta or _IDENTIFYING & dataset.keys()):
        raise NotDicom("the object has no element that a DICOM object is known by")
    if _DIRECTORY_RECORDS in dataset:
        raise DicomDirectory(_DIRECTORY_MESSAGE)
    whole = stream.ranges if deflated else ranges
    return Parsed(meta, dataset, uid or _uid_of(encoding), pixel_data, whole)


def _begins_like_a_data_set(file: RangedFile) -> bool:
    """Whether the first element is of group 2 or 8, with a VR or a length that could be."""
    run, at = file.window(0, 8)
    if len(run) - at < 8:  # noqa: PLR2004
        return False
    for order in ("little", "big"):
        group = int.from_bytes(run[at : at + 2], order)
        length = int.from_bytes(run[at + 4 : at + 8], order)
        if group in {0x0002, 0x0008}:
            return bytes(run[at + 4 : at + 6]) in ENCODED_VR or (order == "little" and length <= file.size)
    return False


def _file_meta(file: RangedFile, start: int) -> tuple[Dataset, int]:
    """The file meta information (PS3.10 7.1), empty where there is none, and where the data set begins."""
    walk = Walk(file, Encoding(implicit=False, little_endian=True))
    end, _ = walk.until(_beyond_meta, start)
    return _read(file, walk, start, end, None), end


def _read(file: RangedFile, walk: Walk, start: int, end: int, defer_size: int | None) -> Dataset:
    """The elements that `walk` found from `start` to before `end`.

    Of two elements with one tag the first counts, as it does for DCMTK: pydicom alone would take the last. Values of
    more than `defer_size` bytes are left out, except for sequences, which hold elements of the header.
    """
    elements: dict[BaseTag, RawDataElement | DataElement] = {}
    encoding = walk.encoding_at(start)
    with as_rejection():
        for index, element in enumerate(walk.elements):
            tag = BaseTag(element.tag)
            if tag in elements:
                continue
            if element.length == UNDEFINED:
                stop = walk.elements[index + 1].start if index + 1 < len(walk.elements) else end
                elements[tag] = _by_pydicom(file, element, encoding, stop, defer_size)
            else:
                elements[tag] = _raw(file, element, tag, encoding, defer_size)
    return Dataset(elements)


def _raw(
    file: RangedFile, element: Element, tag: BaseTag, encoding: Encoding, defer_size: int | None
) -> RawDataElement:
    """The element as pydicom's own reader would give it."""
    length, vr = element.length, _vr_of(element.vr)
    value: bytes | None = None
    if not length:
        value = cast("bytes | None", empty_value_for_VR(vr, raw=True))
    elif defer_size is None or length <= defer_size or is_sequence(tag, vr):
        run, at = file.window(element.value, length)
        value = run[at : at + length]
    return RawDataElement(tag, vr, length, value, element.value, encoding.implicit, encoding.little_endian)


@lru_cache(maxsize=64)
def _vr_of(vr: bytes | None) -> str | None:
    return vr.decode("iso8859") if vr else None


def _by_pydicom(
    file: RangedFile, element: Element, encoding: Encoding, stop: int, defer_size: int | None
) -> RawDataElement | DataElement:
    """An element of undefined length, read by pydicom; a value that is no sequence gets the length that it has."""
    file.seek(element.start)
    opened = cast("BinaryIO", file)
    found = next(data_element_generator(opened, encoding.implicit, encoding.little_endian, defer_size=defer_size))
    if file.tell() != stop:
        raise MalformedHeader(f"the element at byte {element.start} cannot be parsed to its end at {stop}")
    if isinstance(found, RawDataElement) and found.length == UNDEFINED:
        return found._replace(length=stop - len(_SEQUENCE_END) - found.value_tell)
    return found


def _beyond_meta(tag: int) -> bool:
    return tag >> 16 != 2  # noqa: PLR2004 - the group of file meta information


def _transfer_syntax(meta: Dataset) -> str | None:
    """The transfer syntax's UID, None where the meta information names none."""
    if _text(meta, _MEDIA_STORAGE_SOP_CLASS) == MEDIA_STORAGE_DIRECTORY:
        raise DicomDirectory(_DIRECTORY_MESSAGE)
    uid = _text(meta, _TRANSFER_SYNTAX)
    if uid and not (_UID.fullmatch(uid) and len(uid) <= 64):  # noqa: PLR2004 - PS3.5 9.1
        raise InvalidTransferSyntax("TransferSyntaxUID is not a UID: numbers joined by dots, 64 characters at most")
    return uid or None


def _text(dataset: Dataset, tag: int) -> str:
    element = dataset.get_item(tag, keep_deferred=True) if tag in dataset else None
    return (element.value or b"").decode("iso8859").strip(" \0") if element is not None else ""


def _encoding(uid: str | None, file: RangedFile, start: int) -> Encoding:
    """The encoding that a transfer syntax means (PS3.5 10), or the first element shows."""
    if uid:
        return Encoding(implicit=uid == IMPLICIT_LITTLE, little_endian=uid != EXPLICIT_BIG)
    run, at = file.window(start, 6)
    explicit = bytes(run[at + 4 : at + 6]) in ENCODED_VR
    group = int.from_bytes(run[at : at + 2], "little")
    return Encoding(implicit=not explicit, little_endian=not (explicit and group > 0xFF))  # noqa: PLR2004


def _uid_of(encoding: Encoding) -> str:
    if encoding.implicit:
        return IMPLICIT_LITTLE
    return "1.2.840.10008.1.2.1" if encoding.little_endian else EXPLICIT_BIG


def _is_complete(pixel_data: Element, ranges: ByteRanges) -> bool:
    """Whether the object holds all of its pixel data; encapsulated ones end with a delimiter (PS3.5 A.4)."""
    if pixel_data.length != UNDEFINED:
        return pixel_data.value + pixel_data.length <= ranges.size
    start = max(pixel_data.value, ranges.size - FIRST_READ)
    tail = ranges.read(start, ranges.size)
    found = tail.rfind(_SEQUENCE_END)
    rest = tail[found + len(_SEQUENCE_END) :]
    # What follows the delimiter is nothing, padding, or elements that are whole themselves.
    return found >= 0 and (not rest.strip(b"\0") or _is_whole(ranges, start + found + len(_SEQUENCE_END)))


def _lacks_pixel_data(meta: Dataset, dataset: Dataset) -> bool:
    """Whether an object without pixel data is of an image's class (PS3.4 B.5) and does not refer to them either.

    One that was cut between two elements of its header has no other sign of it.
    """
    sop_class = _text(meta, _MEDIA_STORAGE_SOP_CLASS) or _text(dataset, _SOP_CLASS)
    return "Image Storage" in UID(sop_class, IGNORE).name and _PIXEL_DATA_PROVIDER not in dataset


def _is_whole(ranges: ByteRanges, start: int) -> bool:
    try:
        Walk(RangedFile(ranges), Encoding(implicit=False, little_endian=True)).until(lambda _: False, start)
    except RejectedObject:
        return False
    return True
