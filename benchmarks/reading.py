"""The measured process of `headers` and `growth`: `python -m benchmarks.reading WAY LOCATION FIRST TIMES`.

WAY is how a header is read: `ranges` and `file` as this project does, `whole-object` and `whole-file` the obvious way.
FIRST is where an object lies that is read before anything is measured, so that modules are loaded and a connection is
made. Prints the seconds of each time, and the process's peak memory.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydicom import Dataset, dcmread

from benchmarks.process import peak_memory
from benchmarks.server import BUCKET
from serverless_dicom.header import read_header
from serverless_dicom.header.ranges import FileRanges
from serverless_dicom.header.record import HEADERS
from serverless_dicom.runtime import clients
from serverless_dicom.stores.objects import S3Object


def ranges(key: str) -> None:
    """Read from S3 as `index_object` does."""
    found = S3Object.open(clients.s3(), BUCKET, key)
    read_header(found, f"s3://{BUCKET}/{key}")


def whole_object(key: str) -> None:
    """Read from S3 as one would write it first."""
    body = clients.s3().get_object(Bucket=BUCKET, Key=key)["Body"].read()
    _five(dcmread(io.BytesIO(body)))


def file(path: str) -> None:
    """Read a local file as `serverless-dicom headers` does."""
    with Path(path).open("rb") as opened:
        read_header(FileRanges.of(opened), path)


def whole_file(path: str) -> None:
    """Read a local file as one would write it first."""
    _five(dcmread(path))


def _five(dataset: Dataset) -> list[str]:
    return [str(dataset.get(keyword, "")) for keyword in HEADERS]


WAYS: dict[str, Callable[[str], None]] = {
    "ranges": ranges,
    "whole-object": whole_object,
    "file": file,
    "whole-file": whole_file,
}


def main(way: str, location: str, first: str, times: int) -> None:
    """Measure one way."""
    read = WAYS[way]
    read(first)
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        read(location)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "peak": peak_memory()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
