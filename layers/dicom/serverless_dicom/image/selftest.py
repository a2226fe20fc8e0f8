"""Whether every decoder works where this runs: each decodes a small frame that was encoded here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

from serverless_dicom.image.codecs import ORDER
from serverless_dicom.image.decode import decode, decode_by
from serverless_dicom.image.description import INTEGER, PixelDescription
from serverless_dicom.image.frames import FrameBytes
from serverless_dicom.image.syntaxes import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_SIDE = 16
_FRAME = np.arange(_SIDE * _SIDE, dtype=np.uint8).reshape(_SIDE, _SIDE)
_DESCRIPTION = PixelDescription(
    tag=INTEGER,
    rows=_SIDE,
    columns=_SIDE,
    samples_per_pixel=1,
    photometric_interpretation="MONOCHROME2",
    bits_allocated=8,
    bits_stored=8,
    high_bit=7,
    signed=False,
    planar_configuration=0,
    number_of_frames=1,
)
_TOLERANCE = 2
"""Grey levels by which a lossy frame may differ."""


def _rle(frame: NDArray[np.uint8]) -> bytes:
    """One segment of literal runs (PS3.5 G.3)."""
    header = np.zeros(16, "<u4")
    header[:2] = 1, 64
    runs = b"".join(bytes([len(row) - 1]) + row.tobytes() for row in frame)
    return header.tobytes() + runs


_DICOM = "1.2.840.10008.1.2"
_ENCODERS: dict[str, Callable[[NDArray[np.uint8]], Any]] = {
    f"{_DICOM}.4.50": lambda frame: imagecodecs.jpeg8_encode(frame, level=100),
    f"{_DICOM}.4.70": lambda frame: imagecodecs.jpeg8_encode(frame, lossless=True, predictor=1),
    f"{_DICOM}.4.80": imagecodecs.jpegls_encode,
    f"{_DICOM}.4.90": lambda frame: imagecodecs.jpeg2k_encode(frame, codecformat="j2k", reversible=True),
    f"{_DICOM}.4.110": lambda frame: imagecodecs.jpegxl_encode(frame, lossless=True),
    f"{_DICOM}.4.201": lambda frame: imagecodecs.htj2k_encode(frame, reversible=True),
    f"{_DICOM}.5": _rle,
}
"""What encodes a frame, for a transfer syntax of each family; JPEG's lossy and lossless decoders are two."""


def self_test() -> dict[str, str]:
    """What each decoder makes of a frame, by `transfer syntax: decoder`: `ok`, or why not."""
    results = {}
    for uid, encode in _ENCODERS.items():
        plugins = ORDER.get(uid, ("libjxl",))
        for plugin in plugins:
            results[f"{uid}: {plugin}"] = _tried(uid, plugin, encode)
    return results


def _tried(uid: str, plugin: str, encode: Callable[[NDArray[np.uint8]], Any]) -> str:
    try:
        data, family = bytes(encode(_FRAME)), FAMILIES[uid]
        if uid in ORDER:
            decoded = decode_by(plugin, data, _DESCRIPTION, uid, family)
        else:
            decoded = decode(FrameBytes(data), _DESCRIPTION, uid, family)
    except Exception as error:  # noqa: BLE001 - the answer tells of it
        return f"failed: {type(error).__name__}"
    worst = int(np.abs(decoded.samples.astype(int) - _FRAME).max())
    return "ok" if worst <= _TOLERANCE else f"failed: differs by up to {worst} grey levels"
