"""Compiling the layer, which saves a cold start more than half of its import time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def find_interpreter(version: str) -> Path | None:
    """Return a Python of that version (`3.13`) which runs, or None: .pyc of another version would be ignored."""
    probe = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"
    for candidate in _candidates(version):
        try:
            done = subprocess.run(
                [candidate, "-I", "-c", probe], capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.stdout.split() == [version, "cpython"]:
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    """Yield places where a Python of that version may stand; a shim on the PATH may name one that does not run."""
    yield Path(sys.executable)
    for folder in os.get_exec_path():
        found = shutil.which(f"python{version}", path=folder)
        if found:
            yield Path(found)
    yield from sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python{version}"))
    yield from sorted(Path.home().glob(f".local/share/uv/python/cpython-{version}*/bin/python{version}"))


def compile_sources(interpreter: Path, folder: Path) -> None:
    """Write .pyc that are believed without a look at the source: the times of unzipped files say nothing.

    A file that does not compile (wheels hold templates and samples) stays source, as an import would find it.
    """
    command = [str(interpreter), "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder.parent), "-p", "/opt", str(folder)]
    subprocess.run(command, capture_output=True, check=False)
