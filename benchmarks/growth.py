"""Reading the header of an enhanced multi-frame object, which grows with its frames."""

from __future__ import annotations

import shutil

from benchmarks.headers import Reading
from benchmarks.objects import build
from benchmarks.process import SCRATCH, measured
from benchmarks.tables import milliseconds, show, size, table

FRAMES = (10, 100, 1000, 4500)
SECONDS, MEMORY = 5, 512_000_000
ROUNDS = 3


def run() -> bool:
    """Measure and print; whether the goals are reached."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    rows = []
    try:
        for frames in FRAMES:
            built = build(SCRATCH, frames, functional_groups=True)
            reading = Reading()
            for _ in range(ROUNDS):
                answer = measured("benchmarks.reading", "file", str(built.path), str(built.path), "3")
                reading.seconds += answer["seconds"]
                reading.peaks.append(answer["peak"])
            header = built.size - frames * 512 * 512 * 2
            rows.append([f"{frames:,}", size(header), milliseconds(reading.time), size(reading.peak)])
    finally:
        shutil.rmtree(SCRATCH)
    table(
        f"The header of an enhanced CT: the least of {ROUNDS} rounds", ["frames", "header", "ms", "peak memory"], rows
    )
    met = reading.time <= SECONDS and reading.peak <= MEMORY
    show(f"  {'reached' if met else '[bold]MISSED[/bold]'}: goal at most {SECONDS} s and {size(MEMORY)}")
    return met
