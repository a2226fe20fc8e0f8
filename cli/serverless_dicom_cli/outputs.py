"""Where the pictures of inputs are written."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from serverless_dicom_cli.inputs import Input

SUFFIXES = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png"}
"""What the end of a picture's name says of its format."""


@dataclass(slots=True)
class Outputs:
    """A folder for pictures, or the one `file` that there is to be; `frame` is None where all are drawn.

    Within a run no two inputs are written to the same place.
    """

    folder: Path
    suffix: str
    frame: int | None = 1
    file: Path | None = None
    _claims: dict[str, str] = field(default_factory=dict)

    def claim(self, found: Input) -> str | None:
        """Reserve the place of an input's pictures; what is shown of the input that has it already, if one has."""
        other = self._claims.get(found.name)
        if other is None:
            self._claims[found.name] = found.shown
        return other

    def path(self, found: Input, frame: int) -> Path:
        """Where a frame's picture belongs: frame 1, drawn alone, has the plain name."""
        if self.file:
            return self.file
        mark = f".f{frame}" if self.frame is None or frame > 1 else ""
        return self.folder / f"{found.name}{mark}.{self.suffix}"


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, with the folders above it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.part")  # one process writes one file at a time
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
