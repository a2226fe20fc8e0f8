"""How a model differs from DCMTK's `dcm2json` of the same file, where a difference means something."""

import base64
import hashlib
import math
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydicom.datadict import dictionary_has_tag, dictionary_VR

Model = dict[str, dict[str, Any]]

CHARACTER_SET = "00080005"
"""DCMTK tells of its own output's: always ISO_IR 192."""

PIXELS = {"7FE00008", "7FE00009", "7FE00010"}


class Difference(NamedTuple):
    """Where two models differ (`00081140.0.00100020`), in what, and what each has."""

    path: str
    kind: str
    ours: object
    theirs: object


def differences(ours: Model, theirs: Model, path: str = "") -> Iterator[Difference]:
    """All differences but those of form.

    Those are: file meta information and group lengths, which DCMTK leaves out; text forms of numbers; values of VR UN
    that the dictionary knows; binary values that the reference replaced by their digest.
    """
    for tag in sorted(set(ours) | set(theirs)):
        at = f"{path}{tag}"
        if tag in PIXELS | {CHARACTER_SET} or (not path and (tag < "0003" or tag > "7FE0")) or tag.endswith("0000"):
            continue
        if tag not in ours or tag not in theirs:
            yield Difference(at, "presence", ours.get(tag), theirs.get(tag))
        elif ours[tag]["vr"] == theirs[tag]["vr"] == "SQ":
            yield from _of_items(ours[tag].get("Value", []), theirs[tag].get("Value", []), at)
        elif ours[tag]["vr"] != theirs[tag]["vr"]:
            if not _known(tag, ours[tag]["vr"], theirs[tag]["vr"]):
                yield Difference(at, "vr", ours[tag], theirs[tag])
        elif not _equal(ours[tag], theirs[tag]):
            yield Difference(at, "value", ours[tag], theirs[tag])


def _of_items(ours: list[Model], theirs: list[Model | None], path: str) -> Iterator[Difference]:
    if len(ours) != len(theirs):
        yield Difference(path, "items", len(ours), len(theirs))
    for index, (our, their) in enumerate(zip(ours, theirs, strict=False)):
        yield from differences(our, their or {}, f"{path}.{index}.")


def _known(tag: str, ours: str, theirs: str) -> bool:
    number = int(tag, 16)
    return theirs == "UN" and dictionary_has_tag(number) and ours in dictionary_VR(number)


def _equal(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    if "InlineBinary" in ours or "InlineBinary" in theirs or "sha256" in str(theirs):
        raw = base64.b64decode(ours.get("InlineBinary", ""))
        digest = hashlib.sha256(raw).hexdigest()
        return ours.get("InlineBinary") == theirs.get("InlineBinary") or digest in str(theirs)
    return _comparable(ours) == _comparable(theirs)


def _comparable(element: dict[str, Any]) -> list[Any]:
    values: list[Any] = element.get("Value", [])
    if element["vr"] == "PN":
        return [_name(value or {}) for value in values]
    if element["vr"] in {"DS", "IS", "FL", "FD"}:
        return [_number(value, element["vr"]) for value in values]
    return values


def _name(groups: dict[str, str]) -> dict[str, str]:
    return {group: text.rstrip(" ^") for group, text in groups.items() if text.strip(" ^")}


def _number(value: object, vr: str) -> object:
    try:
        number = float(str(value))
    except ValueError:
        return value
    if vr == "FL":
        number = struct.unpack("<f", struct.pack("<f", number))[0]
    return "NaN" if math.isnan(number) else float(f"{number:.14g}")
