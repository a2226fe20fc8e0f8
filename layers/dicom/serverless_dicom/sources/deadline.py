"""A time by which a fetch is over, however slowly its bytes drip."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from serverless_dicom.errors import SourceTimeout

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """A moment some seconds from now, on a clock that nobody sets (`time.monotonic`)."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to count."""
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; 0 once it has passed."""
        return max(0.0, self._end - self._clock())

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return self.left == 0

    def remaining(self) -> float:
        """Seconds until then, more than 0. Raises SourceTimeout once it has passed."""
        left = self.left
        if not left:
            raise SourceTimeout(f"the source took longer than the {self.seconds:g} seconds that it may")
        return left


class Watchdog:
    """Shuts every socket that it watches at the deadline; a context manager, whose thread ends with it.

    A time limit of a socket counts from one packet to the next, so a server that sends a byte a second outlasts any.
    Shut from here, the socket ends whatever read, handshake or write waits for it. What is watched is a duplicate of
    the descriptor: the socket itself may be wrapped, detached or closed meanwhile.
    """

    def __init__(self, deadline: Deadline) -> None:
        """Watch nothing yet."""
        self._deadline = deadline
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._thread = threading.Thread(target=self._wait, name="source-watchdog", daemon=True)

    def __enter__(self) -> Self:
        """Begin to wait."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread, whether or not the deadline has passed, and let go of every socket."""
        self._over.set()
        self._thread.join()
        while self._watched:
            self._watched.pop().close()

    def watch(self, watched: socket.socket) -> None:
        """Watch one more."""
        with self._lock:
            self._watched.append(watched.dup())
            if self._deadline.passed:
                self._shut()

    def _wait(self) -> None:
        while left := self._deadline.left:
            if self._over.wait(left):
                return
        with self._lock:
            self._shut()

    def _shut(self) -> None:
        for watched in self._watched:
            with suppress(OSError):  # it may be closed already, which is what is wanted
                watched.shutdown(socket.SHUT_RDWR)
