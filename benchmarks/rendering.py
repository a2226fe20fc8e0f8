"""The measured process of `convert`: `python -m benchmarks.rendering FIGURE PATH TIMES …`.

`warm PATH TIMES`: bytes in memory -> JPEG, by this project and by the usual pydicom program in turn.
`cine PATH TIMES`: all frames of a stream, one after the other, on one core.
`fetch WAY URL FRAME TIMES`: one frame of an object behind HTTP ranges (`http`) or in S3 (`s3`), by this project.
Prints the seconds of each time, and the peak memory of the process.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from benchmarks.process import peak_memory
from benchmarks.server import BUCKET
from serverless_dicom.header.ranges import ByteRanges, MemoryRanges
from serverless_dicom.image import RenderOptions, open_image, render
from serverless_dicom.runtime import clients
from serverless_dicom.sources.address import parse_address
from serverless_dicom.sources.deadline import Deadline
from serverless_dicom.sources.guard import Guard
from serverless_dicom.sources.http import HttpSource
from serverless_dicom.stores.objects import S3Object

QUALITY = 85
OPTIONS = RenderOptions(quality=QUALITY)


def ours(data: bytes) -> bytes:
    """Bytes of a file -> JPEG."""
    return render(open_image(MemoryRanges(data)).frame(1), OPTIONS).data


def usual(data: bytes) -> bytes:
    """Bytes of a file -> JPEG, as one would write it first with pydicom and pylibjpeg."""
    return drawn(dcmread(io.BytesIO(data)))


def drawn(dataset: Dataset, index: int | None = None) -> bytes:
    """A frame of a dataset -> JPEG."""
    uid = dataset.file_meta.TransferSyntaxUID
    plugin = {ExplicitVRLittleEndian: "", RLELossless: "pydicom"}.get(uid, "pylibjpeg")
    stored = pixel_array(dataset, index=index, decoding_plugin=plugin)
    array: Any = apply_voi_lut(apply_modality_lut(stored, dataset), dataset).astype(np.float64)
    low, high = array.min(), array.max()
    levels = ((array - low) / max(high - low, 1) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def warm(path: str, times: int) -> dict[str, Any]:
    """Both ways in turn, twice, so many times each, the first of which does not count: it finds cold caches."""
    data = Path(path).read_bytes()
    ways: dict[str, Callable[[bytes], bytes]] = {"ours": ours, "usual": usual}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for name, way in [*ways.items()] * 2:
        for number in range(times + 1):
            start = time.perf_counter()
            way(data)
            if number:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def cine(path: str, times: int) -> dict[str, Any]:
    """Seconds for a frame, of the whole stream by either way; on one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    data = Path(path).read_bytes()
    image, dataset = open_image(MemoryRanges(data)), dcmread(io.BytesIO(data))
    numbers = range(1, image.number_of_frames + 1)
    seconds: dict[str, list[float]] = {"ours": [], "usual": []}
    for _ in range(times):
        start = time.perf_counter()
        for number in numbers:
            render(image.frame(number), OPTIONS)
        between = time.perf_counter()
        for number in numbers[: len(numbers) // 4]:
            drawn(dataset, number - 1)
        end = time.perf_counter()
        seconds["ours"].append((between - start) / len(numbers))
        seconds["usual"].append((end - between) / (len(numbers) // 4))
    return seconds


def fetch(way: str, url: str, frame: int, times: int) -> dict[str, Any]:
    """One frame, each time opened anew."""
    seconds = []
    for number in range(times + 1):
        start = time.perf_counter()
        with _http(url) if way == "http" else _s3(url) as ranges:
            render(open_image(ranges).frame(frame), OPTIONS)
        if number:
            seconds.append(time.perf_counter() - start)
    return {"ours": seconds}


@contextmanager
def _http(url: str) -> Iterator[ByteRanges]:
    guard = Guard([urlsplit(url).netloc])
    with HttpSource(guard).open(parse_address(url), Deadline(30)) as ranges:
        yield ranges


@contextmanager
def _s3(url: str) -> Iterator[ByteRanges]:
    yield S3Object.open(clients.s3_for_callers(), BUCKET, urlsplit(url).path.rpartition("/")[2])


def main(figure: str, *arguments: str) -> None:
    """Measure one figure."""
    if figure == "fetch":
        way, url, frame, times = arguments
        answer = fetch(way, url, int(frame), int(times))
    else:
        path, times = arguments
        answer = {"warm": warm, "cine": cine}[figure](path, int(times))
    print(json.dumps({"seconds": answer, "peak": peak_memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
