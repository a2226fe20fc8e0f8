"""A parsed data set -> the DICOM JSON model (PS3.18 F), with every element before the pixel data."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from pydicom.datadict import dictionary_VR, private_dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.values import convert_SQ

from serverless_dicom.errors import HeaderTooLarge, MalformedHeader, NestedTooDeep, TruncatedHeader
from serverless_dicom.header.charset import DEFAULT, codecs_for
from serverless_dicom.header.ranges import MemoryRanges, RangedFile
from serverless_dicom.header.structure import MAX_DEPTH, Encoding, Walk, is_sequence
from serverless_dicom.header.values import (
    BINARY,
    NUMBER,
    TEXT,
    inline_binary,
    number_values,
    tag_values,
    text_values,
)

Model: TypeAlias = dict[str, dict[str, Any]]
"""A data set in the DICOM JSON model: elements by their tag in 8 hexadecimal digits."""

MAX_VALUES = 4_000_000
"""Values in all elements together: a structure set with 500 contours of 2,000 points has 3 million."""

PERSON_COST = 8
"""A person name has up to three groups, and takes the time of eight values."""

_CHARACTER_SET = BaseTag(0x00080005)
_PIXEL_REPRESENTATION = BaseTag(0x00280103)


@dataclass(frozen=True, slots=True)
class Note:
    """What the model does not show of an element: `path` from the root (`00081140.0.00100020`), why, and the bytes."""

    path: str
    code: str
    raw: bytes | None = None

    @property
    def json(self) -> dict[str, str]:
        """The note for JSON, its bytes as base64."""
        bytes_of_it = {"bytes": b64encode(self.raw).decode("ascii")} if self.raw else {}
        return {"path": self.path, "code": self.code} | bytes_of_it


class _Context(NamedTuple):
    """What an item inherits from the data set around it (PS3.5 7.5.3, PS3.3 C.7.6.3.1.5)."""

    codecs: tuple[str, ...] = DEFAULT
    signed: bool = False
    depth: int = 0
    path: str = ""


_ROOT = _Context()


@dataclass(slots=True)
class JsonModel:
    """Converts data sets, collecting notes; `bulk_data_uri(offset, length)` names the bytes that were not read."""

    bulk_data_uri: Callable[[int, int], str]
    notes: list[Note] = field(default_factory=list)
    _values: int = 0
    _elements: int = 0

    def convert(self, dataset: Dataset, context: _Context | None = None) -> Model:
        """The model of a data set, in the order of its tags. Raises HeaderTooLarge or NestedTooDeep."""
        inherited = context or _ROOT
        if inherited.depth > MAX_DEPTH:
            raise NestedTooDeep(f"sequences are nested more than {MAX_DEPTH} deep")
        context = _Context(
            self._codecs(dataset, inherited), self._signed(dataset, inherited), inherited.depth, inherited.path
        )
        return {
            (name := f"{tag:08X}"): self._element(element, dataset, f"{context.path}{name}", context)
            for tag, element in sorted(dataset.items(), key=_tag)
        }

    def _element(
        self, element: RawDataElement | DataElement, dataset: Dataset, path: str, context: _Context
    ) -> dict[str, Any]:
        if isinstance(element, DataElement):  # a sequence of undefined length, which pydicom parses at once
            return self._sequence(element.value, path, context)
        vr = value_representation(element, dataset, signed=context.signed)
        if element.value is None and element.length:
            return {"vr": vr, "BulkDataURI": self.bulk_data_uri(element.value_tell, element.length)}
        raw = element.value or b""
        if vr == "SQ" and element.VR is None and element.tag.is_private and not self._has_items(element):
            vr = "UN"
        if vr == "SQ":
            items = convert_SQ(raw, element.is_implicit_VR, element.is_little_endian, list(context.codecs))
            return self._sequence(items, path, context)
        unknown = element.VR == "UN"  # whose bytes are little endian in any transfer syntax (PS3.5 6.2.2)
        if unknown and vr != "UN":
            self.notes.append(Note(path, "VR_of_dictionary"))
        return self._value(raw, vr, "<" if unknown or element.is_little_endian else ">", path, context)

    def _sequence(self, items: Any, path: str, context: _Context) -> dict[str, Any]:
        self._count(len(items))
        nested = [
            self.convert(item, _Context(context.codecs, context.signed, context.depth + 1, f"{path}.{index}."))
            for index, item in enumerate(items)
        ]
        return {"vr": "SQ", "Value": nested} if nested else {"vr": "SQ"}

    def _has_items(self, element: RawDataElement) -> bool:
        """Whether what only its creator's dictionary calls a sequence is one: the first walk took it for bytes."""
        encoding = Encoding(implicit=element.is_implicit_VR, little_endian=element.is_little_endian)
        walk = Walk(RangedFile(MemoryRanges(element.value or b"")), encoding, self._elements)
        try:
            walk.sequence()
        except (MalformedHeader, TruncatedHeader):
            return False
        self._elements = walk.count
        return True

    def _value(self, raw: bytes, vr: str, order: str, path: str, context: _Context) -> dict[str, Any]:
        def note(code: str, unseen: bytes | None = None) -> None:
            self.notes.append(Note(path, code, unseen))

        values: list[Any] | None = None
        if not raw:
            return {"vr": vr}
        if vr in TEXT:
            self._count(raw.count(b"\\") * (PERSON_COST if vr == "PN" else 1))
            values = text_values(raw, vr, context.codecs, note)
        elif vr in NUMBER:
            self._count(len(raw) // 2)
            values = number_values(raw, vr, order, note)
        elif vr == "AT":
            values = tag_values(raw, order, note)
        elif vr not in BINARY:
            note("unknown_VR")
        if values is None:
            return {"vr": vr, "InlineBinary": inline_binary(raw, vr, order)}
        return {"vr": vr, "Value": values} if values.count(None) < len(values) else {"vr": vr}

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise HeaderTooLarge(f"the header has more than the {MAX_VALUES} values that are read of one")

    def _codecs(self, dataset: Dataset, inherited: _Context) -> tuple[str, ...]:
        raw = _raw_value(dataset, _CHARACTER_SET)
        if not raw:
            return inherited.codecs
        terms = raw.decode("iso8859").split("\\")
        return codecs_for(tuple(term.strip(" \0") for term in terms))

    def _signed(self, dataset: Dataset, inherited: _Context) -> bool:
        raw = _raw_value(dataset, _PIXEL_REPRESENTATION)
        return any(raw) if raw else inherited.signed


def _tag(item: tuple[int, Any]) -> int:
    return int(item[0])  # pydicom's own tags compare slowly


def value_representation(element: RawDataElement, dataset: Dataset, *, signed: bool) -> str:
    """The VR of a raw element: its own, else the dictionary's, with ambiguous ones resolved (PS3.5 A.1, PS3.6).

    UN is no VR of its own where the dictionary knows the element, unless it is a sequence.
    """
    tag = element.tag
    vr = element.VR
    if vr is None or (vr == "UN" and not tag.is_private and not is_sequence(tag, None)):
        try:
            vr = dictionary_VR(tag) if not tag.is_private else _private_vr(element, dataset)
        except KeyError:
            return "UL" if tag.element == 0 else "UN"
    if " or " not in vr:
        return str(vr)
    if "OW" in vr and (element.length != 2 or "OB" in vr):  # noqa: PLR2004 - one 16-bit value
        return "OW"
    return "SS" if signed and "SS" in vr else "US"


def _private_vr(element: RawDataElement, dataset: Dataset) -> str:
    tag = element.tag
    if tag.is_private_creator:
        return "LO"
    creator = _raw_value(dataset, tag.group << 16 | tag.element >> 8)
    return private_dictionary_VR(tag, (creator or b"").decode("iso8859").strip(" \0"))


def _raw_value(dataset: Dataset, tag: int) -> bytes | None:
    element = dataset.get_item(tag, keep_deferred=True)
    return element.value if isinstance(element, RawDataElement) else None
