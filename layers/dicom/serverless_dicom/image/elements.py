"""Values of single elements, read leniently: what is invalid is absent, and raises nothing.

pydicom raises over a window centre of `abc`; a picture can be drawn without it.
"""

from __future__ import annotations

import math
import re
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from serverless_dicom.header.parse import as_rejection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

Name: TypeAlias = str | int
"""A DICOM keyword; of repeating groups, which have none of their own, a tag."""

_FORMATS: Final = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_MAX_VALUES = 1024


def numbers(dataset: Dataset, name: Name, *, signed: bool = False) -> list[float]:
    """The numbers of an element, in order, up to the first that is not finite; of binary VRs, DS and IS.

    `signed` decides where the dictionary leaves it to the pixel representation (US or SS).
    """
    found: list[float] = []
    for value in _numbers(dataset, name, signed=signed):
        if not math.isfinite(value):
            break
        found.append(value)
    return found


def number(dataset: Dataset, name: Name, *, signed: bool = False) -> float | None:
    """The first value of an element, None where it has no finite number."""
    return next(iter(numbers(dataset, name, signed=signed)), None)


def whole(dataset: Dataset, name: Name) -> int | None:
    """The first value of an element as a whole number, None where it is none."""
    value = number(dataset, name)
    return int(value) if value is not None and value == int(value) else None


def text(dataset: Dataset, name: Name) -> str:
    """The first value of an element of code strings or UIDs, without padding; empty where there is none."""
    element = _element(dataset, name)
    value = None if element is None else element.value
    if isinstance(value, MultiValue):
        value = next(iter(value), "")
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.split("\\")[0].strip(" \0") if isinstance(value, str) else ""


def has_value(dataset: Dataset, name: Name) -> bool:
    """Whether an element is there and not empty: one of type 2 may be empty, and says nothing (PS3.5 7.4.3)."""
    element = _element(dataset, name)
    return element is not None and element.value not in (None, b"", "")


def items(dataset: Dataset, name: Name) -> list[Dataset]:
    """The items of a sequence; none where the element is absent or no sequence. Raises MalformedHeader."""
    if _tag(name) not in dataset:
        return []
    with as_rejection():
        value = dataset[_tag(name)].value
    return list(value) if isinstance(value, Sequence) else []


def packed(dataset: Dataset, name: Name, deferred: bytes | None = None, *, little_endian: bool = True) -> bytes:
    """The bytes of a binary element in little-endian order; empty where it is absent or was not read.

    `deferred` is its value if that was read on its own. Words of big-endian objects are turned round; bytes, of VR OB,
    stand as they are (PS3.5 7.3).
    """
    element = _element(dataset, name)
    if isinstance(element, RawDataElement):
        little_endian = element.is_little_endian
    value = deferred if deferred is not None else getattr(element, "value", None)
    if not isinstance(value, bytes):
        return b""
    if little_endian or getattr(element, "VR", None) == "OB":
        return value
    return np.frombuffer(value[: len(value) & ~1], ">u2").astype("<u2").tobytes()


def words(dataset: Dataset, name: Name, *, little_endian: bool = True) -> NDArray[np.uint16]:
    """The 16-bit words of a binary element; none where it is absent or was not read.

    `little_endian` is the data set's byte order, for values that pydicom has unpacked from a sequence.
    """
    element = _element(dataset, name)
    value: Any = None if element is None else element.value
    if isinstance(element, RawDataElement):
        little_endian = element.is_little_endian
    if isinstance(value, bytes):
        return np.frombuffer(value[: len(value) & ~1], "<u2" if little_endian else ">u2").astype(np.uint16)
    if isinstance(value, MultiValue):  # US or SS
        return np.array([int(one) & 0xFFFF for one in value], np.uint16)
    return np.array([value & 0xFFFF] if isinstance(value, int) else [], np.uint16)


def _numbers(dataset: Dataset, name: Name, *, signed: bool) -> Iterator[float]:
    element = _element(dataset, name)
    value = None if element is None else element.value
    if isinstance(element, RawDataElement) and isinstance(value, bytes):
        yield from _of_bytes(element, value, name, signed=signed)
    elif value is not None:
        for one in value if isinstance(value, MultiValue) else [value]:
            yield float(one) if isinstance(one, int | float) else math.nan


def _of_bytes(element: RawDataElement, value: bytes, name: Name, *, signed: bool) -> Iterator[float]:
    vr = element.VR or "UN"
    vr = dictionary_VR(_tag(name)) if vr in {"UN", "OW"} else vr
    if " or " in vr:
        vr = "SS" if signed else "US"
    if vr in _FORMATS:
        form = Struct(("<" if element.is_little_endian else ">") + _FORMATS[vr])
        stop = min(len(value) // form.size, _MAX_VALUES) * form.size
        yield from (float(one) for (one,) in form.iter_unpack(value[:stop]))
        return
    for one in value.decode("ascii", "replace").split("\\", _MAX_VALUES)[:_MAX_VALUES]:
        stripped = one.strip(" \0")
        yield float(stripped) if _NUMBER.fullmatch(stripped) else math.nan


def _element(dataset: Dataset, name: Name) -> DataElement | RawDataElement | None:
    tag = _tag(name)
    return dataset.get_item(tag, keep_deferred=True) if tag in dataset else None


def _tag(name: Name) -> int:
    return name if isinstance(name, int) else tag_for_keyword(name) or 0
