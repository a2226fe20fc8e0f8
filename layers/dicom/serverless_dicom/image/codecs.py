"""imagecodecs as decoders of pydicom, by its plugin interface.

imagecodecs carries libjpeg-turbo, CharLS, OpenJPEG and OpenJPH, three to six times as fast as the pylibjpeg plugins,
which stay behind them for what they refuse. The decoders are instances of their own: pydicom's are left as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import imagecodecs
import numpy as np
from pydicom.pixels.decoders import pylibjpeg
from pydicom.pixels.decoders.base import Decoder
from pydicom.uid import UID

from serverless_dicom.image.codestream import adobe_transform, is_reversible
from serverless_dicom.image.htj2k import htj2k_decode
from serverless_dicom.image.syntaxes import FAMILIES, Family

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.pixels.decoders.base import DecodeRunner

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What pydicom takes from a plugin: memory that is not copied once more."""

_LOSSLESS_JPEG = frozenset({"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"})

DECODER_DEPENDENCIES: dict[str, tuple[str, ...]] = dict.fromkeys(FAMILIES, ("imagecodecs",))
"""What pydicom asks a plugin's module for."""


def is_available(uid: str) -> bool:
    """Whether a transfer syntax can be decoded; pydicom asks."""
    return uid in FAMILIES


def decode_jpeg(src: bytes, runner: DecodeRunner) -> Buffer:
    """Decode with libjpeg-turbo: 8 and 12 bits, lossless up to 16.

    Of lossy ones libjpeg makes RGB at once, from what an Adobe segment says that the components are; else from the
    photometric interpretation, which pydicom has by then corrected by JFIF's segment and the components' names.
    Lossless ones keep their components.
    """
    space = "GRAYSCALE"
    if runner.samples_per_pixel == 3:  # noqa: PLR2004
        space = "RGB"
        if runner.transfer_syntax not in _LOSSLESS_JPEG:
            transform = adobe_transform(src)
            is_ycc = runner.photometric_interpretation.startswith("YBR") if transform is None else transform == 1
            space = "YCBCR" if is_ycc else "RGB"
            runner.set_option("photometric_interpretation", "RGB")
    wanted = "GRAYSCALE" if space == "GRAYSCALE" else "RGB"
    return _handed_over(imagecodecs.jpeg8_decode(src, colorspace=space, outcolorspace=wanted), runner)


def decode_jpeg_ls(src: bytes, runner: DecodeRunner) -> Buffer:
    """Decode with CharLS."""
    return _handed_over(imagecodecs.jpegls_decode(src), runner)


def decode_jpeg_2000(src: bytes, runner: DecodeRunner) -> Buffer:
    """Decode with OpenJPEG; it reads HTJ2K too."""
    return _without_transform(imagecodecs.jpeg2k_decode(src), runner)


def decode_htj2k(src: bytes, runner: DecodeRunner) -> Buffer:
    """Decode with OpenJPH what is reversible.

    Raises ValueError of the rest: there imagecodecs lets overshoot turn over, 255 to 0, which OpenJPEG clips.
    """
    if not is_reversible(src):
        raise ValueError("imagecodecs does not clip what an irreversible wavelet overshoots")
    return _without_transform(htj2k_decode(src), runner)


def decode_rle(src: bytes, runner: DecodeRunner) -> Buffer:
    """Decode RLE (PS3.5 G); bits of 1-bit pixels stand eight to a byte, as uncompressed."""
    if runner.bits_allocated == 1:
        runner.set_option("bits_allocated", 8)
        packed = imagecodecs.dicomrle_decode(src, "u1", out=-(-runner.rows * runner.columns // 8))
        return np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little").tobytes()[
            : runner.rows * runner.columns
        ]
    sample = runner.bits_allocated // 8
    length = runner.rows * runner.columns * runner.samples_per_pixel * sample
    runner.set_option("planar_configuration", 1)
    return imagecodecs.dicomrle_decode(src, f"u{sample}", out=length)


def _without_transform(array: NDArray[Any], runner: DecodeRunner) -> Buffer:
    """Hand over an image whose multiple component transformation the decoder has undone (PS3.5 8.2.4)."""
    if runner.photometric_interpretation in {"YBR_RCT", "YBR_ICT"}:
        runner.set_option("photometric_interpretation", "RGB")
    return _handed_over(array, runner)


def _handed_over(array: NDArray[Any], runner: DecodeRunner) -> Buffer:
    """The memory of a decoded image, interleaved, with its size in bits and its order told to pydicom.

    Raises ValueError where it is not of the declared size: pydicom then tries the next decoder.
    """
    shape: tuple[int, ...] = (runner.rows, runner.columns)
    if runner.samples_per_pixel > 1:
        shape += (runner.samples_per_pixel,)
        runner.set_option("planar_configuration", 0)
    if array.shape != shape or array.dtype.kind not in "ui" or 8 * array.itemsize > max(runner.bits_allocated, 8):
        raise ValueError("the decoded image is not of the declared size")
    runner.set_option("bits_allocated", 8 * array.itemsize)
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


_HERE = __name__
_PYLIBJPEG = ("pylibjpeg", ("pydicom.pixels.decoders.pylibjpeg", "_decode_frame"))
_PYDICOM_RLE = ("pydicom", ("pydicom.pixels.decoders.rle", "_decode_frame"))

_PLUGINS: dict[Family, tuple[tuple[str, tuple[str, str]], ...]] = {
    Family.JPEG: (("libjpeg-turbo", (_HERE, "decode_jpeg")), _PYLIBJPEG),
    Family.JPEG_LS: (("CharLS", (_HERE, "decode_jpeg_ls")), _PYLIBJPEG),
    Family.JPEG_2000: (("OpenJPEG", (_HERE, "decode_jpeg_2000")), _PYLIBJPEG),
    Family.HTJ2K: (("OpenJPH", (_HERE, "decode_htj2k")), ("OpenJPEG", (_HERE, "decode_jpeg_2000"))),
    Family.RLE: (("imagecodecs", (_HERE, "decode_rle")), _PYDICOM_RLE),
}
"""The decoders of each family in the order in which they are tried."""


def _usable(uid: str, family: Family) -> list[tuple[str, tuple[str, str]]]:
    """The plugins of a family that know a transfer syntax: pylibjpeg's know those that pydicom knows it to decode."""
    return [plugin for plugin in _PLUGINS[family] if plugin != _PYLIBJPEG or uid in pylibjpeg.DECODER_DEPENDENCIES]


def _decoder(uid: str, family: Family) -> Decoder:
    decoder = Decoder(UID(uid))
    decoder.add_plugins(_usable(uid, family))
    return decoder


_COMPRESSED = {uid: family for uid, family in FAMILIES.items() if family in _PLUGINS}

DECODERS = {uid: _decoder(uid, family) for uid, family in _COMPRESSED.items()}
"""pydicom's decoder of each compressed transfer syntax that pydicom knows, with the plugins above."""

ORDER = {uid: tuple(name for name, _ in _usable(uid, family)) for uid, family in _COMPRESSED.items()}
"""The names of its plugins, as they are tried; pydicom itself would go by the alphabet."""
