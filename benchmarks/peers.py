"""Programs that convert too, run whole: this project's command line, DCMTK's `dcmj2pnm` and dicom2jpg."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from benchmarks.process import ROOT, SCRATCH, environment

OURS = [str(Path(sys.executable).with_name("serverless-dicom")), "convert"]

LOCK = ROOT / "benchmarks" / "dicom2jpg.txt"
PLACE = ROOT / ".local" / "dicom2jpg"
"""Where it is kept from one run to the next, with the lock that it was installed from."""

_DICOM2JPG = "import sys, dicom2jpg; dicom2jpg.dicom2jpg(sys.argv[1], target_root=sys.argv[2])"


def seconds_of(command: list[str], *, fails: bool = False) -> float:
    """The seconds that a command takes; raises RuntimeError where it fails and may not."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=SCRATCH, env=environment(), capture_output=True, check=False, timeout=600)
    seconds = time.perf_counter() - start
    if done.returncode and not fails:
        message = f"{' '.join(command)[:200]} failed: {done.stderr.decode(errors='replace')[-1000:]}"
        raise RuntimeError(message)
    return seconds


def dcmj2pnm() -> str | None:
    """DCMTK's program; None where it is not installed."""
    return shutil.which("dcmj2pnm")


def dicom2jpg() -> list[str] | None:
    """The command that converts a file into a folder, installed if it is not; None where it cannot be had."""
    python, lock = PLACE / "bin" / "python", PLACE / "lock.txt"
    if not lock.exists() or lock.read_bytes() != LOCK.read_bytes():
        venv.create(PLACE, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        done = subprocess.run(
            [*pip, "--only-binary=:all:", "-r", str(LOCK)], cwd=ROOT, capture_output=True, check=False, timeout=600
        )
        if done.returncode:
            return None
        shutil.copyfile(LOCK, lock)
    return [str(python), "-c", _DICOM2JPG]
