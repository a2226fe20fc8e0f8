"""All that runs for a stack, on ports in a row: the emulator, the page, Rekognition's stand-in and HealthImaging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from local import emulator, processes
from local.deploy import STACK
from local.emulator import Emulator
from local.environment import endpoint, for_programs, healthimaging_port, rekognition_port, site_port
from local.place import Place
from local.processes import PORTS, Program


@dataclass(frozen=True, slots=True)
class Companion:
    """A program beside the emulator: what it is, and which port it takes by the emulator's."""

    program: Callable[[Place, int], Program]
    name: str
    port: Callable[[int], int]


def _rekognition(_: Place, port: int) -> Program:
    arguments = ["local.rekognition", "--port", str(rekognition_port(port)), "--s3", endpoint(port)]
    return Program("rekognition", arguments, "/health")


def _healthimaging(place: Place, port: int) -> Program:
    where = ["--port", str(healthimaging_port(port)), "--state", str(place.archive), "--endpoint-url", endpoint(port)]
    return Program("healthimaging", ["local.healthimaging", *where, "--datastore", STACK], "/health")


def _site(place: Place, port: int) -> Program:
    arguments = ["local.site", "--port", str(site_port(port)), "--outputs", str(place.outputs)]
    return Program("site", arguments, "/.health")


COMPANIONS = (
    Companion(_rekognition, "rekognition", rekognition_port),
    Companion(_healthimaging, "healthimaging", healthimaging_port),
    Companion(_site, "site", site_port),
)


def up(place: Place, port: int) -> tuple[Emulator, bool]:
    """Start what does not run, and return the emulator and whether it ran already; then its port stays as it is.

    Raises:
        LocalError: a port is taken, or something did not start.

    """
    found = emulator.running(place)
    if found is None:
        down(place)  # what outlived an emulator knows another stack
        place.outputs.unlink(missing_ok=True)
        processes.check_free(range(port, port + PORTS))
    current = found or emulator.start(place, port)
    for companion in COMPANIONS:
        if processes.running(place, companion.name) is None:
            own = companion.port(current.port)
            processes.check_free([own])
            environment = for_programs(place, current.port) | {"TMPDIR": str(place.temporary)}
            processes.start(place, companion.program(place, current.port), own, environment)
    return current, found is not None


def down(place: Place) -> bool:
    """End all that runs in this place, and say whether anything did."""
    ended = [processes.stop(place, companion.name) for companion in COMPANIONS]
    ended.append(emulator.stop(place))
    processes.end_strays(place)
    return any(ended)
