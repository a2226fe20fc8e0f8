"""The page in the stack's bucket: built and published as for AWS, whenever it or the stack is another."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from local import page
from local.emulator import Emulator
from local.environment import for_programs
from local.errors import LocalError
from local.place import Place


def bring(place: Place, emulator: Emulator, login: dict[str, str]) -> bool:
    """Bring the page to what its sources say, and say whether anything had to be published.

    Raises:
        LocalError: building or publishing failed; the text ends with what was said.

    """
    with page.alone():
        page.build()
        publication = {"emulator": emulator.identity, "page": page.built()}
        if place.published.exists() and json.loads(place.published.read_text()) == publication:
            return False
        place.published.unlink(missing_ok=True)
        done = subprocess.run(
            [Path(sys.executable).parent / "serverless-dicom", "publish", "--folder", page.BUILT],
            env=for_programs(place, emulator.port) | login,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise LocalError(f"the page was not published: {done.stderr.strip()}")
    place.published.write_text(json.dumps(publication))
    return True
