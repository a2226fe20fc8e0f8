"""Build the layer: `python -m build_layer --target python3.13-arm64 DIRECTORY` fills DIRECTORY/python.

The wheels are those that requirements.txt pins by hash, for the target's Python and processor rather than this
machine's; beside them stands the package, and all is compiled to .pyc where an interpreter of the target's version
is at hand. The same inputs give the same files, and what was built is kept in dist/ until an input changes.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from build_layer.bytecode import compile_sources, find_interpreter
from build_layer.codecs import cut_codecs
from build_layer.contents import normalise, prune, tree_size
from build_layer.errors import LayerError
from build_layer.target import Target, applicable

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "serverless_dicom"
ROOT = HERE.parents[2]
LOCK = ROOT / "requirements.txt"
DIST = ROOT / "dist"
LAMBDA_LIMIT = 262_144_000
"""Bytes that a function and its layers may take unzipped: what Lambda calls 250 MB."""


def main() -> int:
    """Build the layer of one target, or take it from dist/; exit status 1 with a line of text where that cannot be."""
    parser = argparse.ArgumentParser(prog="build_layer", description="Build the shared layer.")
    parser.add_argument("--target", default="python3.13-arm64", help="python3.13-arm64, python3.13-x86_64, … or host")
    parser.add_argument("directory", type=Path, nargs="?", help="receives python/; without it the layer stays in dist/")
    arguments = parser.parse_args()
    try:
        target = Target.parse(arguments.target)
        built = build(target)
        check_size(target, tree_size(built))
    except LayerError as error:
        print(f"layer: {error}", file=sys.stderr)
        return 1
    if arguments.directory:
        destination = arguments.directory / "python"
        shutil.rmtree(destination, ignore_errors=True)
        shutil.copytree(built, destination)
    return 0


def build(target: Target) -> Path:
    """Return the folder under dist/ that holds the target's layer, building it only when an input has changed."""
    name = f"layer-{target}"
    folder = DIST / name / "python"
    stamp = DIST / f"{name}.sha256"
    DIST.mkdir(exist_ok=True)
    with (DIST / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds of one target wait for each other
        interpreter = find_interpreter(target.python)
        inputs = fingerprint(target, compiled=interpreter is not None)
        if stamp.exists() and stamp.read_text() == inputs:
            return folder
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install_wheels(target, folder)
        shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        prune(folder)
        cut_codecs(folder)
        if interpreter is None:
            print(f"layer: no Python {target.python} on this machine: no .pyc inside, cold starts take longer")
        else:
            compile_sources(interpreter, folder)
        normalise(folder)
        stamp.write_text(inputs)
    return folder


def fingerprint(target: Target, *, compiled: bool) -> str:
    """Digest all that decides the layer's content: target, lock, package, this builder, and whether .pyc are made."""
    digest = hashlib.sha256(f"{target} {target.pip_options()} {compiled=}\n".encode())
    for path in sorted([LOCK, *HERE.rglob("*"), *PACKAGE.rglob("*")]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def install_wheels(target: Target, folder: Path) -> None:
    """Have pip unpack the target's pinned wheels into the folder, each checked against its hash."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        raise LayerError(f"{sys.executable} has no pip: run `make setup`, or name a Python that has (make PYTHON=…)")
    requirements = folder.parent / "requirements.txt"
    requirements.write_text(applicable(LOCK.read_text(), target))
    command = [*pip, "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile"]
    command += ["--target", str(folder), *target.pip_options(), "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LayerError(f"pip did not get the pinned wheels for {target}:\n{done.stderr.strip()}")


def check_size(target: Target, size: int) -> None:
    """Print what the layer takes of Lambda's limit.

    Raises:
        LayerError: it is beyond the limit, so that Lambda would refuse it.

    """
    print(f"layer {target}: {size / 1e6:.1f} MB unzipped of the {LAMBDA_LIMIT / 1e6:.1f} MB that Lambda allows")
    if size > LAMBDA_LIMIT:
        raise LayerError(
            f"{target} takes {size} bytes, more than the {LAMBDA_LIMIT} that a function and its layers may have"
        )


if __name__ == "__main__":
    sys.exit(main())
