"""Where an export is written: a folder, whose files are whole or not there."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from serverless_dicom.imageset.pixels import Buffer

_PART = re.compile(r"\..*\.([0-9]{1,10})\.part")
_MODE = 0o666  # less what the user masks
_AT_ONCE = 1024 * 1024
_MOST_PIECES = 512
"""Of one write: POSIX promises 16, Linux and macOS take 1,024."""


class Folder:
    """A folder of this machine. Every method raises OSError."""

    def __init__(self, path: Path) -> None:
        """Make the folder, and remove what processes that have ended meanwhile left of unfinished files."""
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        for entry in path.rglob(".*.part"):
            found = _PART.fullmatch(entry.name)
            if found and not _runs(int(found[1])):
                entry.unlink(missing_ok=True)

    def has(self, name: str, is_complete: Callable[[Callable[[int, int], bytes], int], bool] | None) -> bool:
        """Whether a file is there, and what `is_complete` says of it by reading (offset, end), and of its size."""
        try:
            with (self.path / name).open("rb", buffering=0) as file:
                if is_complete is None:
                    return True
                descriptor = file.fileno()

                def read(start: int, stop: int) -> bytes:
                    return os.pread(descriptor, max(0, stop - start), max(0, start))

                return is_complete(read, os.fstat(descriptor).st_size)
        except FileNotFoundError:
            return False

    def keep(self, name: str, pieces: Iterable[Buffer]) -> None:
        """Write a file of some pieces, in place of one that is there."""
        path = self.path / name
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            descriptor = _made(temporary)
            try:
                for together in _gathered(pieces):
                    _write(descriptor, together)
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _made(path: Path) -> int:
    """The descriptor of a new file, in a folder that is made where there is none."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        return os.open(path, flags, _MODE)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, _MODE)


def _gathered(pieces: Iterable[Buffer]) -> Iterator[list[Buffer]]:
    """Pieces that are written at once, without being copied: most files of a series at one go."""
    together: list[Buffer] = []
    size = 0
    for piece in pieces:
        together.append(piece)
        size += len(piece)
        if size >= _AT_ONCE or len(together) == _MOST_PIECES:
            yield together
            together, size = [], 0
    if together:
        yield together


def _write(descriptor: int, pieces: list[Buffer]) -> None:
    """Write all of some pieces, of which the system may take a part at a time."""
    todo = [memoryview(piece).cast("B") for piece in pieces if len(piece)]
    while todo:
        taken = os.writev(descriptor, todo)
        while todo and taken >= len(todo[0]):
            taken -= len(todo.pop(0))
        if taken:
            todo[0] = todo[0][taken:]


def _runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
