"""Getting image sets out of HealthImaging, against the exporter that AWS published; and verifying them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import Any

from benchmarks.pictures import build_series
from benchmarks.process import ROOT, SCRATCH, environment
from benchmarks.tables import goal, show, size, table
from local.healthimaging.face import running
from local.healthimaging.options import Options

INSTANCES = 222
"""Of the study by which the original exporter was measured by those who made it."""

ROUNDS = 5
DELAYS = (20, 60)
"""Milliseconds added to each request, as from near and from far."""

ORIGINAL = "AHITODICOM"
"""The environment variable that names a folder with the package AHItoDICOMInterface of aws-samples."""

WAYS = {"decoded": ("AHItoDICOM", 5.0), "compressed": ("AHItoDICOM", 10.0), "header": ("AHItoDICOM, header_only", None)}
"""What is exported, against which peer, and the goal: times as many instances a second."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A run: seconds, and bytes of memory that the process and its children held at most, shared ones by share.

    Memory is 0 where nobody watched it: looking at it slows down what is looked at.
    """

    seconds: float
    memory: int


def run() -> bool:
    """Measure and print; whether all goals were reached."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    try:
        image_set = filled(SCRATCH / "archive")
        reached = [exports(image_set, delay) for delay in DELAYS]
        verified(image_set)
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)
    return all(reached)


def filled(state: Path) -> str:
    """The image set of a series that is imported into a service whose folder this is."""
    source = build_series(SCRATCH / "source", INSTANCES)
    with running(Options(state=state)) as imaging:
        job = imaging.import_files(sorted(source.iterdir()))
    return job.image_sets[0]


def exports(image_set: str, delay: int) -> bool:
    """Export by all ways in turn; whether the goals were reached."""
    original = os.environ.get(ORIGINAL, "")
    ways = [*WAYS, *(["original", "original-header"] if original else [])]
    found: dict[str, list[float]] = {way: [] for way in ways}
    with served(SCRATCH / "archive", delay) as (url, datastore):
        memory = {way: exported(way, url, datastore, image_set, original, watched=True).memory for way in ways}
        for _ in range(ROUNDS):
            for way in ways:
                found[way].append(exported(way, url, datastore, image_set, original).seconds)
    seconds = {way: median(runs) for way, runs in found.items()}
    rows = [
        [way, f"{seconds[way]:.2f}", f"{INSTANCES / seconds[way]:,.0f}", size(memory[way]), _faster(way, seconds)]
        for way in ways
    ]
    table(
        f"{INSTANCES} instances to files, {delay} ms a request, medians of {ROUNDS} interleaved rounds",
        ["way", "s", "instances/s", "memory", "faster by"],
        rows,
    )
    if not original:
        show(f"  the original was left out: set {ORIGINAL} to a folder with aws-samples' AHItoDICOMInterface")
        return True
    reached = [
        goal(f"{way} against AHItoDICOM", seconds["original"] / seconds[way], bound, at_least=True)
        for way, (_, bound) in WAYS.items()
        if bound
    ]
    reached.append(goal("memory of decoded against AHItoDICOM", memory["decoded"] / memory["original"], 1))
    return all(reached)


def _faster(way: str, seconds: dict[str, float]) -> str:
    peer = "original-header" if way == "header" else "original"
    return f"{seconds[peer] / seconds[way]:.1f}x" if way in WAYS and peer in seconds else ""


def exported(  # noqa: PLR0913 - with names at the call
    way: str, url: str, datastore: str, image_set: str, original: str, *, watched: bool = False
) -> Exported:
    """Export once, in a fresh process that writes into a new folder.

    The folder stays until all is measured: for minutes after files were deleted, ext4 looks at each of their inodes
    before it makes another file, and whoever writes fast pays the most for it.
    """
    folder = Path(mkdtemp(prefix=way, dir=SCRATCH)) / "exported"
    arguments = ["-W", "ignore", "-m", "benchmarks.exporting", way, url, datastore, image_set, str(folder)]
    os.sync()  # or what the run before wrote is written to the disk during this one
    variables = {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true", "PYTHONPATH": original}
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        most = 0
        while watched and process.poll() is None:
            most = max(most, held(process.pid))
            time.sleep(0.05)
        out, err = process.communicate()
    if process.returncode:
        message = f"{way} failed:\n{err[-2000:]}"
        raise RuntimeError(message)
    answer: dict[str, Any] = json.loads(out.splitlines()[-1])
    if answer["instances"] != INSTANCES:
        message = f"{way} wrote {answer['instances']} of {INSTANCES} instances"
        raise RuntimeError(message)
    return Exported(answer["seconds"], most)


def held(pid: int) -> int:
    """Bytes of memory of a process and its children; what several share is divided among them."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # it has ended meanwhile
        return total
    return total + sum(held(int(child)) for child in children)


@contextmanager
def served(state: Path, delay: int) -> Iterator[tuple[str, str]]:
    """A service in a process of its own, with its URL and its data store."""
    command = [sys.executable, "-m", "local.healthimaging", "--state", str(state), "--delay-ms", str(delay)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            url, datastore = next(iter(process.stdout or ())).split()
            yield url, datastore
        finally:
            process.terminate()


def verified(image_set: str) -> None:
    """Print how many frames a second are fetched, decoded and compared."""
    with served(SCRATCH / "archive", 0) as (url, datastore):
        runs = [exported("verified", url, datastore, image_set, "") for _ in range(ROUNDS)]
    seconds = median(one.seconds for one in runs)
    show(f"verified: {INSTANCES / seconds:,.0f} frames a second of the 1,000 that HealthImaging gives")
