"""Fresh processes to measure in, and what one says of itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCRATCH = ROOT / ".local" / "benchmarks"
"""For what benchmarks write; removed when they end."""

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}
"""Nothing of the user's own set-up is read or reached."""


def environment(**variables: str) -> dict[str, str]:
    """The environment of a measured process: this one's without its AWS settings, and the variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHONX"))}
    return kept | CREDENTIALS | variables


def measured(module: str, *arguments: str, **variables: str) -> dict[str, Any]:
    """What `python -m MODULE ARGUMENTS` prints as the last line of its output: a JSON object."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(**variables), capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        message = f"{module} {' '.join(arguments)} failed:\n{done.stderr[-2000:]}"
        raise RuntimeError(message)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def peak_memory() -> int:
    """Bytes that this process had resident at most.

    Of the process's own memory map: `ru_maxrss` of a new process begins with what its parent had.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    message = "/proc/self/status names no VmHWM: peak memory is known on Linux only"
    raise RuntimeError(message)
