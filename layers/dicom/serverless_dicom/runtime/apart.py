"""A call in a process of its own, which may crash, hang or want too much without harm to the next one."""

from __future__ import annotations

import faulthandler
import math
import multiprocessing
import os
import resource
import signal
import time
import traceback
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from serverless_dicom.errors import ServerlessDicomError, UndecodablePixelData

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

Result = TypeVar("Result")

SECONDS = 10.0
"""Of the wall clock, that a call may take."""

MEMORY = 384 * 1024 * 1024
"""Bytes of address space that a call may take beyond what its caller has."""

_FORK = multiprocessing.get_context("fork")
"""Forked: what is imported is there at once, and arguments are not copied. A pipe is all it takes: no /dev/shm."""


class Call(Generic[Result]):
    """A call that is under way in a forked process; its caller holds no locks in other threads."""

    def __init__(
        self, function: Callable[..., Result], *arguments: Any, seconds: float = SECONDS, memory: int = MEMORY
    ) -> None:
        """Start it."""
        self._seconds, self._deadline = seconds, time.monotonic() + seconds
        self.answer, sender = _FORK.Pipe(duplex=False)
        """Can be waited for: readable as soon as there is a result."""
        self._process = _FORK.Process(target=_run, args=(sender, function, arguments, seconds, memory), daemon=True)
        self._process.start()
        sender.close()

    def result(self) -> Result:
        """Wait for what the function returns, and end the process.

        Errors of this package pass through. Raises UndecodablePixelData where the process crashed, or took more time or
        memory than it may.
        """
        try:
            if not self.answer.poll(max(0.0, self._deadline - time.monotonic())):
                raise UndecodablePixelData(f"decoding took more than {self._seconds:g} seconds")
            answer = self.answer.recv()
        except (EOFError, OSError):  # before its answer, or in it
            self._process.join()
            raise UndecodablePixelData(f"the decoder crashed: {_ending(self._process.exitcode)}") from None
        finally:
            self.end()
        if isinstance(answer, ServerlessDicomError):
            raise answer
        return cast("Result", answer)

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self.answer.close()


def apart(function: Callable[..., Result], *arguments: Any, seconds: float = SECONDS, memory: int = MEMORY) -> Result:
    """Call a function in a process of its own and wait for what it returns; raises as `Call.result` does."""
    return Call(function, *arguments, seconds=seconds, memory=memory).result()


def _run(sender: Connection, function: Callable[..., Any], arguments: Any, seconds: float, memory: int) -> None:
    """What the forked process does."""
    _bound(seconds, memory)
    answer: Any
    try:
        answer = function(*arguments)
    except ServerlessDicomError as error:
        answer = error
    except MemoryError:
        answer = UndecodablePixelData(f"decoding takes more than {memory} bytes of memory")
    except Exception as error:  # noqa: BLE001 - its text may quote the object, so only its kind and place are told
        at = traceback.extract_tb(error.__traceback__)[-1]
        answer = UndecodablePixelData(
            f"decoding failed: {type(error).__name__} at {PurePath(at.filename).name}:{at.lineno}"
        )
    sender.send(answer)


def _bound(seconds: float, memory: int) -> None:
    """Limit this process, and let what native code prints, which may quote the object, go nowhere."""
    faulthandler.disable()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)  # the end, even of a process that hangs while it answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller hears of it too, and ends this process
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    for kind, limit in (
        (resource.RLIMIT_AS, pages * resource.getpagesize() + memory),
        (resource.RLIMIT_CPU, math.ceil(seconds)),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _ending(status: int | None) -> str:
    """How a process ended, for people."""
    return signal.Signals(-status).name if status is not None and status < 0 else f"exit status {status}"
