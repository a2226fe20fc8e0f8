"""The emulator as a process: started in the background on a port of 127.0.0.1, found again, and ended."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from local.environment import ACCOUNT, REGION, endpoint, for_programs
from local.errors import LocalError
from local.place import ROOT, Place

SECONDS_TO_START = 60
SECONDS_TO_END = 10


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator; the start time tells it from a later process with the same id."""

    pid: int
    started: int
    """Clock ticks from boot to the process's start, as in /proc."""
    port: int

    @property
    def identity(self) -> str:
        """What no other run of the emulator has."""
        return f"{self.pid}-{self.started}"


def running(place: Place) -> Emulator | None:
    """Return the emulator that was started in this place, if it still runs."""
    try:
        emulator = Emulator(**json.loads(place.process.read_text()))
    except FileNotFoundError:
        return None
    return emulator if _start_of(emulator.pid) == emulator.started else None


def start(place: Place, port: int) -> Emulator:
    """Start an emulator and return once it answers.

    Raises:
        LocalError: the port is taken, or the emulator ended or said nothing in time.

    """
    _check_free(port)
    shutil.rmtree(place.temporary, ignore_errors=True)
    place.temporary.mkdir(parents=True)
    log = place.log("emulator")
    with log.open("w") as output:
        # A session of its own, and none of this process's streams: no shell waits for it, no Ctrl-C ends it.
        process = subprocess.Popen(
            [sys.executable, "-m", "local.gateway"],
            cwd=ROOT,
            env=_settings(place, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = _start_of(process.pid)
    if started is not None:
        emulator = Emulator(process.pid, started, port)
        place.process.write_text(json.dumps(asdict(emulator)))
        if _answers(process, port):
            return emulator
        stop(place)
    raise LocalError(f"the emulator did not start; its last words in {place.shown(log)}:\n{_last_lines(log)}")


def stop(place: Place) -> bool:
    """End the emulator of this place with all that it started, and say whether there was one."""
    emulator = running(place)
    if emulator:
        os.killpg(emulator.pid, signal.SIGTERM)
        _wait_for_end(emulator)
        with suppress(ProcessLookupError):  # all of the group is gone: none was too busy to hear
            os.killpg(emulator.pid, signal.SIGKILL)
    shutil.rmtree(place.temporary, ignore_errors=True)
    place.process.unlink(missing_ok=True)
    return emulator is not None


def _settings(place: Place, port: int) -> dict[str, str]:
    """Return the emulator's environment: loopback only, roles enforced, all files in the place."""
    environment = for_programs(place, port)
    del environment["AWS_CONFIG_FILE"]  # functions get this environment too, and have to find only what Lambda gives
    return environment | {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",  # in queue URLs and the like
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "TMPDIR": str(place.temporary),
        "STATE_DIR": str(place.temporary / "state"),
        "S3_DATA_DIR": str(place.temporary / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _check_free(port: int) -> None:
    """Refuse a port that another program listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise LocalError(
                    f"port {port} of 127.0.0.1 cannot be used ({error.strerror}): choose another, PORT={port + 1}"
                ) from error
            raise LocalError(
                f"port {port} of 127.0.0.1 is in use: choose another, such as `make up PORT={port + 1}`"
            ) from error


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the emulator answers; False when it ended or the time is up."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with direct.open(f"{endpoint(port)}/_ministack/health", timeout=5):
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


def _wait_for_end(emulator: Emulator) -> None:
    """Wait until the process is gone or has had its time."""
    deadline = time.monotonic() + SECONDS_TO_END
    while _start_of(emulator.pid) == emulator.started and time.monotonic() < deadline:
        time.sleep(0.05)


def _last_lines(log: Path) -> str:
    """Return the end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
