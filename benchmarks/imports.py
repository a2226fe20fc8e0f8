"""What a cold start pays before its first event: importing each handler from the built layer alone.

Against boto3 with the same clients plus pydicom, from the same layer. Interpreters see nothing but the layer and the
function's folder (`python -I -S`), and the two are started in turn.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.process import ROOT, SCRATCH, environment
from benchmarks.tables import goal, milliseconds, table

ROUNDS, ROUNDS_WITHOUT = 15, 5
"""With .pyc files, and without."""
GOAL = 1.1
SHOWN = 12

CLIENTS = {"index_object": ("s3", "dynamodb"), "summarize_study": ("dynamodb",)}
"""The clients that each handler makes as it is imported."""

VARIABLES = {
    "METADATA_TABLE": "metadata",
    "OBJECTS_TABLE": "objects",
    "HEADER_BUCKET": "headers",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "benchmark",
}

_TIMED = """\
import sys, time
sys.path[:0] = sys.argv[1:]
start = time.process_time()
{statements}
print(time.process_time() - start)
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One way of starting: what is run, and what it sees beside the layer."""

    statements: str
    folders: tuple[Path, ...] = ()


def run() -> bool:
    """Measure and print; whether the goals are reached."""
    layer = _layer()
    starts = {name: Start("import handler", (ROOT / "functions" / name,)) for name in CLIENTS}
    peers = {
        name: Start("import boto3\n" + "".join(f"boto3.client('{client}')\n" for client in clients) + "import pydicom")
        for name, clients in CLIENTS.items()
    }
    with _scratch() as empty:
        every = [
            (kind, name, start) for kind, group in (("ours", starts), ("peer", peers)) for name, start in group.items()
        ]
        times: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
        for number in range(ROUNDS):
            for compiled in (True, False)[: 1 + (number < ROUNDS_WITHOUT)]:
                for kind, name, start in every:
                    times[kind, name, compiled].append(_seconds(layer, start, None if compiled else empty))
        rows = []
        for name, clients in CLIENTS.items():
            for compiled in (True, False):
                ours, peer = median(times["ours", name, compiled]), median(times["peer", name, compiled])
                rows.append(
                    [
                        name if compiled else "",
                        "with" if compiled else "without",
                        " + ".join(("boto3", *clients, "pydicom")),
                        milliseconds(ours),
                        milliseconds(peer),
                        f"{ours / peer:.2f}x",
                    ]
                )
    table(
        f"Import of a handler from the built layer: CPU time, medians of {ROUNDS} interleaved rounds",
        ["handler", ".pyc", "against", "ms", "peer, ms", "ratio"],
        rows,
    )
    for name, start in starts.items():
        _tell_parts(layer, name, start)
    reached = [
        goal(f"{name} over its peer", median(times["ours", name, True]) / median(times["peer", name, True]), GOAL)
        for name in CLIENTS
    ]
    return all(reached)


def _layer() -> Path:
    """The layer for the Python that runs this, built where it is not."""
    command = [sys.executable, "-m", "build_layer", "--target", "host"]
    subprocess.run(command, cwd=ROOT / "layers" / "dicom", check=True, stdout=subprocess.DEVNULL)
    (found,) = (ROOT / "dist").glob(f"layer-python{sys.version_info.major}.{sys.version_info.minor}-host-*/python")
    return found


@contextmanager
def _scratch() -> Iterator[Path]:
    empty = SCRATCH / "no-bytecode"
    empty.mkdir(parents=True)
    try:
        yield empty
    finally:
        shutil.rmtree(SCRATCH)


def _seconds(layer: Path, start: Start, bytecode: Path | None) -> float:
    """The CPU seconds of one import in a fresh interpreter, which looks for .pyc in `bytecode` if that is given."""
    options = ["-X", f"pycache_prefix={bytecode}"] if bytecode else []
    return float(_run(layer, start, options).stdout.split()[-1])


def _run(layer: Path, start: Start, options: list[str]) -> subprocess.CompletedProcess[str]:
    code = _TIMED.format(statements=start.statements)
    command = [sys.executable, "-I", "-S", "-B", *options, "-c", code, str(layer), *map(str, start.folders)]
    return subprocess.run(command, env=environment(**VARIABLES), check=True, capture_output=True, text=True)


def _tell_parts(layer: Path, name: str, start: Start) -> None:
    """Print what `-X importtime` says of one import, by package; clients are made outside any import."""
    report = _run(layer, start, ["-X", "importtime"]).stderr
    parts: dict[str, list[float]] = defaultdict(list)
    for own, module in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)$", report, flags=re.MULTILINE):
        parts[_package(module)].append(int(own) / 1e6)
    ordered = sorted(parts.items(), key=lambda item: -sum(item[1]))[:SHOWN]
    rows = [[package, str(len(times)), milliseconds(sum(times))] for package, times in ordered]
    table(f"What the import of {name} takes, by package (-X importtime, once)", ["package", "modules", "ms"], rows)


def _package(module: str) -> str:
    top = module.partition(".")[0]
    if top in {"serverless_dicom", "aws_lambda_powertools"}:
        return ".".join(module.split(".")[:2])
    return "the standard library" if top in sys.stdlib_module_names else top
