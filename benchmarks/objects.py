"""DICOM objects of any size, built: the header of a CT in pydicom's wheel, and pixel data that are a hole in a file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

FRAME_BYTES = 512 * 512 * 2
_ITEM, _SEQUENCE_END = struct.Struct("<HHL"), struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)


@dataclass(frozen=True, slots=True)
class Built:
    """An object on disk; `size` in bytes, as S3 would tell it."""

    path: Path
    frames: int
    encapsulated: bool
    size: int


def build(folder: Path, frames: int, *, encapsulated: bool = False, functional_groups: bool = False) -> Built:
    """Write an object of 512 by 512 16-bit frames; encapsulated ones in a fragment a frame, of half its bytes.

    `functional_groups`: with what an enhanced CT says of each frame (PS3.3 C.7.6.16), 25 elements and 8 items.
    """
    name = f"{frames}{'-encapsulated' * encapsulated}{'-enhanced' * functional_groups}.dcm"
    path = folder / name
    dataset = _header(frames, seed=name)
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless if encapsulated else ExplicitVRLittleEndian
    if functional_groups:
        dataset.PerFrameFunctionalGroupsSequence = Sequence([_frame(number) for number in range(frames)])
    dataset.save_as(path, enforce_file_format=True)
    with path.open("r+b") as file:
        file.seek(0, 2)
        (_fragments if encapsulated else _native)(file, frames)
        file.truncate()
        return Built(path, frames, encapsulated, file.tell())


def _header(frames: int, seed: str) -> Dataset:
    shipped = get_testdata_file("CT_small.dcm", download=False)
    dataset = dcmread(str(shipped), stop_before_pixels=True)
    if "DataSetTrailingPadding" in dataset:
        del dataset.DataSetTrailingPadding
    dataset.Rows = dataset.Columns = 512
    dataset.NumberOfFrames = frames
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[seed])
    return dataset


def _frame(number: int) -> Dataset:
    groups: dict[str, dict[str, Any]] = {
        "FrameContentSequence": {
            "FrameAcquisitionNumber": 1,
            "FrameReferenceDateTime": f"20240101120000.{number:06d}",
            "FrameAcquisitionDateTime": f"20240101120000.{number:06d}",
            "DimensionIndexValues": [1, number + 1],
            "StackID": "1",
            "InStackPositionNumber": number + 1,
        },
        "PlanePositionSequence": {"ImagePositionPatient": [-250, -250, number / 2]},
        "PlaneOrientationSequence": {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
        "PixelMeasuresSequence": {"SliceThickness": 0.5, "PixelSpacing": [0.9765625, 0.9765625]},
        "FrameVOILUTSequence": {"WindowCenter": 40, "WindowWidth": 400},
        "PixelValueTransformationSequence": {"RescaleIntercept": -1024, "RescaleSlope": 1, "RescaleType": "HU"},
        "CTPositionSequence": {
            "TablePosition": number / 2,
            "DataCollectionCenterPatient": [0, 0, number / 2],
            "ReconstructionTargetCenterPatient": [0, 0, number / 2],
        },
    }
    frame = Dataset()
    for sequence, elements in groups.items():
        item = Dataset()
        for keyword, value in elements.items():
            setattr(item, keyword, value)
        setattr(frame, sequence, Sequence([item]))
    return frame


def _native(file: BinaryIO, frames: int) -> None:
    length = frames * FRAME_BYTES
    file.write(struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, length))
    file.seek(length, 1)


def _fragments(file: BinaryIO, frames: int) -> None:
    file.write(struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + _ITEM.pack(0xFFFE, 0xE000, 0))
    for _ in range(frames):
        file.write(_ITEM.pack(0xFFFE, 0xE000, FRAME_BYTES // 2))
        file.seek(FRAME_BYTES // 2, 1)
    file.write(_SEQUENCE_END)
