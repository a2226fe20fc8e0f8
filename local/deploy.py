"""`sam build` and `sam deploy`, as for AWS, with the layer's wheels for the Python that runs the emulator."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from local.emulator import Emulator
from local.environment import for_programs, site_origin
from local.errors import LocalError
from local.place import ROOT, Place

STACK = "serverless-dicom"
SOURCES = ("template.yaml", "samconfig.toml", "requirements.txt", "layers", "functions")
NEVER = 4_102_444_800.0
"""2100-01-01: when `sam` may next ask the world for a newer version of itself."""


def is_current(place: Place, emulator: Emulator) -> bool:
    """Say whether the emulator has the stack as the sources describe it; one that was restarted has none."""
    return place.deployed.exists() and json.loads(place.deployed.read_text()) == _deployment(emulator)


def deploy(place: Place, emulator: Emulator, datastore: str) -> dict[str, str]:
    """Bring the stack to what the sources say, and return what `remember` takes once all that follows is done.

    `datastore`: the id of the local HealthImaging's data store, which the stack archives in.

    Raises:
        LocalError: `sam` failed; the text ends with what it said.

    """
    deployment = _deployment(emulator)
    place.deployed.unlink(missing_ok=True)
    configuration = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
    _sam(place, emulator, "build", *configuration, "--build-dir", str(place.build))
    template = ["--template-file", str(place.build / "template.yaml")]
    _sam(
        place, emulator, "deploy", *configuration, *template, "--parameter-overrides", *_parameters(emulator, datastore)
    )
    return deployment


def remember(place: Place, deployment: dict[str, str]) -> None:
    """Write down that this deployment is complete."""
    place.deployed.write_text(json.dumps(deployment))


def _deployment(emulator: Emulator) -> dict[str, str]:
    """Return what tells one deployment from another: the run of the emulator that has it, and the sources."""
    return {"emulator": emulator.identity, "sources": fingerprint()}


def fingerprint() -> str:
    """Digest the sources of a deployment, and the Python that the layer's wheels are for."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    """Yield the files that decide what is deployed, always in the same order."""
    for name in SOURCES:
        source = ROOT / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file() and not any(part == "__pycache__" or part.endswith(".egg-info") for part in path.parts):
                yield path


def _parameters(emulator: Emulator, datastore: str) -> list[str]:
    """Return what samconfig.toml says of the template's parameters, and where the page and the archive are here."""
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())["local"]["deploy"]["parameters"]
    told = dict(each.split("=", 1) for each in configured["parameter_overrides"])
    told |= {"AllowedOrigin": site_origin(emulator.port), "DatastoreId": datastore}
    return [f"{name}={value}" for name, value in told.items() if name in _declared()]


def _declared() -> set[str]:
    """Return the names of the template's parameters."""
    section = (ROOT / "template.yaml").read_text().partition("\nParameters:\n")[2]
    return set(re.findall(r"^  (\w+):", re.split(r"^\S", section, maxsplit=1, flags=re.MULTILINE)[0], re.MULTILINE))


def _sam(place: Place, emulator: Emulator, command: str, *options: str) -> None:
    """Run one command of `sam`, its output in a log."""
    place.sam.mkdir(parents=True, exist_ok=True)
    (place.sam / "metadata.json").write_text(json.dumps({"lastVersionCheck": NEVER}))
    environment = for_programs(place, emulator.port) | {
        "LAYER_TARGET": "host",
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(place.sam),
    }
    log = place.log(f"sam-{command}")
    with log.open("w") as output:
        done = subprocess.run(
            [Path(sys.executable).parent / "sam", command, *options],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        said = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise LocalError(f"`sam {command}` failed (all of it in {place.shown(log)}):\n{said}")
