"""Pixels that are kept as they came, and those whose colours must not be turned into others on the way."""

import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.uid import JPEGExtended12Bit

from local.healthimaging import Imaging
from tests.datasets import BIG_ENDIAN, SERIES
from tests.pictures import encapsulated, make_image, native, real
from tests.unit.local.healthimaging.conftest import Client

LITTLE = "1.2.840.10008.1.2.1"


def stored(imaging: Imaging, client: Client, folder: Path, file: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The only instance of what becomes of a file, and its frames."""
    path = folder / "file.dcm"
    path.write_bytes(file)
    (image_set,) = imaging.import_files([path]).image_sets
    (instance,) = client.instances(image_set).values()
    return instance, [client.frame(image_set, frame["ID"])[0] for frame in instance["ImageFrames"]]


@pytest.mark.parametrize("syntax", [LITTLE, BIG_ENDIAN])
def test_real_numbers_stay_as_they_are_frame_by_frame(
    imaging: Imaging, client: Client, tmp_path: Path, syntax: str
) -> None:
    values = np.array([[[1.5, float("nan")]], [[-2.25, float("inf")]]], "<f4")
    dataset = make_image(rows=1, columns=2, bits=32, frames=2, SeriesInstanceUID=SERIES)
    data = values.astype(">f4" if syntax == BIG_ENDIAN else "<f4").tobytes()

    instance, frames = stored(imaging, client, tmp_path, native(dataset, data, syntax, tag=0x7FE00008, vr="OF"))

    assert instance["StoredTransferSyntaxUID"] == LITTLE
    assert frames == [frame.tobytes() for frame in values]
    (checksum,) = instance["ImageFrames"][1]["PixelDataChecksumFromBaseToFullResolution"]
    assert checksum == {"Width": 2, "Height": 1, "Checksum": zlib.crc32(frames[1])}
    assert instance["ImageFrames"][0]["MinPixelValue"] is None


def test_double_real_numbers_stay_too(imaging: Imaging, client: Client, tmp_path: Path) -> None:
    values = np.array([[1e300, -1e-300]])
    _, frames = stored(imaging, client, tmp_path, real(values, double=True))
    assert frames == [values.astype("<f8").tobytes()]


def test_bits_that_are_kept_are_little_endian(imaging: Imaging, client: Client, tmp_path: Path) -> None:
    dataset = make_image(rows=4, columns=4, bits=1, frames=2)
    _, frames = stored(imaging, client, tmp_path, native(dataset, b"\x12\x34\x56\x78", BIG_ENDIAN))
    assert frames == [b"\x34\x12\x78\x56"]


@pytest.mark.parametrize("photometric", ["YBR_FULL", "RGB"])
def test_colours_are_what_the_header_says_that_they_are(
    imaging: Imaging, client: Client, tmp_path: Path, photometric: str
) -> None:
    ramp = np.linspace(20, 230, 16, dtype="u1")
    colours = np.stack([np.tile(ramp, (16, 1)), np.tile(ramp[:, None], (1, 16)), np.full((16, 16), 99, "u1")], axis=2)
    coded = bytes(imagecodecs.jpeg8_encode(colours, level=98, subsampling="444"))
    dataset = make_image(photometric, rows=16, columns=16)

    _, (frame,) = stored(imaging, client, tmp_path, encapsulated(dataset, [coded], JPEGExtended12Bit))

    first = colours @ ([1.0, 0.0, 0.0] if photometric == "RGB" else [0.299, 0.587, 0.114])
    assert float(np.abs(imagecodecs.htj2k_decode(frame)[..., 0] - first).max()) < 4
