"""The metadata of an image set, gzip or JSON -> what is in it. Hostile until parsed."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from serverless_dicom.errors import InvalidMetadata
from serverless_dicom.imageset.model import HTJ2K_LOSSLESS_RPCL, Checksum, Frame, ImageSet, Instance, Level

MAX_METADATA_BYTES = 256 * 1024 * 1024
"""Bytes of metadata that are inflated: those of 10,000 instances with 20 KiB each fit."""

MAX_FRAMES = 1_000_000
"""Frames of one image set."""

_GZIP = b"\x1f\x8b"
_FRAME_ID = re.compile(r"[0-9a-z]{32}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,11}")
_UNNUMBERED = 10**12
_MAX_CRC = 0xFFFFFFFF


def parse(data: bytes) -> ImageSet:
    """Parse the answer of GetImageSetMetadata. Raises InvalidMetadata.

    Elements keep the form in which they stand: they are looked at when a data set is made of them.
    """
    return image_set_of(read(data))


def read(data: bytes) -> dict[str, Any]:
    """The JSON of the answer of GetImageSetMetadata. Raises InvalidMetadata."""
    try:
        found = json.loads(_inflated(data))
    except (ValueError, RecursionError) as error:
        raise InvalidMetadata(f"the metadata are no JSON that can be read ({type(error).__name__})") from None
    return _object(found, "the metadata")


def image_set_of(found: dict[str, Any]) -> ImageSet:
    """What the JSON of the metadata describes. Raises InvalidMetadata."""
    study = _object(found.get("Study"), "Study")
    level = _level(study, "Study")
    series: dict[str, Level] = {}
    instances: list[tuple[tuple[int, int], Instance]] = []
    for uid, one in _object(study.get("Series"), "Study.Series").items():
        series[uid] = _level(_object(one, "a series"), "a series")
        number = _order(series[uid].attributes.get("SeriesNumber"))
        for name, instance in _object(one.get("Instances", {}), "Instances").items():
            parsed = _instance(_object(instance, "an instance"), name, uid)
            instances.append(((number, _order(parsed.level.attributes.get("InstanceNumber"))), parsed))
    if sum(len(instance.frames) for _, instance in instances) > MAX_FRAMES:
        raise InvalidMetadata(f"the image set has more than the {MAX_FRAMES} frames that are accepted")
    instances.sort(key=lambda numbered: numbered[0])
    return ImageSet(
        image_set_id=_text(found.get("ImageSetID"), "ImageSetID"),
        datastore_id=_text(found.get("DatastoreID"), "DatastoreID"),
        study_instance_uid=str(level.attributes.get("StudyInstanceUID") or ""),
        patient=_level(_object(found.get("Patient", {}), "Patient"), "Patient"),
        study=level,
        series=series,
        instances=tuple(instance for _, instance in instances),
    )


def _inflated(data: bytes) -> bytes:
    """The bytes of gzip's members (RFC 1952 2.2), or the data themselves where they are none."""
    inflated = bytearray()
    rest = data
    while rest.startswith(_GZIP):
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            inflated += stream.decompress(rest, MAX_METADATA_BYTES + 1 - len(inflated))
        except zlib.error:
            raise InvalidMetadata("the metadata are damaged: they cannot be inflated") from None
        if len(inflated) > MAX_METADATA_BYTES:
            break
        if not stream.eof:
            raise InvalidMetadata("the metadata were cut off: their gzip stream has no end")
        rest = stream.unused_data
    whole = bytes(inflated) if inflated or data.startswith(_GZIP) else data
    if len(whole) > MAX_METADATA_BYTES:
        raise InvalidMetadata(f"the metadata have more than the {MAX_METADATA_BYTES} bytes that are read")
    return whole


def _instance(found: dict[str, Any], uid: str, series_uid: str) -> Instance:
    frames = found.get("ImageFrames") or []
    if not isinstance(frames, list):
        raise InvalidMetadata("ImageFrames of an instance must be a list")
    return Instance(
        sop_instance_uid=uid,
        series_instance_uid=series_uid,
        level=_level(found, "an instance"),
        stored_syntax=_text(found.get("StoredTransferSyntaxUID") or HTJ2K_LOSSLESS_RPCL, "StoredTransferSyntaxUID"),
        frames=tuple(_frame(_object(frame, "a frame"), number) for number, frame in enumerate(frames, 1)),
    )


def _frame(found: dict[str, Any], number: int) -> Frame:
    identifier = found.get("ID")
    if not (isinstance(identifier, str) and _FRAME_ID.fullmatch(identifier)):
        raise InvalidMetadata("ID of a frame must be 32 digits and small letters")
    checksums = found.get("PixelDataChecksumFromBaseToFullResolution") or []
    if not isinstance(checksums, list):
        raise InvalidMetadata("PixelDataChecksumFromBaseToFullResolution of a frame must be a list")
    return Frame(
        identifier,
        number,
        tuple(_checksum(_object(one, "a checksum")) for one in checksums),
        _number(found.get("MinPixelValue")),
        _number(found.get("MaxPixelValue")),
    )


def _checksum(found: dict[str, Any]) -> Checksum:
    checksum = Checksum(*(_whole(found.get(name)) for name in ("Width", "Height", "Checksum")))
    if min(checksum) < 0 or checksum.crc32 > _MAX_CRC:
        raise InvalidMetadata("a checksum must have whole numbers as Width, Height and Checksum")
    return checksum


def _level(found: dict[str, Any], where: str) -> Level:
    vrs = _object(found.get("DICOMVRs") or {}, f"DICOMVRs of {where}")
    return Level(
        _object(found.get("DICOM") or {}, f"DICOM of {where}"),
        {tag.upper(): vr for tag, vr in vrs.items() if isinstance(vr, str)},
    )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMetadata(f"{where} must be an object, it is {'missing' if value is None else 'something else'}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidMetadata(f"{where} must be a text")
    return value


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: Any) -> int:
    """A whole number; -1 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _order(value: Any) -> int:
    """A series' or an instance's number; what has none comes last."""
    text = str(value).strip(" \0")
    return int(text) if _NUMBER.fullmatch(text) else _UNNUMBERED
