"""Data sets that are built, not committed, and the raw bytes of files that no writer would make."""

import struct
import zlib
from io import BytesIO
from random import Random
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from serverless_dicom.errors import RejectedObject
from serverless_dicom.header import Header, read_header
from serverless_dicom.header.ranges import MemoryRanges

CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY, SERIES, INSTANCE = "1.2.3.100", "1.2.3.200", "1.2.3.300"
LOCATION = "s3://bucket/key"

EXPLICIT, IMPLICIT = str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian)
BIG_ENDIAN, DEFLATED = str(ExplicitVRBigEndian), str(DeflatedExplicitVRLittleEndian)
SYNTAXES = (EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED)

PATIENT = {
    "PatientName": "Zzyzx^Quentin",
    "PatientID": "PAT-4711",
    "PatientBirthDate": "19010203",
    "PatientSex": "O",
    "PatientComments": "has a most peculiar secret",
    "OtherPatientIDs": "OTHER-0815",
    "ReferringPhysicianName": "Referrer^Rosalind",
    "StudyDescription": "Skull of a person unknown",
    "AccessionNumber": "ACC-9001",
}
SECRETS = [value for value in PATIENT.values() if len(value) > 1]
"""What no log may tell. Every value is unlike anything else that a test may print."""


def make_dataset(*, pixels: bool = True, **elements: Any) -> Dataset:
    """A CT image of 4 x 4 pixels with a whole patient module; an element given as None is left out."""
    dataset = Dataset()
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": CT,
        "SOPInstanceUID": INSTANCE,
        "StudyDate": "20240229",
        "StudyTime": "101112",
        "Modality": "CT",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "SeriesNumber": "3",
        "InstanceNumber": "1",
    } | PATIENT
    if pixels:
        values |= {
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "Rows": 4,
            "Columns": 4,
            "BitsAllocated": 16,
            "BitsStored": 12,
            "HighBit": 11,
            "PixelRepresentation": 0,
        }
    for keyword, value in (values | elements).items():
        if value is not None:
            setattr(dataset, keyword, value)
    if pixels:
        dataset.add_new(0x7FE00010, "OW", bytes(range(32)))
    return dataset


def make_large_dataset(seed: int = 1) -> Dataset:
    """A CT image with 310,000 bytes before its pixel data that do not compress: too large a header for a row."""
    dataset = make_dataset()
    dataset.add_new(0x00420011, "OB", Random(seed).randbytes(310_000))  # noqa: S311 - noise, no secret
    return dataset


def as_file(dataset: Dataset, syntax: str = EXPLICIT) -> bytes:
    """The dataset as a DICOM file (PS3.10 7.1)."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CT)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", INSTANCE)
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


def read(data: bytes) -> Header:
    """The header of bytes that are in memory."""
    return read_header(MemoryRanges(data), LOCATION)


def read_or_refusal(data: bytes) -> Header | RejectedObject:
    """The header, or why there is none."""
    try:
        return read(data)
    except RejectedObject as error:
        return error


def element(tag: int, vr: str | None, value: bytes, *, length: int | None = None, order: str = "<") -> bytes:
    """The bytes of one element, implicit where it has no VR; `length` is what it declares, if not the truth."""
    group, number = tag >> 16, tag & 0xFFFF
    length = len(value) if length is None else length
    if vr is None:
        return struct.pack(f"{order}HHL", group, number, length) + value
    if vr in {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}:
        return struct.pack(f"{order}HH2sHL", group, number, vr.encode(), 0, length) + value
    return struct.pack(f"{order}HH2sH", group, number, vr.encode(), length) + value


UNDEFINED = 0xFFFFFFFF


def item(value: bytes = b"", *, undefined: bool = False, order: str = "<") -> bytes:
    """An item of a sequence, or a fragment."""
    if undefined:
        end = element(0xFFFEE00D, None, b"", order=order)
        return element(0xFFFEE000, None, value, length=UNDEFINED, order=order) + end
    return element(0xFFFEE000, None, value, order=order)


def sequence(tag: int, value: bytes, vr: str | None = "SQ", *, undefined: bool = False, order: str = "<") -> bytes:
    """A sequence, or an encapsulated value, of the items in `value`."""
    if undefined:
        end = element(0xFFFEE0DD, None, b"", order=order)
        return element(tag, vr, value, length=UNDEFINED, order=order) + end
    return element(tag, vr, value, order=order)


def raw_file(body: bytes, syntax: str = EXPLICIT, *, identified: bool = True) -> bytes:
    """A file whose data set is `body`, behind the UIDs that every object has unless it is not to be `identified`."""
    vr, order = (None if syntax == IMPLICIT else "UI"), (">" if syntax == BIG_ENDIAN else "<")
    uids = ((0x00080016, CT), (0x00080018, INSTANCE), (0x0020000D, STUDY), (0x0020000E, SERIES))
    head = [element(tag, vr, _uid(uid), order=order) for tag, uid in uids] if identified else []
    dataset = b"".join(head) + body
    if syntax == DEFLATED:
        dataset = deflated(dataset)
    meta = element(0x00020002, "UI", _uid(CT)) + element(0x00020010, "UI", _uid(syntax))
    return bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<L", len(meta))) + meta + dataset


def deflated(data: bytes) -> bytes:
    """Raw deflate (PS3.5 A.5)."""
    stream = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def deflated_zeros(mebibytes: int, tail: bytes = b"") -> bytes:
    """Raw deflate of so many MiB of zeros and a tail; blocks that end in a full flush can be repeated as they are."""
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = stream.compress(bytes(1024**2)) + stream.flush(zlib.Z_FULL_FLUSH)
    return block * mebibytes + deflated(tail)


def _uid(uid: str) -> bytes:
    return uid.encode() + bytes(len(uid) % 2)
