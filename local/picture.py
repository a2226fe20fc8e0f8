"""One picture through the API, as its callers have it: with a token of `serverless-dicom token`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from local.environment import for_programs
from local.errors import LocalError
from local.place import Place
from local.stack import Stack

SECONDS = 60
JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that came back; `size` in bytes."""

    path: Path
    size: int
    seconds: float


def draw(place: Place, stack: Stack, uri: str) -> Drawn:
    """Have an object drawn, and keep the picture.

    Raises:
        LocalError: the API did not answer with one; the text ends with what it said.

    """
    request = urllib.request.Request(  # noqa: S310 - the stack's own address
        f"{stack.outputs['ApiUrl']}/convert",
        data=json.dumps({"url": uri}).encode(),
        headers={"Authorization": token(place, stack), "Accept": "image/jpeg", "Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    began = time.monotonic()
    try:
        with direct.open(request, timeout=SECONDS) as answer:
            picture = answer.read()
    except urllib.error.HTTPError as error:
        raise LocalError(f"POST /convert answered {error.code}: {error.read().decode(errors='replace')}") from error
    seconds = time.monotonic() - began
    if not picture.startswith(JPEG):
        raise LocalError(f"POST /convert answered with no JPEG: {picture[:200].decode(errors='replace')}")
    place.pictures.mkdir(exist_ok=True)
    path = place.pictures / f"{uri.rpartition('/')[2]}.jpg"
    path.write_bytes(picture)
    return Drawn(path, len(picture), seconds)


def token(place: Place, stack: Stack) -> str:
    """Return a token of the demo user."""
    done = subprocess.run(
        [Path(sys.executable).parent / "serverless-dicom", "token"],
        env=for_programs(place, stack.emulator.port),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"no token for the demo user: {done.stderr.strip()}")
    return done.stdout.strip()
