"""An instance of an image set -> its header: the elements of all levels, and the file meta information."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from serverless_dicom.errors import InvalidIdentifier
from serverless_dicom.imageset.elements import (
    CHARACTER_SET,
    OUTSIDE,
    UTF_8,
    Around,
    Elements,
    Encoded,
    Known,
    Reader,
    element_of,
)
from serverless_dicom.imageset.values import encoded

if TYPE_CHECKING:
    from serverless_dicom.imageset.model import ImageSet, Instance

MAX_UID = 64
"""Characters of a UID (PS3.5 9.1)."""

IMPLEMENTATION_UID, IMPLEMENTATION_NAME = "2.25.147612989976451752562649773523366283809", "SERVERLESS_DICOM"
"""Who wrote the file (PS3.10 7.1)."""

_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_META = 0x0002
_SOP_CLASS, _SOP_INSTANCE = 0x00080016, 0x00080018
_SERIES = 0x0020000E
_OF_THE_WRITER = frozenset({0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013})
"""What file meta information says of the file that it stands in, which is another one now."""


@dataclass(frozen=True, slots=True)
class Header:
    """The elements of an object but its pixel data, and those of group 2; `remarks` tells what had to be left out."""

    sop_instance_uid: str
    elements: Elements
    meta: Elements
    remarks: tuple[str, ...] = ()

    def with_elements(self, changed: Elements) -> Header:
        """The same with some elements set."""
        return replace(self, elements=self.elements | changed) if changed else self

    def file_meta(self, transfer_syntax_uid: str) -> Elements:
        """The file meta information but its length (PS3.10 7.1): what still holds of the imported file's, and ours."""
        sop_class = self.elements.get(_SOP_CLASS)
        own = {
            0x00020001: element_of(0x00020001, "OB", b"\0\x01"),
            0x00020002: element_of(0x00020002, "UI", sop_class.value if sop_class else b""),
            0x00020003: _uid(0x00020003, self.sop_instance_uid),
            0x00020010: _uid(0x00020010, transfer_syntax_uid),
            0x00020012: _uid(0x00020012, IMPLEMENTATION_UID),
            0x00020013: element_of(0x00020013, "SH", encoded(IMPLEMENTATION_NAME, "SH")),
        }
        return {tag: element for tag, element in self.meta.items() if tag not in _OF_THE_WRITER} | own


class _Last(NamedTuple):
    """The instance that was read last."""

    vrs: dict[str, str]
    around: Around
    read: Known


class Headers:
    """The headers of an image set's instances; what a series shares is read once. Callable from many threads."""

    def __init__(self, image_set: ImageSet) -> None:
        """Read nothing yet."""
        self._image_set = image_set
        self._last: _Last | None = None
        self._shared: dict[tuple[str, bool], tuple[Elements, tuple[str, ...]]] = {}

    def of(self, instance: Instance) -> Header:
        """The header of an instance; the nearest level counts where two have an element.

        Raises InvalidIdentifier where its SOPInstanceUID cannot be one: files are named by it. InvalidMetadata where
        it is too large or nested too deep.
        """
        uid = checked_uid(instance.sop_instance_uid)
        around = OUTSIDE.within(instance.level.attributes)
        shared, remarks = self._of_series(instance.series_instance_uid, around)
        vrs, last = instance.level.vrs, self._last
        reader = Reader(vrs, last.read if last and (last.vrs, last.around) == (vrs, around) else {})
        own = reader.elements(instance.level.attributes, around)
        self._last = _Last(vrs, around, reader.read)
        meta = {tag: element for tag, element in own.items() if tag >> 16 == _META}
        elements = shared | {tag: element for tag, element in own.items() if tag not in meta}
        elements[CHARACTER_SET], elements[_SOP_INSTANCE] = UTF_8, _uid(_SOP_INSTANCE, uid)
        elements.setdefault(_SERIES, _uid(_SERIES, instance.series_instance_uid))
        return Header(uid, elements, meta, remarks + tuple(reader.remarks))

    def _of_series(self, series_instance_uid: str, around: Around) -> tuple[Elements, tuple[str, ...]]:
        known = self._shared.get((series_instance_uid, around.signed))
        if known is None:
            elements: Elements = {}
            remarks: list[str] = []
            for level in (self._image_set.patient, self._image_set.study, self._image_set.series[series_instance_uid]):
                reader = Reader(level.vrs)
                elements |= reader.elements(level.attributes, around)
                remarks += reader.remarks
            elements = {tag: element for tag, element in elements.items() if tag >> 16 != _META}
            known = self._shared[series_instance_uid, around.signed] = elements, tuple(remarks)
        return known


def checked_uid(uid: str) -> str:
    """A UID without its padding. Raises InvalidIdentifier where it is none."""
    stripped = uid.strip(" \0")
    if not (len(stripped) <= MAX_UID and stripped.isascii() and _UID.fullmatch(stripped)):
        raise InvalidIdentifier("SOPInstanceUID is not a UID: numbers joined by dots, 64 characters at most")
    return stripped


def _uid(tag: int, uid: str) -> Encoded:
    return element_of(tag, "UI", encoded(uid, "UI"))
