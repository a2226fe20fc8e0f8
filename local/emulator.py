"""The emulator of AWS: what it is started with, and where it keeps what it writes."""

from __future__ import annotations

import shutil

from local import processes
from local.environment import ACCOUNT, REGION, for_programs
from local.place import Place
from local.processes import Process, Program

Emulator = Process

PROGRAM = Program("emulator", ["local.gateway"], "/_ministack/health")


def running(place: Place) -> Emulator | None:
    """Return the emulator that was started in this place, if it still runs."""
    return processes.running(place, PROGRAM.name)


def start(place: Place, port: int) -> Emulator:
    """Start an emulator without any data, and return once it answers.

    Raises:
        LocalError: the port is taken, or the emulator ended or said nothing in time.

    """
    processes.check_free([port])
    shutil.rmtree(place.temporary, ignore_errors=True)
    place.temporary.mkdir(parents=True)
    return processes.start(place, PROGRAM, port, _settings(place, port))


def stop(place: Place) -> bool:
    """End the emulator of this place with all that it started, and say whether there was one."""
    was_running = processes.stop(place, PROGRAM.name)
    shutil.rmtree(place.temporary, ignore_errors=True)
    return was_running


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
