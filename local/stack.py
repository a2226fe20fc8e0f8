"""The local stack as a whole: up, down, and found again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from local import archive, commons, deploy, emulator, environment, outputs, publish, samples, services, users, workers
from local.emulator import Emulator
from local.errors import LocalError
from local.place import Place


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that runs."""

    emulator: Emulator
    outputs: dict[str, str]
    """`endpointUrl`, `region`, and the stack's outputs by name."""
    login: dict[str, str] = field(default_factory=dict, repr=False)
    """The variables that tell `serverless-dicom` who logs in, and where; none of a stack that was only found."""


def up(place: Place, port: int, tell: Callable[[str], None]) -> Stack:
    """Start what does not run, deploy and publish what has changed, and write down how to reach it.

    An emulator that runs is kept with its port and its data, whatever `port` says. `tell` gets a line for each step.

    Raises:
        LocalError: a port is taken, or something failed to start, to deploy or to be built.

    """
    with place.alone():
        current, was_running = services.up(place, port)
        if was_running:
            tell(f"the stack runs already, at {environment.endpoint(current.port)}")
        else:
            tell(f"the emulator of AWS runs, at {environment.endpoint(current.port)}")
        environment.configure(place, current.port)
        samples.copy(place)
        if deploy.is_current(place, current):
            tell("nothing has changed since it was deployed")
        else:
            tell("deploying template.yaml to it, as to AWS …")
            deployment = deploy.deploy(place, current, archive.datastore(current))
            workers.prepare(current, outputs.read(current))
            deploy.remember(place, deployment)
            tell("deployed")
        commons.fill(current)
        written = outputs.write(place, current)
        login = users.prepare(current, written)
        environment.write(place, current.port, login)
        if publish.bring(place, current, login):
            tell("built and published the page")
        return Stack(current, written, login)


def down(place: Place) -> bool:
    """End all that runs, and remove what only made sense meanwhile; say whether anything ran."""
    with place.alone():
        was_running = services.down(place)
        for path in (place.outputs, place.environment, place.aws_config, place.deployed, place.published):
            path.unlink(missing_ok=True)
        return was_running


def found(place: Place) -> Stack:
    """Return the stack that runs in this place.

    Raises:
        LocalError: none does, or it has not been deployed.

    """
    current = emulator.running(place)
    if current is None or not place.outputs.exists():
        raise LocalError("the stack does not run: start it with `make up`")
    return Stack(current, json.loads(place.outputs.read_text()))
