"""Where an export is written: a folder, whose files are whole or not there."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_PART = re.compile(r"\..*\.([0-9]{1,10})\.part")


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

    def keep(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a file of some pieces, in place of one that is there."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with temporary.open("wb", buffering=1024 * 64) as file:
                file.writelines(pieces)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
