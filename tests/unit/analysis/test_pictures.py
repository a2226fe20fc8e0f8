"""JPEG, PNG and GIF files of every sort -> a picture that Rekognition takes, upright, with nothing beside it."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from serverless_dicom.analysis.fitting import MAX_SIDE, MAX_STORED, MIN_SIDE
from serverless_dicom.errors import ImageTooLarge, ServerlessDicomError, TruncatedPixelData, UndecodablePixelData
from tests.uploads import chunk, encoded, gradient, looked_at, noise, png_of, shown

JPEG, PNG = encoded(gradient(), "jpeg"), encoded(gradient(), "png")
SECRET = b"Zzyzx^Quentin"


def exif(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    return made


def after_header(data: bytes) -> bytes:
    """The PNG with a chunk after its first one."""
    return PNG[:33] + data + PNG[33:]


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (JPEG, "jpg"),
        (encoded(gradient(mode="L"), "jpeg", progressive=True, restart_marker_blocks=3), "jpg"),
        (PNG, "png"),
        (encoded(gradient(mode="L"), "png", dpi=(96, 96)), "png"),
    ],
)
def test_a_picture_that_needs_nothing_stays_as_it_is(data: bytes, extension: str) -> None:
    picture = looked_at(data).picture

    assert (picture.data, picture.format, picture.warnings) == (data, extension, ())


@pytest.mark.parametrize(
    "data",
    [
        encoded(gradient(), "jpeg", comment=SECRET),
        encoded(gradient(), "jpeg", xmp=SECRET),
        encoded(gradient(), "jpeg", exif=b"Exif\0\0" + SECRET),
        encoded(gradient(), "jpeg", icc_profile=SECRET),
        JPEG + SECRET,
        JPEG[:2] + b"\xff\xe0" + struct.pack(">H", 15 + 8) + b"JFXX\0\x10\0\0" + SECRET + JPEG[2:],
        after_header(chunk(b"tEXt", b"Name\0" + SECRET)),
        after_header(chunk(b"zTXt", b"Name\0\0" + zlib.compress(SECRET))),
        after_header(chunk(b"eXIf", SECRET)),
        after_header(chunk(b"prVt", SECRET)),
        PNG + SECRET,
    ],
)
def test_whatever_stands_beside_a_picture_is_left_out(data: bytes) -> None:
    picture = looked_at(data).picture

    assert picture.data != data
    assert SECRET not in picture.data
    assert zlib.compress(SECRET) not in picture.data
    assert np.allclose(shown(looked_at(data)), gradient(), atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_picture_is_turned_upright(kind: str, orientation: int) -> None:
    corner = Image.new("L", (120, 100))
    corner.paste(255, (0, 0, 60, 50))
    turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what turns it back
    lying = corner.transpose(Image.Transpose(turn[orientation])) if orientation > 1 else corner

    upright = shown(looked_at(encoded(lying, kind, exif=exif(orientation))))

    assert upright.size == (120, 100)
    assert np.allclose(upright, corner, atol=60)
    assert not upright.getexif()


@pytest.mark.parametrize(
    ("image", "kind", "mode"),
    [
        (gradient(mode="1"), "png", "L"),
        (gradient(mode="P"), "png", "RGB"),
        (gradient(mode="P"), "gif", "RGB"),
        (gradient(mode="L"), "gif", "RGB"),
        (gradient(mode="LA"), "png", "RGB"),
        (gradient(mode="RGBA"), "png", "RGB"),
        (gradient(mode="CMYK"), "jpeg", "RGB"),
    ],
)
def test_every_mode_becomes_grey_or_rgb(image: Image.Image, kind: str, mode: str) -> None:
    prepared = shown(looked_at(encoded(image, kind)))

    assert prepared.mode == mode
    assert np.allclose(
        np.asarray(prepared.convert("L"), int).mean(axis=1)[::9], np.asarray(gradient(mode="L"))[::9, 0], atol=30
    )


def test_ycck_has_its_colours() -> None:
    data = encoded(Image.new("CMYK", (96, 96), (200, 0, 0, 50)), "jpeg", quality=95)

    assert np.allclose(np.asarray(shown(looked_at(data)))[5, 5], [44, 204, 204], atol=6)


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (96, 96), (0, 0, 0, 0))
    palette = Image.new("P", (96, 96))

    assert shown(looked_at(encoded(clear, "png"))).getpixel((5, 5)) == (255, 255, 255)
    assert shown(looked_at(encoded(palette, "png", transparency=0))).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(("top", "bits"), [(200, 8), (4095, 12), (65535, 16)])
def test_more_than_eight_bits_become_eight_of_those_in_use(top: int, bits: int) -> None:
    levels = np.linspace(0, top, 100 * 100).astype(np.uint16).reshape(100, 100)

    upload = looked_at(encoded(Image.fromarray(levels), "png"))

    assert np.array_equal(np.asarray(shown(upload)), levels >> (bits - 8))
    assert upload.warnings == (f"the picture's grey levels of {bits} bits were analysed as 8",)


@pytest.mark.parametrize(
    ("size", "becomes"),
    [
        ((1, 1), (80, 80)),
        ((79, 80), (158, 160)),
        ((27, 500), (81, 1500)),
        ((3, 5000), (80, 10000)),
        ((1, 20_000), (80, 10_000)),
        ((20_000, 1), (10_000, 80)),
        ((10_001, 100), (10_000, 99)),
        ((80, 10_000), (80, 10_000)),
    ],
)
def test_a_picture_of_any_size_comes_within_the_limits(size: tuple[int, int], becomes: tuple[int, int]) -> None:
    upload = looked_at(encoded(Image.new("L", size, 200), "png"))

    assert shown(upload).size == becomes
    assert min(becomes) >= MIN_SIDE
    assert max(becomes) <= MAX_SIDE
    assert bool(upload.warnings) == (size != becomes)


def test_small_pixels_are_enlarged_as_they_are() -> None:
    upload = looked_at(encoded(noise(20, 40), "png"))

    assert np.array_equal(np.asarray(shown(upload))[::4, ::4], np.asarray(noise(20, 40)))


def test_too_many_bytes_become_a_jpeg_and_then_a_smaller_one() -> None:
    once, twice = looked_at(encoded(noise(3000, 2500), "png")), looked_at(encoded(noise(6000, 5000), "jpeg"))

    assert (once.picture.format, shown(once).size, once.warnings) == ("jpg", (3000, 2500), ())
    assert (shown(twice).size, len(twice.warnings)) == ((3000, 2500), 1)
    for upload in (once, twice):
        assert len(upload.picture.data) <= MAX_STORED


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_beyond_the_limit_of_pixels_is_decoded_at_half_its_size(progressive: bool) -> None:
    upload = looked_at(encoded(Image.new("L", (12_000, 9_000)), "jpeg", progressive=progressive))

    assert shown(upload).size == (6_000, 4_500)
    assert upload.warnings == ("the picture of 12000 x 9000 pixels was analysed at half its size",)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (png_of(32_000, 32_000, bytes(32_001 * 9)), "the PNG has 32000 x 32000 pixels, 67108864 in all are accepted"),
        (png_of(2**31 - 1, 2**31 - 1), "has 2147483647 x 2147483647 pixels"),
        (
            JPEG.replace(struct.pack(">HH", 100, 120), b"\xff\xdc\xff\xdc"),
            "the JPEG has 65500 x 65500 pixels, 268435456",
        ),
        (b"GIF89a\xff\xff\xff\xff" + encoded(gradient(), "gif")[10:], "the GIF has 65535 x 65535 pixels"),
    ],
)
def test_a_bomb_is_told_by_its_dimensions_and_the_limit(data: bytes, told: str) -> None:
    with pytest.raises(ImageTooLarge, match=told):
        looked_at(data)


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif"])
def test_a_truncated_picture_is_told(kind: str) -> None:
    data = encoded(noise(100, 100), kind)

    with pytest.raises(
        TruncatedPixelData, match=f"the {kind.upper()} ends before its picture does: upload it once more"
    ):
        looked_at(data[: len(data) * 3 // 4])


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif"])
def test_a_picture_damaged_anywhere_is_prepared_or_refused(kind: str) -> None:
    whole = encoded(noise(100, 90), kind)
    random = np.random.default_rng(7)
    for _ in range(60):
        data = bytearray(whole)
        for at in random.integers(8, min(len(data), 900), 3):
            data[at] = random.integers(256)
        try:
            prepared = shown(looked_at(bytes(data)))
        except ServerlessDicomError as error:
            assert error.code in {"undecodable_pixel_data", "truncated_pixel_data", "image_too_large"}  # noqa: PT017
        else:
            assert prepared.mode in {"L", "RGB"}


def test_damaged_exif_does_not_matter_and_a_bomb_in_a_text_is_refused() -> None:
    segment = b"\xff\xe1" + struct.pack(">H", 40) + b"Exif\0\0II*\0" + b"\xff" * 28
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000)))

    assert looked_at(JPEG[:2] + segment + JPEG[2:]).picture.width == 120
    with pytest.raises(UndecodablePixelData, match="open it elsewhere and save it anew"):
        looked_at(after_header(bomb))


@pytest.mark.parametrize("kind", ["gif", "png"])
def test_of_a_picture_that_moves_the_first_frame_is_analysed(kind: str) -> None:
    frames = [Image.new("L", (100, 100), level) for level in (30, 60, 90) * 300]

    upload = looked_at(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))

    assert upload.warnings == ("the picture moves: its first frame was analysed",)
    assert np.asarray(shown(upload).convert("L"))[0, 0] == 30
