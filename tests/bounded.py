"""Read headers in a process of their own, which may take so much memory and no more."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY = 512 * 1024 * 1024
SECONDS = 2.0

_PROGRAM = f"""
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.header import read_header
from serverless_dicom.header.ranges import FileRanges
for path in sys.stdin.read().splitlines():
    began = time.process_time()
    try:
        with open(path, "rb") as file:
            header = read_header(FileRanges.of(file), "file")
        answer = {{"record": json.loads(json.dumps(header.record, default=str)), "incomplete": header.incomplete}}
        json.dumps(header.model, allow_nan=False)
    except ServerlessDicomError as error:
        answer = {{"code": error.code}}
    except BaseException as error:
        answer = {{"escaped": type(error).__name__}}
    answer["seconds"] = time.process_time() - began
    print(json.dumps(answer), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a file: a record or an error's code; `escaped` names what no caller is prepared for."""

    seconds: float
    record: dict[str, object] | None = None
    incomplete: bool | None = None
    code: str | None = None
    escaped: str | None = None


def read_bounded(paths: Iterable[Path]) -> dict[str, Answer]:
    """The answers by the files' names; a file at which the process ended has none. Seconds are of the processor."""
    return {name: Answer(**answer) for name, answer in answers_of(_PROGRAM, paths)}


def answers_of(program: str, paths: Iterable[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The names of files, and what a Python program prints of each: it gets their paths, and prints lines of JSON."""
    paths = list(paths)
    done = subprocess.run(
        [sys.executable, "-c", program],
        input="\n".join(map(str, paths)),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    for path, line in zip(paths, done.stdout.splitlines(), strict=False):
        yield path.name, json.loads(line)
