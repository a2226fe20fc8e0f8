"""The elements of the metadata -> tags, VRs and bytes, in the order of a data set."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from pydicom._dicom_dict import RepeatersDictionary
from pydicom.datadict import dictionary_VR, private_dictionary_VR, tag_for_keyword
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from serverless_dicom.errors import InvalidMetadata
from serverless_dicom.header.structure import MAX_DEPTH
from serverless_dicom.imageset.values import encoded, is_base64

if TYPE_CHECKING:
    from collections.abc import Mapping

    from serverless_dicom.imageset.model import Attributes


class Encoded(NamedTuple):
    """An element's VR, the bytes of its value, of an even length, and all of its bytes as they stand in a file."""

    vr: str
    value: bytes
    data: bytes


Elements: TypeAlias = dict[int, Encoded]
"""Elements by tag."""

Known: TypeAlias = dict[str, tuple[Any, int, Encoded]]
"""Values by their names in the metadata, with the tags and the elements that were made of them."""

CHARACTER_SET, PIXEL_REPRESENTATION = 0x00080005, 0x00280103
PIXELS = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00003, 0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Pixel data and their offset tables, which are made anew; those of items, such as icons, are values like others."""

MAX_ELEMENTS = 2_000_000
"""Elements of one instance, those in sequences included."""

_LONG_VRS = frozenset(str(vr) for vr in EXPLICIT_VR_LENGTH_32)
_SHORT, _LONG = Struct("<HH2sH"), Struct("<HH2sHL")
_ITEM = Struct("<HHL")
_START_OF_ITEM, _END_OF_ITEMS = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
_PIXEL_DATA = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_LONGEST_SHORT = 0xFFFE
_WAVEFORM = 0x5400
_PRIVATE = 0x00010000
_HEX = re.compile(r"[0-9A-Fa-f]{8}")
_OF_REPEATERS = {entry[4]: int(mask.replace("x", "0"), 16) for mask, entry in RepeatersDictionary.items() if entry[4]}


class Around(NamedTuple):
    """What decides a VR and may stand further out than its element (PS3.5 A.2).

    That is whether pixel values are signed, and how many bits a sample of a waveform has.
    """

    signed: bool = False
    waveform_bits: int = 16

    def within(self, attributes: Attributes) -> Around:
        """The same for an item with elements of its own."""
        signed, bits = attributes.get("PixelRepresentation"), attributes.get("WaveformBitsAllocated")
        if signed is None and bits is None:
            return self
        return Around(
            signed == 1 if isinstance(signed, int) else self.signed,
            bits if isinstance(bits, int) else self.waveform_bits,
        )


OUTSIDE = Around()
"""Where nothing has been said yet."""


@dataclass(slots=True)
class Reader:
    """Reads elements; `remarks` tells of those that had to be left out, by tag or by what is wrong with their names.

    `vrs` are the VRs of private elements, by tag. `before` are values with their elements as another instance has them,
    with the same VRs: instances of a series have most in common. `read` are those of this one.
    """

    vrs: Mapping[str, str]
    before: Known = field(default_factory=dict)
    read: Known = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    _count: int = 0

    def elements(self, attributes: Attributes, around: Around = OUTSIDE, depth: int = 0) -> Elements:
        """The elements of a data set or an item. Raises InvalidMetadata where there are too many or nested too deep."""
        if depth > MAX_DEPTH:
            raise InvalidMetadata(f"sequences are nested more than {MAX_DEPTH} deep")
        self._count += len(attributes)
        if self._count > MAX_ELEMENTS:
            raise InvalidMetadata(f"the instance has more than the {MAX_ELEMENTS} elements that are read")
        around = around.within(attributes)
        found: Elements = {}
        before = self.before if depth == 0 else {}
        for name, value in attributes.items():
            known = before.get(name)
            if known and known[0] == value and type(known[0]) is type(value):
                found[known[1]], self.read[name] = known[2], known
                continue
            tag = tag_of(name)
            if tag is None:
                self.remarks.append("an element whose name is neither a keyword nor a tag")
            elif tag & 0xFFFF and (depth or tag not in PIXELS):  # group lengths would be wrong (PS3.5 7.2)
                element = self._element(tag, value, attributes, around, depth)
                if element is not None:
                    found[tag] = element
                    if depth == 0 and not (tag & _PRIVATE and name.upper() not in self.vrs):
                        self.read[name] = value, tag, element
        if CHARACTER_SET in found:
            found[CHARACTER_SET] = UTF_8
        return found

    def _element(self, tag: int, value: Any, attributes: Attributes, around: Around, depth: int) -> Encoded | None:
        told = self.vrs.get(f"{tag:08X}")
        vr = told or _vr_of(tag) or _private_vr(tag, value, attributes)
        if " or " in vr:
            vr = _decided(vr, tag, value, around)
            if vr == "SS":  # of a lookup table's descriptor only one number is signed (PS3.3 C.11.1.1.1)
                value = [_signed(one) for one in value] if isinstance(value, list) else _signed(value)
        try:
            return self._of_vr(tag, vr, value, around, depth)
        except ValueError as error:
            shown = _private_vr(tag, value, attributes) if told else vr
            if shown != vr:  # it is told by the tag alone, which two items may use for two things (PS3.5 7.8.1)
                with suppress(ValueError):
                    return self._of_vr(tag, shown, value, around, depth)
            self.remarks.append(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {error}")
            return None

    def _of_vr(self, tag: int, vr: str, value: Any, around: Around, depth: int) -> Encoded:
        """An element of a VR. Raises ValueError where the value is none of its."""
        if vr == "SQ":
            return element_of(tag, vr, self._items(value, around, depth))
        data = encoded(value, vr)
        return _encapsulated(tag, data) if tag == _PIXEL_DATA and is_items(data) else element_of(tag, vr, data)

    def _items(self, value: Any, around: Around, depth: int) -> bytes:
        items = [] if value is None else [value] if isinstance(value, dict) else value
        if not (isinstance(items, list) and all(isinstance(item, dict | None) for item in items)):
            raise ValueError("the value is no list of items")
        parts = []
        for item in items:
            data = joined(self.elements(item or {}, around, depth + 1))
            parts += [_ITEM.pack(0xFFFE, 0xE000, len(data)), data]
        return b"".join(parts)


def joined(elements: Elements) -> bytes:
    """The bytes of elements in the order of their tags."""
    return b"".join([elements[tag].data for tag in sorted(elements)])


def element_of(tag: int, vr: str, value: bytes) -> Encoded:
    """An element in Explicit VR Little Endian; UN where its VR has no room for so many bytes (PS3.5 6.2.2)."""
    group, number, length = tag >> 16, tag & 0xFFFF, len(value)
    if vr not in _LONG_VRS:
        if length <= _LONGEST_SHORT:
            return Encoded(vr, value, _SHORT.pack(group, number, vr.encode(), length) + value)
        vr = "UN"
    return Encoded(vr, value, _LONG.pack(group, number, vr.encode(), 0, length) + value)


def _encapsulated(tag: int, value: bytes) -> Encoded:
    """Pixel data that are a sequence of items (PS3.5 A.4): only their end tells their length."""
    start = _LONG.pack(tag >> 16, tag & 0xFFFF, b"OB", 0, _UNDEFINED)
    return Encoded("OB", value, start + value + _END_OF_ITEMS)


def is_items(value: bytes) -> bool:
    """Whether pixel data are an offset table and fragments, from end to end."""
    at = count = 0
    while value.startswith(_START_OF_ITEM, at) and at + _ITEM.size <= len(value):
        at += _ITEM.size + int(_ITEM.unpack_from(value, at)[2])
        count += 1
    return count > 1 and at == len(value)


UTF_8: Final = element_of(CHARACTER_SET, "CS", b"ISO_IR 192")
"""What SpecificCharacterSet says wherever it stands: the metadata are UTF-8 whatever their objects were."""


@lru_cache(maxsize=8192)
def tag_of(name: str) -> int | None:
    """The tag of a keyword or of 8 hexadecimal digits; None where it is neither.

    A keyword of repeating groups means the first of them.
    """
    if _HEX.fullmatch(name):
        return int(name, 16)
    tag = tag_for_keyword(name)
    return _OF_REPEATERS.get(name) if tag is None else tag


@lru_cache(maxsize=8192)
def _vr_of(tag: int) -> str | None:
    """The VR of the standard's dictionary; None for what it does not know."""
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else None  # noqa: PLR2004 - a private creator (PS3.5 7.8.1)
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return None


def _private_vr(tag: int, value: Any, attributes: Attributes) -> str:
    """The VR of an element that neither the metadata nor the standard tell: its creator's, or what the value shows."""
    place = f"{tag >> 16:04X}{tag >> 8 & 0xFF:04X}"
    creator = attributes.get(place, attributes.get(place.lower()))
    if tag >> 16 & 1 and isinstance(creator, str):
        try:
            return str(private_dictionary_VR(tag, creator.strip(" \0")))
        except KeyError:
            pass
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value)):
        return "SQ"
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, int):
        return "SL" if -(2**31) <= first < 2**31 else "SV"
    if isinstance(first, str) and not is_base64(first):
        return "LO"
    return "FD" if isinstance(first, float) else "UN"


def _decided(vr: str, tag: int, value: Any, around: Around) -> str:
    """One of the VRs that the dictionary leaves open (PS3.5 A.2): base64 is binary, numbers have a sign or not.

    Numbers that only one of the two can hold decide it whatever PixelRepresentation says.
    """
    several = value if isinstance(value, list) else [value]
    if "OB" in vr:
        return "OB" if tag >> 16 == _WAVEFORM and around.waveform_bits <= 8 else "OW"  # noqa: PLR2004 - bits of a byte
    if "OW" in vr and isinstance(several[0] if several else None, str):
        return "OW"
    if "SS" not in vr:
        return "US"
    numbers = [one for one in several if isinstance(one, int)]
    if min(numbers, default=0) < 0:
        return "SS"
    return "SS" if around.signed and max(numbers, default=0) < 2**15 else "US"


def _signed(value: Any) -> Any:
    """A number of 16 bits with them as a signed one has them."""
    return value - 2**16 if isinstance(value, int) and 2**15 <= value < 2**16 else value
