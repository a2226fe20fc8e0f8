"""Objects that one warm worker indexes in a second, in batches of 10, against the obvious worker."""

from __future__ import annotations

import shutil
from collections import defaultdict
from statistics import median

import boto3

from benchmarks.emulator import BUCKET, emulated
from benchmarks.imports import VARIABLES
from benchmarks.objects import build
from benchmarks.process import SCRATCH, measured
from benchmarks.tables import milliseconds, size, table

BATCH = 10
BATCHES = 10
ROUNDS = 3
OBJECTS = {"0.5 MB CT": 1, "10 MB, 20 frames": 20}
WAYS = {"handler": "index_object", "obvious": "whole, dcmread, put_item"}


def run() -> bool:
    """Measure and print; there is no goal."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    rows = []
    with emulated() as endpoint:
        s3 = boto3.client("s3", endpoint_url=endpoint)
        for name, frames in OBJECTS.items():
            folder = SCRATCH / name.partition(" ")[0]
            folder.mkdir()
            built = build(SCRATCH, frames)
            for number in range(BATCH):
                path = folder / f"{number}.dcm"
                shutil.copyfile(built.path, path)
                s3.upload_file(str(path), BUCKET, path.name)
            built.path.unlink()
            rows += _rows(f"{name} ({size(built.size)})", str(folder), endpoint)
    shutil.rmtree(SCRATCH)
    table(
        f"Objects a second of one warm worker, batches of {BATCH}: medians of {ROUNDS} interleaved rounds",
        ["object", "services", "worker", "objects/s", "ms an object", "own CPU, ms"],
        rows,
    )
    return True


def _rows(name: str, folder: str, endpoint: str) -> list[list[str]]:
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    own: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for where in ("emulator", "memory"):
            for way in WAYS:
                answer = measured(
                    "benchmarks.worker", way, where, folder, str(BATCHES), AWS_ENDPOINT_URL=endpoint, **VARIABLES
                )
                seconds[where, way] += answer["seconds"]
                own[where, way] += answer["cpu"]
    rows: list[list[str]] = []
    for (where, way), times in seconds.items():
        each, cpu = median(times) / BATCH, median(own[where, way]) / BATCH
        rows.append(["" if rows else name, where, WAYS[way], f"{1 / each:,.0f}", milliseconds(each), milliseconds(cpu)])
    return rows
