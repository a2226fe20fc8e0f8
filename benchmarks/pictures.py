"""Images that look like anatomy, drawn by formula, as DICOM files in the transfer syntaxes of the day."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = {"512 x 512 CT": (512, 512), "2500 x 2140 radiograph": (2500, 2140)}
"""Rows and columns of the 12-bit images."""

BITS = 12
AIR, TISSUE = 24, 1064

SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "RLE": RLELossless,
    "JPEG baseline": JPEGBaseline8Bit,
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG-LS": JPEGLSLossless,
    "JPEG 2000": JPEG2000Lossless,
    "HTJ2K": HTJ2KLossless,
}

_ENCODE: dict[str, Callable[[Any], Any]] = {
    JPEGBaseline8Bit: lambda pixels: imagecodecs.jpeg8_encode(pixels, level=90),
    JPEGLosslessSV1: lambda pixels: imagecodecs.jpeg8_encode(pixels, lossless=True, bitspersample=BITS, predictor=1),
    JPEGLSLossless: imagecodecs.jpegls_encode,
    JPEG2000Lossless: lambda pixels: imagecodecs.jpeg2k_encode(
        pixels, level=0, reversible=True, codecformat="j2k", bitspersample=BITS
    ),
    HTJ2KLossless: lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True),
}
"""How a frame is encoded; JPEG baseline takes 8 bits."""


def anatomy(rows: int, columns: int, seed: int = 0) -> NDArray[np.uint16]:
    """A body in air with organs, bones and a detector's noise: 12 bits, smooth but for edges and noise."""
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    values = np.full((rows, columns), float(AIR))
    body = (x / 0.85) ** 2 + (y / 0.7) ** 2 < 1
    values[body] = (TISSUE + 40 * np.cos(3 * x) * np.sin(4 * y + seed / 9))[body]
    for _ in range(24):
        cx, cy, rx, ry = noise.uniform(-0.5, 0.5), noise.uniform(-0.4, 0.4), *noise.uniform(0.03, 0.2, 2)
        values[((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1] += noise.choice([-700, -60, 30, 70, 900])
    values += noise.normal(0, 12, values.shape) * np.where(body, 1, 0.3)
    return values.clip(0, 2**BITS - 1).astype(np.uint16)


def build_image(path: Path, syntax: str, frames: list[NDArray[np.uint16]]) -> Path:
    """Write frames of equal size as one object in a transfer syntax; JPEG baseline in 8 bits."""
    dataset = describe(syntax, frames[0].shape, len(frames))
    if syntax == JPEGBaseline8Bit:
        coarse: list[Any] = [(frame >> (BITS - 8)).astype(np.uint8) for frame in frames]
        frames = coarse
    if syntax in _ENCODE:
        dataset.PixelData = encapsulate([bytes(_ENCODE[syntax](frame)) for frame in frames])
        dataset["PixelData"].VR = "OB"
    else:
        dataset.PixelData = b"".join(frame.astype("<u2").tobytes() for frame in frames)
        if syntax == RLELossless:
            dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)
    return path


def build_stream(path: Path, syntax: str, pixels: NDArray[np.uint16], frames: int, number: int) -> Path:
    """Write an object of many frames of which frame `number` has these pixels, and all others are a hole in the file.

    Encapsulated ones have a Basic Offset Table (PS3.5 A.4), and a fragment a frame.
    """
    dataset = describe(syntax, pixels.shape, frames)
    dataset.save_as(path, enforce_file_format=True)
    encoded: bytes = bytes(_ENCODE[syntax](pixels)) if syntax in _ENCODE else pixels.astype("<u2").tobytes()
    encoded += bytes(len(encoded) % 2)
    with path.open("r+b") as file:
        file.seek(0, io.SEEK_END)
        if syntax not in _ENCODE:
            file.write(struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, frames * len(encoded)))
            start = file.tell()
            file.seek(start + (number - 1) * len(encoded))
            file.write(encoded)
            file.truncate(start + frames * len(encoded))
            return path
        step = len(encoded) + 8
        file.write(struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF))
        file.write(struct.pack("<HHL", 0xFFFE, 0xE000, 4 * frames))
        file.write(np.arange(0, frames * step, step, dtype="<u4").tobytes())
        for frame in range(1, frames + 1):
            file.write(struct.pack("<HHL", 0xFFFE, 0xE000, len(encoded)))
            file.seek(len(encoded), io.SEEK_CUR) if frame != number else file.write(encoded)
        file.write(struct.pack("<HHL", 0xFFFE, 0xE0DD, 0))
    return path


def build_series(folder: Path, count: int) -> Path:
    """Write so many uncompressed 512 x 512 CTs of one series into a new folder, each with other pixels."""
    folder.mkdir(parents=True)
    rows, columns = SIZES["512 x 512 CT"]
    pixels = anatomy(rows, columns)
    series = generate_uid()
    for number in range(1, count + 1):
        dataset = describe(ExplicitVRLittleEndian, (rows, columns), 1)
        del dataset.NumberOfFrames
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.SeriesInstanceUID, dataset.SeriesNumber, dataset.InstanceNumber = series, 1, number
        dataset.PixelData = (pixels + number % 64).clip(0, 2**BITS - 1).astype("<u2").tobytes()
        dataset.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    return folder


def describe(syntax: str, shape: tuple[int, ...], frames: int) -> Dataset:
    """A header of a CT with a window, and without pixels."""
    bits = 8 if syntax == JPEGBaseline8Bit else BITS
    scale = 2 ** (BITS - bits)
    dataset = Dataset()
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "SOPInstanceUID": generate_uid(entropy_srcs=[syntax, str(shape), str(frames)]),
        "StudyInstanceUID": generate_uid(entropy_srcs=["study"]),
        "SeriesInstanceUID": generate_uid(entropy_srcs=["series", syntax]),
        "PatientID": "BENCHMARK",
        "PatientName": "Benchmark",
        "Modality": "CT",
        "StudyDate": "20240101",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "NumberOfFrames": frames,
        "Rows": shape[0],
        "Columns": shape[1],
        "BitsAllocated": 8 if bits <= 8 else 16,  # noqa: PLR2004 - bits of a byte
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "WindowCenter": 40,
        "WindowWidth": 400,
        "RescaleIntercept": -1024,
        "RescaleSlope": scale,
        "RescaleType": "HU",
    }
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset
