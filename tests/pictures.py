"""Images that are built of arrays, encoded here, and drawn; and the formulas of the standard, written once more."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from serverless_dicom.header.ranges import ByteRanges, MemoryRanges
from serverless_dicom.image import Picture, RenderOptions, open_image, render
from tests.datasets import EXPLICIT, as_file, make_dataset, raw_file

COLOURS = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT", "YBR_PARTIAL_422"}


def make_image(  # noqa: PLR0913 - a description has so many parts
    photometric: str = "MONOCHROME2",
    *,
    rows: int = 4,
    columns: int = 4,
    bits: int = 8,
    allocated: int | None = None,
    signed: bool = False,
    frames: int | None = None,
    **elements: Any,
) -> Dataset:
    """The description of an image, without pixels; `bits` are BitsStored."""
    colour = photometric in COLOURS
    allocated = allocated or (1 if bits == 1 else next(size for size in (8, 16, 32, 64) if size >= bits))
    described = {
        "SamplesPerPixel": 3 if colour else 1,
        "PlanarConfiguration": 0 if colour else None,
        "PhotometricInterpretation": photometric,
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": allocated,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(signed),
        "NumberOfFrames": frames,
    }
    dataset = make_dataset(**(described | elements))
    del dataset[0x7FE00010]
    return dataset


def native(dataset: Dataset, data: bytes, syntax: str = EXPLICIT, *, tag: int = 0x7FE00010, vr: str = "") -> bytes:
    """The file of an image whose pixel data are these bytes."""
    vr = vr or ("OW" if dataset.BitsAllocated > 8 or syntax != EXPLICIT else "OB")
    dataset.add_new(tag, vr, data + bytes(len(data) % 2))
    return as_file(dataset, syntax)


def grey(values: Any, **described: Any) -> bytes:
    """The file of a grey image of whole numbers, shape (rows, columns) or (frames, rows, columns)."""
    array = np.atleast_2d(np.asarray(values))
    rows, columns = array.shape[-2:]
    dataset = make_image(
        described.pop("photometric", "MONOCHROME2"),
        rows=rows,
        columns=columns,
        frames=described.pop("frames", array.shape[0] if array.ndim > 2 else None),
        **described,
    )
    kind = "i" if dataset.PixelRepresentation else "u"
    return native(dataset, array.astype(f"<{kind}{dataset.BitsAllocated // 8}").tobytes())


def real(values: Any, *, double: bool = False, **elements: Any) -> bytes:
    """The file of an image of Float or Double Float Pixel Data."""
    array = np.atleast_2d(np.asarray(values, np.float64))
    dataset = make_image(rows=array.shape[0], columns=array.shape[1], bits=64 if double else 32, **elements)
    for keyword in ("BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, keyword)
    kind, tag, vr = ("<f8", 0x7FE00009, "OD") if double else ("<f4", 0x7FE00008, "OF")
    return native(dataset, array.astype(kind).tobytes(), tag=tag, vr=vr)


def encapsulated(
    dataset: Dataset, frames: Sequence[bytes], syntax: str, *, table: str = "basic", fragments: int = 1
) -> bytes:
    """The file of an image whose frames are encoded; `table` is basic, extended or none."""
    if table == "extended":
        value, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(list(frames))
    else:
        value = encapsulate(list(frames), fragments_per_frame=fragments, has_bot=table == "basic")
    dataset.add_new(0x7FE00010, "OB", value)
    dataset["PixelData"].is_undefined_length = True
    file = DicomBytesIO()  # pydicom's own writer refuses transfer syntaxes that it does not know
    file.is_implicit_VR, file.is_little_endian = False, True
    write_dataset(file, dataset)
    return raw_file(file.getvalue(), syntax, identified=False)


def drawn(data: bytes | ByteRanges, frame: int = 1, **options: Any) -> Picture:
    """The picture of one frame, in this process: for well-meaning bytes only."""
    ranges = MemoryRanges(data) if isinstance(data, bytes) else data
    wanted = RenderOptions(**({"format": "png", "explain": True} | options))
    return render(open_image(ranges).frame(frame, overlays=wanted.overlays), wanted)


def seen(picture: Picture | bytes) -> NDArray[np.int64]:
    """The pixels of an encoded picture: shape (rows, columns) or (rows, columns, 3)."""
    data = picture.data if isinstance(picture, Picture) else picture
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image).astype(np.int64)


def pixels(data: bytes | ByteRanges, frame: int = 1, **options: Any) -> NDArray[np.int64]:
    """What a viewer of the picture sees."""
    return seen(drawn(data, frame, **options))


def levels(data: bytes | ByteRanges, frame: int = 1, **options: Any) -> list[int]:
    """What a viewer of the picture sees, in one row."""
    found: list[int] = pixels(data, frame, **options).reshape(-1).tolist()
    return found


def by_the_formula(value: float, center: float, width: float, function: str) -> float:
    """The grey level, 0 to 255, of a value: the pseudo-code of PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2."""
    if function == "SIGMOID":
        return float(255 / (1 + np.exp(min(-4 * (value - center) / width, 700.0))))
    if function == "LINEAR":
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
        center, width = center - 0.5, width - 1
    else:
        low, high = center - width / 2, center + width / 2
    if value <= low or value > high:
        return 0.0 if value <= low else 255.0
    return ((value - center) / width + 0.5) * 255


def noise(shape: tuple[int, ...], bits: int = 8, *, signed: bool = False, seed: int = 1) -> NDArray[Any]:
    """Samples of all values that so many bits can have, the lowest and the highest among them."""
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    size = next(size for size in (8, 16, 32, 64) if size >= bits)
    found = np.random.default_rng(seed).integers(low, high, shape, dtype=f"{'i' if signed else 'u'}{size // 8}")
    found.reshape(-1)[:2] = low, high - 1
    return found


@dataclass
class CountedRanges:
    """An object of any size, of which only some parts are written: the rest are zeros. It counts what is read."""

    size: int
    parts: dict[int, bytes]
    requests: list[tuple[int, int]] = field(default_factory=list)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        assert 0 <= start <= stop <= self.size
        self.requests.append((start, stop))
        found = bytearray(stop - start)
        for at, part in self.parts.items():
            begin, end = max(at, start), min(at + len(part), stop)
            if begin < end:
                found[begin - start : end - start] = part[begin - at : end - at]
        return bytes(found)

    @property
    def fetched(self) -> int:
        """Bytes read so far."""
        return sum(stop - start for start, stop in self.requests)
