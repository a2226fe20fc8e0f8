"""Progress on stderr, for as long as someone may be watching it: on a terminal only."""

# ruff: noqa: PLC0415 - rich takes a while to import, and is needed on terminals only
from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, ProgressColumn, TaskID

DRAWN_EVERY = 0.1
"""Seconds."""


class Bar(Protocol):
    """What a command tells while it works."""

    def advance(self, steps: int = 1) -> None:
        """Count steps, or bytes; callable from any thread."""

    def note(self, line: str) -> None:
        """Tell something beside the result, on stderr."""

    def result(self, line: str) -> None:
        """Print a line of the result, on stdout."""


class Silent:
    """No progress: stderr is no terminal."""

    def advance(self, steps: int = 1) -> None:
        """Count nothing."""

    def note(self, line: str) -> None:
        """Print to stderr."""
        print(line, file=sys.stderr)

    def result(self, line: str) -> None:
        """Print to stdout."""
        print(line)


class Live:
    """A bar at the bottom of the terminal, with lines above it."""

    def __init__(self, progress: Progress, task: TaskID, *, threads: bool) -> None:
        """Show one task of a running display, which without `threads` is drawn anew as it advances."""
        self._progress, self._task = progress, task
        self._threads, self._drawn = threads, 0.0

    def advance(self, steps: int = 1) -> None:
        """Move the bar."""
        self._progress.advance(self._task, steps)
        if not self._threads and time.monotonic() - self._drawn > DRAWN_EVERY:
            self._drawn = time.monotonic()
            self._progress.refresh()

    def note(self, line: str) -> None:
        """Print above the bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def result(self, line: str) -> None:
        """Print to stdout; above the bar where that is the terminal too, or the two would write over each other."""
        if sys.stdout.isatty():
            self.note(line)
        else:
            print(line)


@contextmanager
def progress(
    what: str,
    unit: Literal["bytes", "objects", "pictures", "studies", "instances", "frames", "image sets"],
    total: int | None = None,
    *,
    watched: bool = True,
    threads: bool = True,
) -> Iterator[Bar]:
    """Show how far something has come, until the block ends; a total of None is unknown.

    Without `threads` there is no other thread than the caller's, as one that forks processes wants it.
    """
    if not (watched and sys.stderr.isatty()):
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

    counts: tuple[ProgressColumn, ...] = (TextColumn(f"{{task.completed:.0f}} {unit}"),)
    if unit == "bytes":
        counts = (DownloadColumn(), TransferSpeedColumn())
    columns = (TextColumn("{task.description}"), BarColumn(), *counts, TimeElapsedColumn())
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        auto_refresh=threads,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as display:
        yield Live(display, display.add_task(what, total=total), threads=threads)
