"""Where a local stack keeps what it writes: one folder, `.local` unless told otherwise."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The repository."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one local stack, and the names of what stands in it."""

    folder: Path

    @property
    def temporary(self) -> Path:
        """What the emulator unpacks and forgets; removed when it ends."""
        return self.folder / "tmp"

    @property
    def outputs(self) -> Path:
        """JSON: the endpoint, the region and the stack's outputs by name."""
        return self.folder / "outputs.json"

    @property
    def environment(self) -> Path:
        """Shell: what `source` needs so that `aws` and `serverless-dicom` talk to this stack."""
        return self.folder / "env"

    @property
    def aws_config(self) -> Path:
        """INI: the AWS configuration that stands in for the user's own."""
        return self.folder / "aws-config"

    @property
    def samples(self) -> Path:
        """DICOM files to play with."""
        return self.folder / "samples"

    @property
    def pictures(self) -> Path:
        """What the demo drew, and made to upload."""
        return self.folder / "demo"

    @property
    def archive(self) -> Path:
        """What the local HealthImaging keeps, also while nothing runs."""
        return self.folder / "healthimaging"

    @property
    def build(self) -> Path:
        """What `sam build` makes."""
        return self.folder / "build"

    @property
    def deployed(self) -> Path:
        """JSON: which sources were deployed last, and to which run of the emulator."""
        return self.folder / "deployed.json"

    @property
    def published(self) -> Path:
        """JSON: which page was published last, and to which run of the emulator."""
        return self.folder / "published.json"

    @property
    def sam(self) -> Path:
        """What `sam` would otherwise keep in the home directory."""
        return self.folder / "sam"

    def process(self, name: str) -> Path:
        """Return the file that says in JSON which process a program runs as, if it does."""
        return self.folder / f"{name}.json"

    def log(self, name: str) -> Path:
        """Return the file that takes one program's output."""
        folder = self.folder / "log"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    def shown(self, path: Path) -> str:
        """Return the path as one would type it in the repository."""
        return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep two commands from starting, deploying or stopping the same stack at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
