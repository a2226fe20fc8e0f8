"""The transfer syntaxes (PS3.5 10, PS3.6 A) by how their pixel data are encoded."""

from __future__ import annotations

from enum import Enum

from pydicom.config import IGNORE
from pydicom.uid import UID

from serverless_dicom.errors import UnsupportedTransferSyntax

_DICOM = "1.2.840.10008.1.2"
EXPLICIT_BIG = f"{_DICOM}.2"


class Family(Enum):
    """What decodes a frame."""

    NATIVE = "uncompressed"
    ENCAPSULATED_NATIVE = "encapsulated uncompressed"
    DEFLATED = "deflated"
    RLE = "RLE"
    JPEG = "JPEG"
    JPEG_LS = "JPEG-LS"
    JPEG_2000 = "JPEG 2000"
    HTJ2K = "HTJ2K"
    JPEG_XL = "JPEG XL"


FAMILIES: dict[str, Family] = {
    _DICOM: Family.NATIVE,
    f"{_DICOM}.1": Family.NATIVE,
    EXPLICIT_BIG: Family.NATIVE,
    f"{_DICOM}.1.99": Family.NATIVE,
    f"{_DICOM}.1.98": Family.ENCAPSULATED_NATIVE,
    f"{_DICOM}.8.1": Family.DEFLATED,
    f"{_DICOM}.5": Family.RLE,
    **dict.fromkeys((f"{_DICOM}.4.{number}" for number in (50, 51, 53, 55, 57, 70)), Family.JPEG),
    **dict.fromkeys((f"{_DICOM}.4.{number}" for number in (80, 81)), Family.JPEG_LS),
    **dict.fromkeys((f"{_DICOM}.4.{number}" for number in (90, 91, 92, 93)), Family.JPEG_2000),
    **dict.fromkeys((f"{_DICOM}.4.{number}" for number in (201, 202, 203)), Family.HTJ2K),
    **dict.fromkeys((f"{_DICOM}.4.{number}" for number in (110, 111, 112)), Family.JPEG_XL),
}

ONE_FRAGMENT_A_FRAME = frozenset({Family.ENCAPSULATED_NATIVE, Family.DEFLATED, Family.RLE, Family.JPEG_XL})
"""Families whose frames are one fragment each (PS3.5 A.4.2, A.4.14), or show no sign of where they begin."""

_VIDEO = frozenset(f"{_DICOM}.4.{number}" for number in range(100, 109))
_REFERENCED = frozenset(f"{_DICOM}.4.{number}" for number in (94, 95, 204, 205))


def family_of(transfer_syntax_uid: str) -> Family:
    """The family of a transfer syntax. Raises UnsupportedTransferSyntax, which says what it is instead."""
    if family := FAMILIES.get(transfer_syntax_uid):
        return family
    name = UID(transfer_syntax_uid, IGNORE).name
    told = transfer_syntax_uid if name == transfer_syntax_uid else f"{transfer_syntax_uid} ({name})"
    if transfer_syntax_uid in _VIDEO or transfer_syntax_uid.removesuffix(".1") in _VIDEO:  # .1: fragmentable
        raise UnsupportedTransferSyntax(f"the object is a video, {told}: no picture can be drawn of it here")
    if transfer_syntax_uid in _REFERENCED:
        raise UnsupportedTransferSyntax(f"the pixel data lie on a JPIP server, {told}: they are not in the object")
    raise UnsupportedTransferSyntax(f"the transfer syntax {told} is none that can be decoded here")
