"""Pixels as they are stored: HTJ2K or as they came, with checksums that a decoder's output has to meet."""

import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import openjpeg
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian

from local.healthimaging import Imaging
from local.healthimaging.frames import HTJ2K_RPCL, J2K_LOSSLESS, Stored, boxed, checksums_of, halved, store
from local.healthimaging.sets import CONTENT_TYPES
from tests.unit.local.healthimaging.conftest import Bring, Client, bringing, instance

Pixels = NDArray[Any]
JPEG = "1.2.840.10008.1.2.4."
EXPLICIT = "1.2.840.10008.1.2.1"


def noise(*shape: int, kind: str = "u2", seed: int = 1) -> Pixels:
    limits = np.iinfo(kind)
    return np.random.default_rng(seed).integers(limits.min, limits.max, shape, kind, endpoint=True)


def of_pixels(pixels: Pixels, frames: int = 1, **elements: Any) -> Dataset:
    """A data set of uncompressed pixels: frames, if many, rows, columns, and samples, if many."""
    rows, columns = pixels.shape[1 if frames > 1 else 0 :][:2]
    samples = pixels.shape[-1] if pixels.ndim == (4 if frames > 1 else 3) else 1
    bits = pixels.itemsize * 8
    dataset = instance(
        1,
        Rows=rows,
        Columns=columns,
        SamplesPerPixel=samples,
        PhotometricInterpretation="RGB" if samples > 1 else "MONOCHROME2",
        BitsAllocated=bits,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(pixels.dtype.kind == "i"),
        **({"PlanarConfiguration": 0} if samples > 1 else {}),
        **({"NumberOfFrames": frames} if frames > 1 else {}),
        **elements,
    )
    data = pixels.tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)
    return dataset


def of_frames(*frames: bytes, **elements: Any) -> Dataset:
    """A data set of compressed frames."""
    dataset = of_pixels(noise(8, 8, kind="u1"), **({"NumberOfFrames": len(frames)} | elements))
    dataset.PixelData = encapsulate(list(frames))
    dataset["PixelData"].VR = "OB"
    return dataset


def decoded(stored: Stored) -> list[Pixels]:
    """The frames of an instance, each held to its checksum."""
    found = []
    for frame in stored.frames:
        pixels = imagecodecs.htj2k_decode(frame.data, planar=False)
        full = frame.described["PixelDataChecksumFromBaseToFullResolution"][-1]
        assert (full["Checksum"], full["Height"], full["Width"]) == (zlib.crc32(pixels), *pixels.shape[:2])
        assert (frame.described["MinPixelValue"], frame.described["MaxPixelValue"]) == (pixels.min(), pixels.max())
        found.append(pixels)
    return found


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("shape", [(16, 12), (1, 1), (7, 33)])
def test_grey_frames_come_back_bit_for_bit(kind: str, shape: tuple[int, int]) -> None:
    pixels = noise(*shape, kind=kind)
    stored = store(of_pixels(pixels), EXPLICIT)
    assert (stored.syntax, stored.warnings) == (HTJ2K_RPCL, [])
    np.testing.assert_array_equal(decoded(stored)[0], pixels)


def test_each_frame_is_stored_by_itself() -> None:
    pixels = noise(3, 16, 12)
    for frame, expected in zip(decoded(store(of_pixels(pixels, 3), EXPLICIT)), pixels, strict=True):
        np.testing.assert_array_equal(frame, expected)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_colour_is_interleaved_however_it_came(kind: str) -> None:
    pixels = noise(6, 5, 3, kind=kind)
    planar = of_pixels(pixels)
    planar.PlanarConfiguration = 1
    planar.PixelData = np.ascontiguousarray(np.moveaxis(pixels, -1, 0)).tobytes()
    for dataset in (of_pixels(pixels), planar):
        np.testing.assert_array_equal(decoded(store(dataset, EXPLICIT))[0], pixels)


def test_big_endian_pixels_are_turned() -> None:
    pixels = noise(6, 5, kind="i2")
    dataset = of_pixels(pixels)
    dataset.PixelData = pixels.astype(">i2").tobytes()
    np.testing.assert_array_equal(decoded(store(dataset, str(ExplicitVRBigEndian)))[0], pixels)


@pytest.mark.parametrize(
    ("last", "encode"),
    [
        ("80", imagecodecs.jpegls_encode),
        ("70", imagecodecs.ljpeg_encode),
        ("90", lambda pixels: imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="j2k", reversible=True)),
        ("201", imagecodecs.htj2k_encode),
        ("202", lambda pixels: imagecodecs.htj2k_encode(pixels, tlm=True)),
    ],
)
def test_lossless_frames_are_transcoded(last: str, encode: Callable[[Pixels], bytes]) -> None:
    pixels = noise(2, 8, 8, kind="u1")
    stored = store(of_frames(*(encode(frame) for frame in pixels)), f"{JPEG}{last}")
    assert (stored.syntax, stored.warnings) == (HTJ2K_RPCL, [])
    np.testing.assert_array_equal(decoded(stored), pixels)


@pytest.mark.parametrize("last", ["50", "91", "112", "203"])
def test_lossy_frames_stay_as_they_are(last: str) -> None:
    frames = [b"\xff\xd8 first", b"\xff\xd8 second frame"]
    stored = store(of_frames(*frames), f"{JPEG}{last}")
    assert (stored.syntax, stored.warnings) == (f"{JPEG}{last}", [])
    kept = [frame.data.rstrip(b"\0") for frame in stored.frames]
    assert kept == frames
    for frame in stored.frames:
        checksum = {"Width": 8, "Height": 8, "Checksum": zlib.crc32(frame.data)}
        assert frame.described["PixelDataChecksumFromBaseToFullResolution"] == [checksum]
        assert frame.described["MinPixelValue"] is frame.described["MaxPixelValue"] is None


def test_a_film_is_one_object() -> None:
    dataset = of_frames(b"one", NumberOfFrames=30)
    stored = store(dataset, f"{JPEG}102")
    assert (stored.syntax, [frame.data for frame in stored.frames]) == (f"{JPEG}102", [b"one\0"])


@pytest.mark.parametrize(
    ("change", "syntax", "kinds"),
    [
        ({"PixelData": bytes(100)}, EXPLICIT, ["FRAMES_EXTRACTION_FAILURE"]),
        ({"BitsAllocated": 12}, EXPLICIT, ["TRANSCODING_EXCEPTION"]),
        ({"PhotometricInterpretation": "YBR_FULL_422"}, EXPLICIT, ["TRANSCODING_EXCEPTION"]),
        ({"Rows": None}, EXPLICIT, ["FRAMES_EXTRACTION_FAILURE"]),
        ({"PixelData": encapsulate([b"no JPEG-LS"])}, f"{JPEG}80", ["TRANSCODING_EXCEPTION"]),
        ({"PixelData": b"no fragments at all"}, f"{JPEG}80", ["FRAMES_EXTRACTION_FAILURE"]),
        ({"PixelData": encapsulate([b"a", b"b", b"c"]), "NumberOfFrames": 2}, f"{JPEG}50", ["FRAME_NUMBER_MISMATCH"]),
        ({"PixelData": encapsulate([b"private"])}, "1.2.3.4", ["UNSUPPORTED_TRANSFER_SYNTAX"]),
    ],
)
def test_pixels_that_cannot_be_transcoded_are_kept_and_warned_of(
    change: dict[str, Any], syntax: str, kinds: list[str]
) -> None:
    dataset = of_pixels(noise(8, 8))
    for keyword, value in change.items():
        setattr(dataset, keyword, value)
    stored = store(dataset, syntax)
    assert [warning.kind for warning in stored.warnings] == kinds
    assert stored.syntax == (EXPLICIT if syntax == EXPLICIT else syntax)
    assert len(stored.frames) == 1
    assert (
        zlib.crc32(stored.frames[0].data)
        == (stored.frames[0].described["PixelDataChecksumFromBaseToFullResolution"][0]["Checksum"])
    )


def test_bytes_after_the_last_frame_are_warned_of() -> None:
    dataset = of_pixels(noise(8, 8))
    dataset.PixelData += bytes(64)
    stored = store(dataset, EXPLICIT)
    assert [warning.kind for warning in stored.warnings] == ["FRAME_NUMBER_MISMATCH"]
    assert stored.syntax == HTJ2K_RPCL


def test_binary_segmentations_stay_as_they_are() -> None:
    dataset = of_pixels(noise(8, 8, kind="u1"))
    dataset.BitsAllocated, dataset.PixelData = 1, bytes(8)
    stored = store(dataset, EXPLICIT)
    assert (stored.syntax, stored.warnings, stored.frames[0].data) == (EXPLICIT, [], bytes(8))


@pytest.mark.parametrize("kind", ["u2", "i2"])
@pytest.mark.parametrize("shape", [(512, 512), (375, 512), (257, 300), (255, 999)])
def test_lower_resolutions_are_what_a_decoder_gives(kind: str, shape: tuple[int, int]) -> None:
    pixels = noise(*shape, kind=kind) >> 1
    stream = imagecodecs.htj2k_encode(pixels, tlm=True)
    told = checksums_of(pixels)
    for skipped, level in enumerate(reversed(told)):
        lower = imagecodecs.htj2k_decode(stream, skipres=skipped)
        assert (level["Height"], level["Width"]) == lower.shape
        assert level["Checksum"] == zlib.crc32(lower)
    assert checksums_of(pixels, levels=False) == told[-1:]


@pytest.mark.parametrize(
    ("shape", "sizes"), [((512, 512), [(128, 128), (256, 256), (512, 512)]), ((375, 512), [(256, 188), (512, 375)])]
)
def test_levels_are_those_of_aws_s_published_examples(shape: tuple[int, int], sizes: list[tuple[int, int]]) -> None:
    assert [(each["Width"], each["Height"]) for each in checksums_of(np.zeros(shape, "i2"))] == sizes


def test_one_step_of_the_wavelet_by_hand() -> None:
    """ISO/IEC 15444-1 F.3.8.2.1: x[2n] + ⌊(d[n-1] + d[n] + 2) / 4⌋ with d[n] = x[2n+1] - ⌊(x[2n] + x[2n+2]) / 2⌋."""
    column = np.array([[1], [4], [9], [16], [25]], "i4")
    # Both d are -1; so nothing is added to any x.
    assert halved(column).ravel().tolist() == [1, 9, 25]
    assert halved(np.array([[0], [10], [0], [10]], "i4")).ravel().tolist() == [5, 5]


@pytest.mark.parametrize("pixels", [noise(40, 30), noise(40, 30, kind="i2"), noise(9, 8, 3, kind="u1")])
def test_a_jph_file_is_decoded_by_aws_s_own_call(pixels: Pixels) -> None:
    codestream = bytes(imagecodecs.htj2k_encode(pixels, tlm=True))
    np.testing.assert_array_equal(openjpeg.decode(boxed(codestream), 2), pixels)
    np.testing.assert_array_equal(imagecodecs.htj2k_decode(boxed(codestream), planar=False), pixels)
    assert boxed(codestream).endswith(codestream)


def test_streams_are_reversible_and_by_resolution() -> None:
    stream = store(of_pixels(noise(40, 30)), EXPLICIT).frames[0].data
    start = stream.index(b"\xff\x52")
    assert stream[start + 5] == 2  # RPCL (ISO/IEC 15444-1 table A.16)
    assert stream[start + 13] == 1  # the reversible 5/3 filter (table A.20)
    assert b"\xff\x55" in stream[: stream.index(b"\xff\x90")]  # TLM


def test_frames_say_what_they_are(imaging: Imaging, client: Client, bring: Bring) -> None:
    of_a_photo = of_pixels(noise(8, 8, kind="u1"))
    (image_set,) = bring(of_a_photo).image_sets
    (only,) = client.instances(image_set).values()
    for syntax, content_type in CONTENT_TYPES.items():
        with imaging.service.state.changing() as rows:
            rows.execute("UPDATE frames SET syntax = ?", (syntax,))
        assert client.frame(image_set, only["ImageFrames"][0]["ID"])[1] == content_type


def test_a_data_store_may_keep_jpeg_2000(imaging: Imaging, tmp_path: Any) -> None:
    store_id = imaging.service.datastores.create(
        {"datastoreName": "j2k", "clientToken": "j2k", "losslessStorageFormat": "JPEG_2000_LOSSLESS"}
    )["datastoreId"]
    imaging.settle()
    imaging.datastore_id = store_id
    client, pixels = Client(imaging), noise(20, 16, kind="i2")
    (image_set,) = bringing(imaging, tmp_path / "f")(of_pixels(pixels)).image_sets
    (only,) = client.instances(image_set).values()
    data, content_type = client.frame(image_set, only["ImageFrames"][0]["ID"])
    assert (only["StoredTransferSyntaxUID"], content_type) == (J2K_LOSSLESS, "image/j2c")
    np.testing.assert_array_equal(imagecodecs.jpeg2k_decode(data), pixels)
