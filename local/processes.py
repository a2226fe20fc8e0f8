"""Programs in the background, each on a port of 127.0.0.1: started, found again by whoever asks later, and ended."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from local.errors import LocalError
from local.place import ROOT, Place

SECONDS_TO_START = 60
SECONDS_TO_END = 10

PORTS = 4
"""That a stack takes, one after the other: the emulator, the page, Rekognition's stand-in, and HealthImaging."""


@dataclass(frozen=True, slots=True)
class Program:
    """What may run in a place: a module of Python, its arguments, and a path that it answers once it is ready."""

    name: str
    arguments: Sequence[str]
    health: str


@dataclass(frozen=True, slots=True)
class Process:
    """A program that runs; the start time tells it from a later process with the same id."""

    pid: int
    started: int
    """Clock ticks from boot to the process's start, as in /proc."""
    port: int

    @property
    def identity(self) -> str:
        """What no other run of the program has."""
        return f"{self.pid}-{self.started}"


def running(place: Place, name: str) -> Process | None:
    """Return the program that was started in this place, if it still runs."""
    try:
        process = Process(**json.loads(place.process(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):  # none, or a computer that went off amid the writing
        return None
    return process if _start_of(process.pid) == process.started else None


def start(place: Place, program: Program, port: int, environment: Mapping[str, str]) -> Process:
    """Start a program and return once it answers.

    Raises:
        LocalError: it ended, or said nothing in time.

    """
    log = place.log(program.name)
    with log.open("w") as output:
        # A session of its own, and none of this process's streams: no shell waits for it, no Ctrl-C ends it.
        child = subprocess.Popen(
            [sys.executable, "-m", *program.arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = _start_of(child.pid)
    if started is not None:
        process = Process(child.pid, started, port)
        place.process(program.name).write_text(json.dumps(asdict(process)))
        if _answers(child, f"http://127.0.0.1:{port}{program.health}"):
            return process
        stop(place, program.name)
    raise LocalError(f"{program.name} did not start; its last words in {place.shown(log)}:\n{_last_lines(log)}")


def stop(place: Place, name: str) -> bool:
    """End a program of this place with all that it started, and say whether it ran."""
    process = running(place, name)
    if process:
        os.killpg(process.pid, signal.SIGTERM)
        _wait_for_end(process)
        with suppress(ProcessLookupError):  # all of the group is gone: none was too busy to hear
            os.killpg(process.pid, signal.SIGKILL)
    place.process(name).unlink(missing_ok=True)
    return process is not None


def end_strays(place: Place) -> None:
    """End what a program of this place had started and left behind when it was killed: by its temporary folder."""
    mark = f"\0TMPDIR={place.temporary}\0".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # another user's, or gone
            if mark in b"\0" + environment.read_bytes() + b"\0":
                os.kill(int(environment.parent.name), signal.SIGKILL)


def check_free(ports: Iterable[int]) -> None:
    """Refuse ports that another program listens on.

    Raises:
        LocalError: one of them is taken, or may not be used.

    """
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as error:
                raise LocalError(_told(port, error)) from error


def _told(port: int, error: Exception) -> str:
    other = f"the stack takes {PORTS} ports one after the other, choose others, such as `make up PORT={port + PORTS}`"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} of 127.0.0.1 is in use: {other}"
    return f"port {port} of 127.0.0.1 cannot be used ({getattr(error, 'strerror', None) or error}): {other}"


def _answers(child: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until a program answers; False when it ended or the time is up."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_START
    while child.poll() is None and time.monotonic() < deadline:
        try:
            with direct.open(url, timeout=5):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def _start_of(pid: int) -> int | None:
    """Return when a process started, in clock ticks from boot; None when it is gone or only waits to be collected."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def _wait_for_end(process: Process) -> None:
    """Wait until the process is gone or has had its time."""
    deadline = time.monotonic() + SECONDS_TO_END
    while _start_of(process.pid) == process.started and time.monotonic() < deadline:
        time.sleep(0.05)


def _last_lines(log: Path) -> str:
    """Return the end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
