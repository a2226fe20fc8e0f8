"""DICOM files of image sets: what pydicom would write, byte for byte, with the pixels that were imported."""

import zlib
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames, parse_basic_offsets

from serverless_dicom.errors import CannotRender, FrameCorrupt
from serverless_dicom.imageset import part10
from serverless_dicom.imageset.datasets import dataset_of
from serverless_dicom.imageset.header import Headers
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.part10 import drawn_as, file_of, pixel_data
from serverless_dicom.imageset.pixels import pixels_of
from tests.image_sets import HTJ2K, Set, encoded, noise, pixel_module

UID = "1.2.3.1"
EXPLICIT = "1.2.840.10008.1.2.1"
JPEG, J2K_LOSSY, MPEG = (f"1.2.840.10008.1.2.4.{number}" for number in (50, 91, 102))

SHAPES = [("<i2", (33, 20)), ("<u2", (16, 16)), ("u1", (7, 9)), ("i1", (8, 8)), ("u1", (20, 33, 3)), ("<u2", (8, 8, 3))]


def written(built: Set, **options: Any) -> bytes:
    """The file of the only instance."""
    image_set = parse(built.blob)
    (instance,) = image_set.instances
    header = Headers(image_set).of(instance)
    assert header.remarks == ()
    if not instance.frames:
        return b"".join(file_of(header))
    pixels = pixels_of(instance, header, **options)
    frames = [pixels.frame(frame, built.frames[frame.id]) for frame in instance.frames]
    data = b"".join(file_of(header, pixels, frames))
    assert data == by_pydicom(header, pixels, frames)
    return data


def by_pydicom(header: Any, pixels: Any, frames: Any) -> bytes:
    """What pydicom writes of the same object once it has converted each of its values."""
    value, vr, photometric = pixel_data(pixels, frames)
    element = DataElement(pixels.tag, vr, value)
    element.is_undefined_length = pixels.encapsulated
    dataset = dataset_of(drawn_as(header, photometric), pixels.transfer_syntax_uid, element)
    for each in dataset.iterall():
        assert each.value is not NotImplemented
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def read(data: bytes) -> FileDataset:
    return dcmread(BytesIO(data))


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize(("dtype", "shape"), SHAPES)
def test_decoded_pixels_are_those_that_were_imported(dtype: str, shape: tuple[int, ...], count: int) -> None:
    built, frames = Set(), [noise(*shape, dtype=dtype, seed=seed) for seed in range(count)]
    built.add(UID, *frames, box=count == 2)

    dataset = read(written(built))

    assert dataset.file_meta.TransferSyntaxUID == EXPLICIT
    assert np.array_equal(dataset.pixel_array.reshape(count, *shape), np.stack(frames))
    assert (dataset["PixelData"].VR, len(dataset.PixelData) % 2) == ("OB" if dtype[-1] == "1" else "OW", 0)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("dtype", "shape"), SHAPES)
def test_compressed_frames_are_kept_without_their_boxes(dtype: str, shape: tuple[int, ...], check: bool) -> None:
    built, frames = Set(), [noise(*shape, dtype=dtype, seed=seed) for seed in range(3)]
    built.add(UID, *frames, box=True)

    dataset = read(written(built, keep_compressed=True, check=check))

    assert dataset.file_meta.TransferSyntaxUID == HTJ2K
    assert dataset.PhotometricInterpretation == ("YBR_RCT" if len(shape) == 3 else "MONOCHROME2")
    kept = list(generate_frames(dataset.PixelData, number_of_frames=3))
    assert [frame.rstrip(b"\0")[:4] for frame in kept] == [b"\xff\x4f\xff\x51"] * 3
    assert all(np.array_equal(imagecodecs.htj2k_decode(data), frame) for data, frame in zip(kept, frames, strict=True))


def test_an_offset_table_tells_where_frames_begin() -> None:
    built, frames = Set(), [noise(33, 20, seed=seed) for seed in range(3)]
    built.add(UID, *frames)

    value = read(written(built, keep_compressed=True)).PixelData

    offsets = np.frombuffer(value[8:20], "<u4").tolist()
    assert [value[20 + at + 8 : 20 + at + 12] for at in offsets] == [b"\xff\x4f\xff\x51"] * 3


def test_planes_are_planes_again() -> None:
    built, frame = Set(), noise(6, 5, 3, dtype="u1")
    built.add(UID, frame, PlanarConfiguration=1)

    dataset = read(written(built))

    assert dataset.PixelData[:30] == frame[:, :, 0].tobytes()
    assert np.array_equal(dataset.pixel_array, frame)


def test_what_was_transformed_is_rgb_once_it_is_decoded() -> None:
    built, frame = Set(), noise(6, 5, 3, dtype="u1")
    built.add(UID, frame, PhotometricInterpretation="YBR_RCT")

    assert read(written(built)).PhotometricInterpretation == "RGB"
    assert read(written(built, keep_compressed=True)).PhotometricInterpretation == "YBR_RCT"


def test_an_object_without_frames_is_written_without_pixel_data() -> None:
    built = Set()
    built.add(UID, ContentDate="20240229", PixelData=None)

    dataset = read(written(built))

    assert "PixelData" not in dataset
    assert dataset.ContentDate == "20240229"


def test_uncompressed_frames_are_taken_as_they_are_stored() -> None:
    built, frame = Set(), noise(7, 9, dtype="u1")
    for options in ({}, {"keep_compressed": True}):
        built = Set()
        built.store(UID, EXPLICIT, frame.tobytes() + b"\0", **pixel_module(frame))
        assert np.array_equal(read(written(built, **options)).pixel_array, frame)


@pytest.mark.parametrize("stored", ["bits", "samples"])
def test_frames_of_single_bits_follow_each_other_without_padding(stored: str) -> None:
    frames = [(noise(3, 5, dtype="u1", seed=seed) > 100).astype("u1") for seed in range(3)]
    module = pixel_module(frames[0]) | {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "NumberOfFrames": "3"}
    built = Set()
    if stored == "bits":
        built.store(UID, EXPLICIT, *(np.packbits(frame, bitorder="little").tobytes() for frame in frames), **module)
    else:
        built.add(UID, *frames, **module)

    assert np.array_equal(read(written(built)).pixel_array, np.stack(frames))


def colours() -> NDArray[Any]:
    """A picture that survives lossy compression nearly unchanged."""
    ramp = np.linspace(20, 230, 64, dtype="u1")
    return np.stack([np.tile(ramp, (64, 1)), np.tile(ramp[:, None], (1, 64)), np.full((64, 64), 99, "u1")], axis=2)


@pytest.mark.parametrize(
    ("syntax", "data", "photometric"),
    [
        (JPEG, bytes(imagecodecs.jpeg8_encode(colours(), level=95)), "YBR_FULL_422"),
        (J2K_LOSSY, bytes(imagecodecs.jpeg2k_encode(colours(), codecformat="j2k", level=45)), "YBR_ICT"),
    ],
)
def test_frames_that_came_compressed_are_decoded_or_kept_again(syntax: str, data: bytes, photometric: str) -> None:
    module = pixel_module(colours()) | {"PhotometricInterpretation": photometric}
    built = Set()
    built.store(UID, syntax, data, data, **module, NumberOfFrames="2")

    decoded, kept = read(written(built)), read(written(built, keep_compressed=True))

    assert (decoded.file_meta.TransferSyntaxUID, decoded.PhotometricInterpretation) == (EXPLICIT, "RGB")
    assert int(np.abs(decoded.pixel_array[1].astype(int) - colours()).max()) < 16
    assert (kept.file_meta.TransferSyntaxUID, kept.PhotometricInterpretation) == (syntax, photometric)
    assert list(generate_frames(kept.PixelData, number_of_frames=2))[1][: len(data)] == data


def test_a_video_stays_as_it_is() -> None:
    built, video = Set(), b"\0\0\1\xb3 not really a video"
    built.store(UID, MPEG, video, **pixel_module(colours()), NumberOfFrames="250")

    dataset = read(written(built))

    assert dataset.file_meta.TransferSyntaxUID == MPEG
    assert next(generate_frames(dataset.PixelData, number_of_frames=1))[: len(video)] == video
    assert parse_basic_offsets(dataset.PixelData) == []


def corrupt(built: Set, **options: Any) -> str:
    with pytest.raises(FrameCorrupt) as raised:
        written(built, **options)
    return str(raised.value)


def test_a_frame_that_is_another_than_was_imported_is_named() -> None:
    built = Set()
    built.add(UID, noise(9, 9), noise(9, 9, seed=2))
    second = [*built.frames][1]
    built.frames[second] = encoded(noise(9, 9, seed=3))

    for options in ({}, {"keep_compressed": True}):
        assert f"frame 2 ({second})" in corrupt(built, **options)
    assert read(written(built, keep_compressed=True, check=False))


def test_a_kept_frame_is_compared_even_when_it_is_not_decoded() -> None:
    built = Set()
    built.store(UID, JPEG, b"jpeg", **pixel_module(colours()))
    built.frames[next(iter(built.frames))] = b"gepj"

    assert "frame 1" in corrupt(built, keep_compressed=True, check=False)


@pytest.mark.parametrize(
    "wrong", [{"Rows": 8}, {"Columns": 10}, {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, {"SamplesPerPixel": 3}]
)
def test_frames_that_contradict_the_header_are_refused(wrong: dict[str, Any]) -> None:
    built = Set()
    built.add(UID, noise(9, 9), **wrong)

    with pytest.raises((FrameCorrupt, CannotRender)):
        written(built)


@pytest.mark.parametrize("told", ["1", "3", None])
def test_an_instance_that_lacks_frames_is_refused(told: str | None) -> None:
    built = Set()
    built.add(UID, noise(9, 9), noise(9, 9), NumberOfFrames=told)

    with pytest.raises(CannotRender, match="the image set has 2 frames"):
        written(built)


def test_a_stored_frame_that_is_too_short_is_refused() -> None:
    built, frame = Set(), noise(9, 9)
    built.store(UID, EXPLICIT, frame.tobytes(), frame.tobytes()[:-1], **pixel_module(frame), NumberOfFrames="2")
    assert "161 bytes" in corrupt(built)


@pytest.mark.parametrize(("bits", "data"), [(16, noise(3, 3, 3).tobytes()), (1, b"\1\2\3\4"), (16, b"cut off!")])
def test_the_only_frame_that_is_stored_is_all_pixel_data_as_they_came(bits: int, data: bytes) -> None:
    """Of binary segmentations, and of what could not be taken apart: too few bytes are those that were imported."""
    built = Set()
    module = pixel_module(noise(3, 3)) | {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1}
    built.store(UID, EXPLICIT, data, **module, NumberOfFrames="3")["ImageFrames"][0]["MinPixelValue"] = None

    assert read(written(built)).PixelData == data + bytes(len(data) % 2)


def test_too_few_bytes_that_no_checksum_tells_of_are_refused() -> None:
    built = Set()
    stored = built.store(UID, EXPLICIT, b"cut off!", **pixel_module(noise(3, 3)), NumberOfFrames="3")
    stored["ImageFrames"][0]["PixelDataChecksumFromBaseToFullResolution"] = []
    assert "8 bytes" in corrupt(built)


def test_encapsulated_pixel_data_that_could_not_be_taken_apart_are_written_in_one_piece() -> None:
    built, value = Set(), encapsulate([b"\xff\xd8one!", b"\xff\xd8two!"])
    built.store(UID, JPEG, value, **pixel_module(colours()), NumberOfFrames="3")

    assert read(written(built, keep_compressed=True)).PixelData == value


def test_pixel_data_that_no_element_holds_are_refused_before_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part10, "MAX_VALUE", 300)
    built = Set()
    built.add(UID, noise(9, 9), noise(9, 9))

    with pytest.raises(CannotRender, match="keep them compressed"):
        written(built)


def test_a_frame_without_a_checksum_is_written_all_the_same() -> None:
    built, frame = Set(), noise(9, 9)
    built.add(UID, frame)["ImageFrames"][0]["PixelDataChecksumFromBaseToFullResolution"] = []
    assert zlib.crc32(read(written(built)).PixelData[:162]) == zlib.crc32(frame.tobytes())
