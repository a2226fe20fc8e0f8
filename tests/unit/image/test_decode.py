"""A frame's bytes -> its samples: every transfer syntax, encoded here."""

import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.pixels.encoders import RLELosslessEncoder

from serverless_dicom.errors import InvalidPixelDescription, TruncatedPixelData, UndecodablePixelData
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import RenderOptions, open_image, render
from serverless_dicom.image.decode import Decoded, decode
from serverless_dicom.image.syntaxes import FAMILIES
from serverless_dicom.runtime.apart import apart
from tests.pictures import drawn, encapsulated, levels, make_image, native, noise

_DICOM = "1.2.840.10008.1.2"
SIZES = [(1, 1), (7, 9), (16, 16), (33, 1), (1, 40)]


def decoded(file: bytes, frame: int = 1) -> Decoded:
    """The stored values of a frame."""
    found = open_image(MemoryRanges(file)).frame(frame)
    return decode(found.encoded, found.description, found.transfer_syntax_uid, found.family)


def rle(array: NDArray[Any]) -> bytes:
    """RLE by pydicom's encoder."""
    colour = array.ndim == 3
    return RLELosslessEncoder.encode(
        np.ascontiguousarray(array),
        rows=array.shape[0],
        columns=array.shape[1],
        samples_per_pixel=3 if colour else 1,
        photometric_interpretation="RGB" if colour else "MONOCHROME2",
        bits_allocated=8 * array.itemsize,
        bits_stored=8 * array.itemsize,
        pixel_representation=int(array.dtype.kind == "i"),
        number_of_frames=1,
        planar_configuration=0,
        encoding_plugin="pydicom",
    )


def raw_deflate(array: NDArray[Any]) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(array.tobytes()) + stream.flush()


def even(data: Any) -> bytes:
    return bytes(data) + bytes(len(data) % 2)


LOSSLESS: dict[str, Callable[[NDArray[Any], int], Any]] = {
    f"{_DICOM}.1.98": lambda array, _: array.tobytes(),
    f"{_DICOM}.8.1": lambda array, _: raw_deflate(array),
    f"{_DICOM}.5": lambda array, _: rle(array),
    f"{_DICOM}.4.57": lambda array, bits: imagecodecs.jpeg8_encode(
        array, lossless=True, predictor=6, bitspersample=bits
    ),
    f"{_DICOM}.4.70": lambda array, bits: imagecodecs.jpeg8_encode(
        array, lossless=True, predictor=1, bitspersample=bits
    ),
    f"{_DICOM}.4.80": lambda array, _: imagecodecs.jpegls_encode(array),
    f"{_DICOM}.4.90": lambda array, bits: imagecodecs.jpeg2k_encode(
        array, codecformat="j2k", reversible=True, bitspersample=bits
    ),
    f"{_DICOM}.4.91": lambda array, _: imagecodecs.jpeg2k_encode(array, codecformat="j2k", reversible=True),
    f"{_DICOM}.4.110": lambda array, bits: imagecodecs.jpegxl_encode(array, lossless=True, bitspersample=bits),
    f"{_DICOM}.4.201": lambda array, _: imagecodecs.htj2k_encode(array, reversible=True),
    f"{_DICOM}.4.202": lambda array, _: imagecodecs.htj2k_encode(array, reversible=True),
}
"""What encodes an array of so many bits a sample without loss."""

BY = {
    f"{_DICOM}.1.98": "none",
    f"{_DICOM}.8.1": "zlib",
    f"{_DICOM}.5": "imagecodecs",
    f"{_DICOM}.4.57": "libjpeg-turbo",
    f"{_DICOM}.4.70": "libjpeg-turbo",
    f"{_DICOM}.4.80": "CharLS",
    f"{_DICOM}.4.90": "OpenJPEG",
    f"{_DICOM}.4.91": "OpenJPEG",
    f"{_DICOM}.4.110": "libjxl",
    f"{_DICOM}.4.201": "OpenJPH",
    f"{_DICOM}.4.202": "OpenJPH",
}


def test_every_family_but_the_uncompressed_is_tried_here() -> None:
    assert {FAMILIES[uid] for uid in LOSSLESS} == set(FAMILIES.values()) - {FAMILIES[_DICOM]}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("uid", LOSSLESS)
def test_lossless_grey_is_what_was_encoded(uid: str, bits: int, size: tuple[int, int]) -> None:
    array = noise(size, bits) if size != (1, 1) else np.array([[3]], noise((2, 1), bits).dtype)
    dataset = make_image(rows=size[0], columns=size[1], bits=bits)

    found = decoded(encapsulated(dataset, [even(LOSSLESS[uid](array, bits))], uid))

    assert np.array_equal(found.samples, array)
    assert found.decoder == BY[uid]


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("uid", [uid for uid in LOSSLESS if ".110" not in uid])
def test_lossless_signed_grey_is_what_was_encoded(uid: str, bits: int) -> None:
    array = noise((7, 9), bits, signed=True)
    dataset = make_image(rows=7, columns=9, bits=bits, signed=True)
    if ".4.9" in uid or ".4.20" in uid:  # JPEG 2000 knows of signs; the others have the bits as they are
        encoded = LOSSLESS[uid](array, bits)
    else:
        encoded = LOSSLESS[uid](array.view(array.dtype.str.replace("i", "u")) & ((1 << bits) - 1), bits)

    assert np.array_equal(decoded(encapsulated(dataset, [even(encoded)], uid)).samples, array)


@pytest.mark.parametrize("size", [(7, 9), (16, 16), (5, 1)], ids=str)
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("uid", [uid for uid in LOSSLESS if uid.rpartition(".")[2] not in {"57", "70"}])
def test_lossless_colour_is_what_was_encoded(uid: str, bits: int, size: tuple[int, int]) -> None:
    array = noise((*size, 3), bits)
    photometric = "YBR_RCT" if ".4.9" in uid or ".4.20" in uid else "RGB"
    dataset = make_image(photometric, rows=size[0], columns=size[1], bits=bits)

    found = decoded(encapsulated(dataset, [even(LOSSLESS[uid](array, bits))], uid))

    assert np.array_equal(found.samples, array)
    assert found.photometric_interpretation == "RGB"


def numbered(jpeg: bytes) -> bytes:
    """A JPEG codestream without its Adobe segment, whose components are no longer called R, G and B but 1, 2 and 3."""
    frame, scan = b"R\x11\0G\x11\0B\x11\0", b"\3R\0G\0B\0"
    assert jpeg[2:4] == b"\xff\xee"
    assert frame in jpeg
    assert scan in jpeg
    renamed = jpeg.replace(frame, b"\1\x11\0\2\x11\0\3\x11\0").replace(scan, b"\3\1\0\2\0\3\0")
    return renamed[:2] + renamed[18:]


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_lossless_jpeg_keeps_its_components(photometric: str, predictor: int) -> None:
    array = noise((7, 9, 3))
    encoded = numbered(imagecodecs.jpeg8_encode(array, lossless=True, predictor=predictor))

    found = decoded(encapsulated(make_image(photometric, rows=7, columns=9), [even(encoded)], f"{_DICOM}.4.57"))

    assert np.array_equal(found.samples, array)
    assert found.photometric_interpretation == photometric


def test_a_codestream_that_names_its_components_is_believed() -> None:
    """Some say YBR_FULL_422 of lossless JPEGs of R, G and B."""
    array = noise((7, 9, 3))
    encoded = imagecodecs.jpeg8_encode(array, lossless=True, predictor=1)

    found = decoded(encapsulated(make_image("YBR_FULL", rows=7, columns=9), [even(encoded)], f"{_DICOM}.4.70"))

    assert np.array_equal(found.samples, array)
    assert found.photometric_interpretation == "RGB"


def smooth(rows: int, columns: int, *, colour: bool = False, top: int = 255) -> NDArray[Any]:
    """A picture such as lossy codecs are made for."""
    grey = np.add.outer(np.arange(rows) / rows, np.arange(columns) / columns) / 2 * top
    array = np.stack([grey, top - grey, np.full_like(grey, top / 2)], axis=-1) if colour else grey
    return np.clip(array, 1, top - 1).astype(np.uint8 if top < 256 else np.uint16)


LOSSY: list[tuple[str, str, Callable[[NDArray[Any]], Any]]] = [
    ("50", "RGB", lambda a: imagecodecs.jpeg8_encode(a, level=98, colorspace="RGB", outcolorspace="RGB")),
    ("50", "YBR_FULL", lambda a: imagecodecs.jpeg8_encode(a, level=98, colorspace="RGB", outcolorspace="YCBCR")),
    (
        "50",
        "YBR_FULL_422",
        lambda a: imagecodecs.jpeg8_encode(a, level=98, colorspace="RGB", outcolorspace="YCBCR", subsampling="422"),
    ),
    ("81", "RGB", lambda a: imagecodecs.jpegls_encode(a, level=2)),
    ("91", "YBR_ICT", lambda a: imagecodecs.jpeg2k_encode(a, codecformat="j2k", level=45)),
    ("112", "RGB", lambda a: imagecodecs.jpegxl_encode(a, distance=0.1)),
    ("112", "XYB", lambda a: imagecodecs.jpegxl_encode(a, distance=0.1)),
    ("203", "YBR_ICT", lambda a: imagecodecs.htj2k_encode(a, level=0.002, reversible=False)),
]


@pytest.mark.parametrize("size", [(33, 47), (16, 16)], ids=str)
@pytest.mark.parametrize(("number", "photometric", "encode"), LOSSY, ids=[f"{n} {p}" for n, p, _ in LOSSY])
def test_lossy_colour_is_nearly_what_was_encoded(
    number: str, photometric: str, encode: Callable[[NDArray[Any]], Any], size: tuple[int, int]
) -> None:
    array = smooth(*size, colour=True)
    dataset = make_image("RGB", rows=size[0], columns=size[1], PhotometricInterpretation=photometric)

    found = decoded(encapsulated(dataset, [even(encode(array))], f"{_DICOM}.4.{number}"))

    assert found.photometric_interpretation == "RGB"
    assert np.abs(found.samples.astype(int) - array).mean() <= 3


@pytest.mark.parametrize(
    ("number", "bits", "encode"),
    [
        ("50", 8, lambda a: imagecodecs.jpeg8_encode(a, level=98)),
        ("51", 8, lambda a: imagecodecs.jpeg8_encode(a, level=98)),
        ("51", 12, lambda a: imagecodecs.jpeg8_encode(a, level=99, bitspersample=12)),
        ("81", 12, lambda a: imagecodecs.jpegls_encode(a, level=3)),
        ("91", 12, lambda a: imagecodecs.jpeg2k_encode(a, codecformat="j2k", level=80)),
        ("112", 12, lambda a: imagecodecs.jpegxl_encode(a, distance=0.1, bitspersample=12)),
        ("203", 12, lambda a: imagecodecs.htj2k_encode(a, level=0.0005, reversible=False)),
    ],
)
def test_lossy_grey_is_nearly_what_was_encoded(number: str, bits: int, encode: Callable[[NDArray[Any]], Any]) -> None:
    top = (1 << bits) - 1
    array = smooth(33, 47, top=top)
    dataset = make_image(rows=33, columns=47, bits=bits)

    found = decoded(encapsulated(dataset, [even(encode(array))], f"{_DICOM}.4.{number}"))

    assert np.abs(found.samples.astype(int) - array).max() <= top // 64


@pytest.mark.parametrize(
    ("number", "encode"),
    [
        ("203", lambda a: imagecodecs.htj2k_encode(a, level=0.02, reversible=False)),
        ("91", lambda a: imagecodecs.jpeg2k_encode(a, codecformat="j2k", level=30)),
    ],
)
def test_what_a_lossy_wavelet_overshoots_is_clipped(number: str, encode: Callable[[NDArray[Any]], Any]) -> None:
    array = np.kron(np.indices((8, 8)).sum(0) % 2 * 255, np.ones((8, 8))).astype(np.uint8)

    found = decoded(encapsulated(make_image(rows=64, columns=64), [even(encode(array))], f"{_DICOM}.4.{number}"))

    assert np.abs(found.samples.astype(int) - array).max() < 128


@pytest.mark.parametrize("uid", LOSSLESS)
@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_every_frame_is_found_and_decoded(uid: str, table: str) -> None:
    frames = [noise((6, 5), 8, seed=seed) for seed in range(4)]
    dataset = make_image(rows=6, columns=5, frames=4)
    file = encapsulated(dataset, [even(LOSSLESS[uid](frame, 8)) for frame in frames], uid, table=table)

    for number in (1, 3, 4, 2):
        assert np.array_equal(decoded(file, number).samples, frames[number - 1])


@pytest.mark.parametrize("bits", [32, 64])
def test_rle_of_many_bits(bits: int) -> None:
    """Each byte of a sample is a segment of its own, the highest first (PS3.5 G.2)."""
    array = noise((5, 7), bits)
    planes = [
        rle(plane)[64:] for plane in array.astype(f">u{bits // 8}").view(np.uint8).reshape(5, 7, -1).T.swapaxes(1, 2)
    ]
    header = np.zeros(16, "<u4")
    header[0] = len(planes)
    header[1 : 1 + len(planes)] = 64 + np.cumsum([0, *map(len, planes)])[:-1]

    found = decoded(
        encapsulated(make_image(rows=5, columns=7, bits=bits), [header.tobytes() + b"".join(planes)], f"{_DICOM}.5")
    )

    assert np.array_equal(found.samples, array)


def test_rle_of_one_bit() -> None:
    """Bits stand eight to a byte before they are run-length encoded, as uncompressed."""
    bits = noise((4, 8), 1)
    packed = np.packbits(bits.reshape(-1), bitorder="little").reshape(1, 4)

    found = decoded(encapsulated(make_image(rows=4, columns=8, bits=1), [rle(packed)], f"{_DICOM}.5"))

    assert np.array_equal(found.samples, bits)


def test_rle_keeps_a_high_bit_that_is_not_the_lowest_possible() -> None:
    values = noise((4, 4), 10)
    dataset = make_image(rows=4, columns=4, bits=10, HighBit=12)

    found = decoded(encapsulated(dataset, [rle(values.astype(np.uint16) << 3 | 0xE007)], f"{_DICOM}.5"))

    assert np.array_equal(found.samples, values)


def test_a_jp2_file_is_read_as_its_codestream() -> None:
    array = noise((7, 9))
    file = encapsulated(
        make_image(rows=7, columns=9),
        [even(imagecodecs.jpeg2k_encode(array, codecformat="jp2", reversible=True))],
        f"{_DICOM}.4.90",
    )

    assert np.array_equal(decoded(file).samples, array)


def test_jpeg_2000_without_component_transformation_is_as_it_says() -> None:
    array = noise((7, 9, 3))
    encoded = imagecodecs.jpeg2k_encode(array, codecformat="j2k", reversible=True, mct=False)

    found = decoded(encapsulated(make_image("YBR_FULL", rows=7, columns=9), [even(encoded)], f"{_DICOM}.4.90"))

    assert np.array_equal(found.samples, array)
    assert found.photometric_interpretation == "YBR_FULL"


@pytest.mark.parametrize(("uid", "actual"), [("4.201", "4.90"), ("4.90", "4.201")])
def test_what_the_first_decoder_refuses_the_next_may_accept(uid: str, actual: str) -> None:
    """Some objects have JPEG 2000 where their transfer syntax says HTJ2K, and the reverse: OpenJPEG reads both."""
    array = noise((7, 9), 12)
    encoded = LOSSLESS[f"{_DICOM}.{actual}"](array, 12)

    found = decoded(encapsulated(make_image(rows=7, columns=9, bits=12), [even(encoded)], f"{_DICOM}.{uid}"))

    assert np.array_equal(found.samples, array)
    assert found.decoder == "OpenJPEG"


def test_a_codestream_of_fewer_bits_than_are_allocated() -> None:
    array = noise((7, 9))
    dataset = make_image(rows=7, columns=9, bits=8, allocated=16)

    found = decoded(encapsulated(dataset, [even(imagecodecs.jpegls_encode(array))], f"{_DICOM}.4.80"))

    assert np.array_equal(found.samples, array)


class TestRefusals:
    GREY = noise((7, 9))

    @pytest.mark.parametrize("uid", sorted(set(LOSSLESS) - {f"{_DICOM}.1.98"}))
    def test_noise_is_no_frame(self, uid: str) -> None:
        file = encapsulated(make_image(rows=7, columns=9), [bytes(range(1, 101))], uid)

        with pytest.raises(UndecodablePixelData):
            decoded(file)

    @pytest.mark.parametrize("uid", [uid for uid in LOSSLESS if ".4." in uid and ".110" not in uid])
    def test_a_codestream_of_another_size_is_not_decoded(self, uid: str) -> None:
        file = encapsulated(make_image(rows=9, columns=7), [even(LOSSLESS[uid](self.GREY, 8))], uid)

        with pytest.raises(InvalidPixelDescription, match="9 x 7 pixels of 1 components, the data set 7 x 9 of 1"):
            decoded(file)

    def test_nor_is_one_of_another_size_in_jpeg_xl(self) -> None:
        uid = f"{_DICOM}.4.110"

        with pytest.raises(UndecodablePixelData, match="declared size"):
            decoded(encapsulated(make_image(rows=9, columns=7), [even(LOSSLESS[uid](self.GREY, 8))], uid))

    @pytest.mark.parametrize("uid", [f"{_DICOM}.1.98", f"{_DICOM}.8.1"])
    def test_too_few_bytes_are_refused(self, uid: str) -> None:
        file = encapsulated(make_image(rows=8, columns=9), [even(LOSSLESS[uid](self.GREY, 8))], uid)

        with pytest.raises(UndecodablePixelData, match="its description takes 72"):
            decoded(file)

    def test_more_bits_than_are_allocated_are_refused(self) -> None:
        encoded = imagecodecs.jpegls_encode(noise((7, 9), 12))

        with pytest.raises(InvalidPixelDescription, match="bits a sample, BitsAllocated is 8"):
            decoded(encapsulated(make_image(rows=7, columns=9), [even(encoded)], f"{_DICOM}.4.80"))

    def test_colour_is_not_grey(self) -> None:
        encoded = imagecodecs.jpegls_encode(noise((7, 9, 3)))

        with pytest.raises(InvalidPixelDescription, match="of 3 components, the data set 9 x 7 of 1"):
            decoded(encapsulated(make_image(rows=7, columns=9), [even(encoded)], f"{_DICOM}.4.80"))

    def test_the_refusals_are_named(self) -> None:
        whole = imagecodecs.jpeg2k_encode(noise((64, 64), 12), codecformat="j2k", reversible=True)
        cut = even(whole[:600]) + b"\xff\xd9"
        file = encapsulated(make_image(rows=64, columns=64, bits=12), [cut], f"{_DICOM}.4.90")

        with pytest.raises(UndecodablePixelData, match="no decoder accepts the JPEG 2000 frame \\(OpenJPEG: "):
            decoded(file)


@pytest.mark.parametrize(
    ("number", "encode"),
    [
        ("50", lambda a: imagecodecs.jpeg8_encode(a, level=95)),
        ("70", lambda a: imagecodecs.jpeg8_encode(a, lossless=True, predictor=1)),
        ("80", imagecodecs.jpegls_encode),
        ("201", lambda a: imagecodecs.htj2k_encode(a, reversible=True)),
    ],
)
def test_a_codestream_that_was_cut_off_is_refused(number: str, encode: object) -> None:
    whole = bytes(encode(noise((64, 64))))  # type: ignore[operator]
    file = encapsulated(
        make_image(rows=64, columns=64), [whole[: len(whole) * 3 // 10 & ~1]], f"1.2.840.10008.1.2.4.{number}"
    )

    with pytest.raises(TruncatedPixelData, match="it was cut off"):
        drawn(file)


def test_one_stored_bit_of_eight_has_a_place() -> None:
    dataset = make_image(bits=1, allocated=8, HighBit=7)
    assert levels(native(dataset, bytes([128, 127] * 8))) == [255, 0] * 8


def test_one_stored_bit_of_sixty_four_is_drawn_in_time() -> None:
    """np.take(mode="wrap") subtracts the table's length until an index fits: unmasked samples take for ever."""
    dataset = make_image(bits=1, allocated=64, HighBit=0, WindowCenter=1, WindowWidth=2)
    file = native(dataset, b"\xff\xff\xff\xff\xff\xff\xff\x7f" * 16)

    assert apart(render, open_image(MemoryRanges(file)).frame(1), RenderOptions(), seconds=3)
