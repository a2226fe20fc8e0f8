"""Reading a header, against the obvious way: time, bytes, requests and memory as the object grows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.objects import Built, build
from benchmarks.process import SCRATCH, measured
from benchmarks.server import Traffic, serving
from benchmarks.tables import goal, milliseconds, size, table

FRAMES = {"0.5 MB": 1, "50 MB": 95, "1 GB": 2000}
ROUNDS = 3
FIRST = "first.dcm"
LARGE = 100_000_000
"""Bytes from which the obvious way is timed once a round; all else ten times."""

FLAT, FASTER = 1.5, 50
PAIRS = {"S3, ranges": ("ranges", "whole-object"), "file": ("file", "whole-file")}


@dataclass(slots=True)
class Reading:
    """All rounds of one way with one object."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)
    requests: float = 0
    body: float = 0

    @property
    def time(self) -> float:
        """The least of all times, in seconds: what else runs on the machine can only add to it."""
        return min(self.seconds)

    @property
    def peak(self) -> int:
        """Bytes that a process had resident at most."""
        return max(self.peaks)


def run() -> bool:
    """Measure and print; whether the goals are reached."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    try:
        build(SCRATCH, 1).path.rename(SCRATCH / FIRST)
        native, encapsulated = _family(encapsulated=False), _family(encapsulated=True)
        return native and encapsulated
    finally:
        shutil.rmtree(SCRATCH)


def _family(*, encapsulated: bool) -> bool:
    frames = {name: count * (1 + encapsulated) for name, count in FRAMES.items()}
    objects = {name: build(SCRATCH, count, encapsulated=encapsulated) for name, count in frames.items()}
    readings = {(way, name): Reading() for ways in PAIRS.values() for way in ways for name in objects}
    with serving(SCRATCH) as (endpoint, traffic):
        for _ in range(ROUNDS):
            for (way, name), reading in readings.items():
                _measure(way, objects[name], endpoint, traffic, reading)
    rows = []
    for pair, (ours, obvious) in PAIRS.items():
        for name, built in objects.items():
            mine, theirs = readings[ours, name], readings[obvious, name]
            rows += [
                _row(f"{pair}: {name}", built, mine, "this project", f"{theirs.time / mine.time:,.1f}x"),
                _row("", built, theirs, "whole, dcmread, 5 str()", ""),
            ]
    kind = "encapsulated (JPEG 2000)" if encapsulated else "native"
    table(
        f"Reading a header, {kind} pixel data: the least of {ROUNDS} interleaved rounds",
        ["object", "bytes", "way", "bytes read", "requests", "ms", "faster by", "peak memory"],
        rows,
    )
    smallest, largest = readings["ranges", "0.5 MB"], readings["ranges", "1 GB"]
    reached = [
        goal("S3: time at 1 GB over 0.5 MB", largest.time / smallest.time, FLAT),
        goal(
            "S3: faster than the obvious at 1 GB",
            readings["whole-object", "1 GB"].time / largest.time,
            FASTER,
            at_least=True,
        ),
        goal("S3: peak memory at 1 GB over 0.5 MB", largest.peak / smallest.peak, FLAT),
    ]
    return all(reached)


def _measure(way: str, built: Built, endpoint: str, traffic: Traffic, reading: Reading) -> None:
    remote = way in PAIRS["S3, ranges"]
    times = 1 if way.startswith("whole") and built.size > LARGE else 10
    answer = measured(
        "benchmarks.reading",
        way,
        *(_location(path, remote) for path in (built.path, SCRATCH / FIRST)),
        str(times),
        AWS_ENDPOINT_URL=endpoint,
    )
    bodies = traffic.take(built.path.name)
    reading.seconds += answer["seconds"]
    reading.peaks.append(answer["peak"])
    reading.requests, reading.body = len(bodies) / times, sum(bodies) / times


def _location(path: Path, remote: bool) -> str:
    return path.name if remote else str(path)


def _row(name: str, built: Built, reading: Reading, way: str, ratio: str) -> list[str]:
    network = [size(reading.body), f"{reading.requests:g}"] if reading.requests else ["", ""]
    return [
        name,
        size(built.size) if name else "",
        way,
        *network,
        milliseconds(reading.time),
        ratio,
        size(reading.peak),
    ]
