"""The encoding of a data set, checked before it is parsed (PS3.5 7).

pydicom accepts what ends too early, recurses into what is nested without bound and builds an object for every empty
item. So the element headers are walked first, over the same bytes and by pydicom's own rules for VRs that are absent
or switched, without building anything: every declared length must fit its parent and the object, and depth and number
are bounded. What passes is parsed by pydicom.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from pydicom.datadict import dictionary_VR
from pydicom.filereader import ENCODED_VR
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from serverless_dicom.errors import HeaderTooLarge, MalformedHeader, NestedTooDeep, TruncatedHeader
from serverless_dicom.header.ranges import RangedFile

MAX_DEPTH = 64
"""Levels of sequences. Real objects have fewer than 10; pydicom's recursion ends somewhere past 100."""

MAX_ELEMENTS = 600_000
"""Elements before the pixel data, an item or an own element of the data set counting as COST of them: with ten
functional groups a frame (PS3.3 C.7.6.16) that is 6,000 frames, and 7 seconds."""

COST = 5
"""pydicom builds a data set for each item, which takes the time and the memory of five elements. Of its own elements a
data set has hundreds, not tens of thousands, and each is kept."""

UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Float, Double Float and (integer) Pixel Data (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25)."""

ITEMS = 0xFFFE
"""The group of items and delimiters, which have no VR."""

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

_NESTING = frozenset({b"SQ", None})
"""VRs whose values may hold elements though their length is defined; without a VR the dictionary knows."""

_LONG = frozenset(vr.encode() for vr in EXPLICIT_VR_LENGTH_32)
_SHORT = ENCODED_VR - _LONG
_FLAT = ENCODED_VR - {b"SQ", b"UN"}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is encoded (PS3.5 10)."""

    implicit: bool
    little_endian: bool


class Element(NamedTuple):
    """The header of one element: its tag, VR (None where implicit), length in bytes and the offset of its value."""

    tag: int
    vr: bytes | None
    length: int
    value: int

    @property
    def start(self) -> int:
        """The offset of the element itself."""
        return self.value - (12 if self.vr in _LONG else 8)


@dataclass(slots=True)
class _Level:
    """An open sequence or item: where it must end (None: at its delimiter) and what no value in it may pass."""

    is_sequence: bool
    end: int | None
    limit: int
    implicit: bool


@lru_cache(maxsize=1024)
def known_vr(tag: int) -> str | None:
    """The VR of an element in the standard's dictionary; there are ambiguous ones, such as `US or SS`."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return None


def is_sequence(tag: int, vr: str | None) -> bool:
    """Whether an element is a sequence, by its own VR or the dictionary's where it has none."""
    return (vr or known_vr(tag)) == "SQ"


class Walk:
    """One walk over the element headers of a data set."""

    def __init__(self, file: RangedFile, encoding: Encoding, count: int = 0) -> None:
        """Prepare to walk `file`, encoded as `encoding` says; `count` elements are counted already."""
        self._file = file
        order = "<" if encoding.little_endian else ">"
        self._explicit = Struct(f"{order}HH2sH").unpack_from
        self._implicit = Struct(f"{order}HHL").unpack_from
        self._long = Struct(f"{order}L").unpack_from
        self._encoding = encoding
        self.count = count
        self.elements: list[Element] = []
        """The data set's own elements, in the object's order, up to where a walk stopped."""

    def element(self, at: int, *, implicit: bool) -> Element:
        """The element header at an offset; raises TruncatedHeader where the object ends within it."""
        run, i = self._file.window(at, 12)
        left = len(run) - i
        if left < 8:  # noqa: PLR2004 - tag and length
            raise TruncatedHeader(f"the object ends at byte {self._file.size}, inside the element that begins at {at}")
        if not implicit:
            group, number, vr, length = self._explicit(run, i)
            if group == ITEMS:
                vr = b""
            if vr in _SHORT or (vr not in _LONG and b"AA" <= vr <= b"ZZ"):
                return Element(group << 16 | number, vr, length, at + 8)
            if vr in _LONG:
                if left < 12:  # noqa: PLR2004 - tag, VR, reserved, length
                    raise TruncatedHeader(
                        f"the object ends at byte {self._file.size}, inside the element that begins at {at}"
                    )
                return Element(group << 16 | number, vr, self._long(run, i + 8)[0], at + 12)
        group, number, length = self._implicit(run, i)
        return Element(group << 16 | number, None, length, at + 8)

    def until(self, stops: Callable[[int], bool], start: int) -> tuple[int, Element | None]:
        """Walk the data set that begins at `start` to the first of its own tags for which `stops` is true.

        Returns that element's offset and header, or the object's end and None where there is no such element.
        Raises TruncatedHeader, MalformedHeader, NestedTooDeep or HeaderTooLarge.
        """
        return self._own(stops, start, implicit=self._really_implicit(start))

    def sequence(self) -> None:
        """Walk the whole file as the value of a sequence. Raises as `until` does."""
        whole = _Level(is_sequence=True, end=self._file.size, limit=self._file.size, implicit=self._encoding.implicit)
        self._own(lambda _: False, self._inside(0, [whole]), implicit=self._encoding.implicit)

    def _own(self, stops: Callable[[int], bool], at: int, *, implicit: bool) -> tuple[int, Element | None]:
        """Walk the data set's own elements from an offset; nearly all of them hold no others."""
        file, found = self._file, self.elements.append
        while at + 8 <= file.size or (at < file.size and not self._padding(at)):
            element = self.element(at, implicit=implicit)
            if stops(element.tag):
                return at, element
            self._add(COST)
            found(element)
            if element.vr not in _FLAT or element.length == UNDEFINED:
                levels: list[_Level] = []
                at = self._inside(self._step(element, None, levels, implicit=implicit), levels)
                continue
            at = element.value + element.length
            if at > file.size:
                self._must_fit(element, file.size)
        return at, None

    def _inside(self, at: int, levels: list[_Level]) -> int:
        """Walk what sequences and items hold, to the offset after the outermost one."""
        while True:
            while levels and levels[-1].end == at:
                levels.pop()
            if not levels:
                return at
            level = levels[-1]
            element = self.element(at, implicit=level.implicit)
            self._add(COST if element.tag == ITEM else 1)
            at = self._step(element, level, levels, implicit=level.implicit)

    def _step(self, element: Element, level: _Level | None, levels: list[_Level], *, implicit: bool) -> int:
        """The offset of the element or item after `element`, with `levels` opened or closed by it."""
        at, limit = element.value, level.limit if level else self._file.size
        implicit = level.implicit if level else implicit
        if level and level.is_sequence:
            return self._item(element, level, levels)
        if element.tag == ITEM_END and level:
            levels.pop()
            return at
        if element.tag >> 16 == ITEMS:
            raise MalformedHeader(f"an item or delimiter at {at - 8} stands outside any sequence")
        self._must_fit(element, limit)
        end = None if element.length == UNDEFINED else at + element.length
        if end is not None and element.vr not in _NESTING:
            return end
        if self._is_sequence(element):
            if end != at:
                self._open(_Level(is_sequence=True, end=end, limit=end or limit, implicit=implicit), levels)
            return at
        return self._after_fragments(at, limit) if end is None else end

    def _item(self, item: Element, sequence: _Level, levels: list[_Level]) -> int:
        """Enter an item of `sequence`, or leave the sequence at its delimiter."""
        at = item.value
        if item.tag == SEQUENCE_END:
            levels.pop()
            return at
        if item.tag != ITEM:
            raise MalformedHeader(
                f"the sequence has ({item.tag >> 16:04X},{item.tag & 0xFFFF:04X}) at {at - 8} where an item must be"
            )
        self._must_fit(item, sequence.limit)
        if item.length:
            end = None if item.length == UNDEFINED else at + item.length
            implicit = sequence.implicit or self._really_implicit(at, default=False)
            self._open(_Level(is_sequence=False, end=end, limit=end or sequence.limit, implicit=implicit), levels)
        return at

    def _add(self, cost: int) -> None:
        self.count += cost
        if self.count > MAX_ELEMENTS:
            raise HeaderTooLarge(
                f"the header has more than the {MAX_ELEMENTS} elements that are read of one, "
                f"an item or an own element counting as {COST}"
            )

    def _open(self, level: _Level, levels: list[_Level]) -> None:
        if len(levels) >= 2 * MAX_DEPTH:  # a sequence and its item are two levels here, one in the limit
            raise NestedTooDeep(f"sequences are nested more than {MAX_DEPTH} deep at {level.limit}")
        levels.append(level)

    def _must_fit(self, element: Element, limit: int) -> None:
        """Raise where a defined length runs past the object (TruncatedHeader) or only its parent (MalformedHeader)."""
        end = element.value + element.length
        if element.length == UNDEFINED or end <= limit:
            return
        name = f"({element.tag >> 16:04X},{element.tag & 0xFFFF:04X})"
        if end > self._file.size:
            raise TruncatedHeader(
                f"{name} declares {element.length} bytes from {element.value}, the object ends at {self._file.size}"
            )
        raise MalformedHeader(
            f"{name} declares {element.length} bytes from {element.value}, its sequence ends at {limit}"
        )

    def _is_sequence(self, element: Element) -> bool:
        """Whether pydicom reads the value as a sequence: by its VR, or its first item (PS3.5 6.2.2, CP-246)."""
        vr = element.vr.decode("iso8859") if element.vr else known_vr(element.tag)
        if element.length != UNDEFINED or vr not in {None, "UN"}:
            return vr == "SQ"
        return vr == "UN" or self.element(element.value, implicit=True).tag == ITEM

    def _after_fragments(self, at: int, limit: int) -> int:
        """The offset after an encapsulated value of undefined length (PS3.5 A.4)."""
        while True:
            fragment = self.element(at, implicit=True)
            if fragment.tag == SEQUENCE_END:
                return fragment.value
            if fragment.tag != ITEM or fragment.length == UNDEFINED:
                raise MalformedHeader(f"a value of undefined length has neither a fragment nor its delimiter at {at}")
            self._must_fit(fragment, limit)
            self._add(1)
            at = fragment.value + fragment.length

    def encoding_at(self, start: int) -> Encoding:
        """How the data set at an offset is encoded in truth: some declare VRs and have none, or the reverse."""
        return replace(self._encoding, implicit=self._really_implicit(start))

    def _really_implicit(self, at: int, *, default: bool | None = None) -> bool:
        """Whether the data set at an offset has no VRs, whatever was declared: pydicom's own test of the first VR."""
        run, i = self._file.window(at, 6)
        if len(run) - i < 6:  # noqa: PLR2004 - tag and VR
            return self._encoding.implicit if default is None else default
        return not (0x40 < run[i + 4] < 0x5B and 0x40 < run[i + 5] < 0x5B)  # noqa: PLR2004 - A to Z

    def _padding(self, at: int) -> bool:
        """Whether nothing but a few NULs, fewer than an element takes, is left of the object."""
        if self._file.size - at >= 8:  # noqa: PLR2004 - an element header
            return False
        run, i = self._file.window(at, 8)
        return not any(run[i:])
