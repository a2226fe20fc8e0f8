"""Jobs, several at a time, in processes that may crash, hang or want too much.

A process does many jobs. One for each would take 5 ms to fork and as much again for the memory that it touches first,
where most pictures take less than 10 ms; measured on 246 small files, one after the other: 1.9 s inside one process,
4.6 s with a fork for each. What a hostile object breaks is gone with its process all the same: a process ends with the
first object that it could not decode, and another takes its place.
"""

from __future__ import annotations

import resource
import signal
import time
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from serverless_dicom.errors import ServerlessDicomError, UndecodablePixelData
from serverless_dicom.runtime.apart import MEMORY, SECONDS, Call
from serverless_dicom_cli.drawing import Drawn, Failed, Job, Jobs
from serverless_dicom_cli.places import UNREADABLE
from serverless_dicom_cli.problems import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    Draw: TypeAlias = Callable[[Job], Drawn]
    Outcome: TypeAlias = Drawn | Failed

LIFE = 7 * 24 * 3600.0
"""Seconds that a process may live; each job has a limit of its own."""

WORN = MEMORY // 4
"""Bytes by which a process may grow before another takes its place: each job is to have room."""


class Worker:
    """A process that is forked to do one job after the other."""

    def __init__(self, draw: Draw, others: list[Worker]) -> None:
        """Start it; it lets go of what it inherits of its parent's connections to the others."""
        self.connection, there = Pipe()
        self.job: Job | None = None
        self.deadline = 0.0
        theirs = [self.connection, *(other.connection for other in others)]
        with _uninterrupted():
            self._call: Call[None] = Call(_serve, there, theirs, draw, seconds=LIFE)
        there.close()

    def give(self, job: Job) -> None:
        """Let it do a job."""
        self.job, self.deadline = job, time.monotonic() + job.seconds
        self.connection.send(job)

    def outcome(self) -> tuple[Outcome, bool]:
        """What became of the job, and whether the process can be given another."""
        try:
            outcome, usable = self.connection.recv()
        except (EOFError, OSError):
            try:
                self._call.result()
            except ServerlessDicomError as error:
                return Failed(error.code, str(error)), False
            return Failed(UndecodablePixelData.code, "the process that drew it ended"), False
        return outcome, usable

    def end(self) -> None:
        """End the process, whatever it does."""
        self._call.end()
        self.connection.close()


def outcomes(jobs: Jobs, draw: Draw, count: int) -> Iterator[tuple[Job, Outcome]]:
    """Yield what becomes of all jobs, as they are done, at most `count` at a time; leaves no process behind."""
    idle: list[Worker] = []
    busy: list[Worker] = []
    try:
        while True:
            while len(busy) < count and (job := jobs.take()):
                worker = idle.pop() if idle else Worker(draw, [*idle, *busy])
                busy.append(worker)
                worker.give(job)
            if not busy:
                return
            for worker, outcome, usable in list(_finished(busy)):
                busy.remove(worker)
                if usable:
                    idle.append(worker)
                else:
                    worker.end()
                if worker.job:
                    jobs.learn(worker.job, outcome)
                    yield worker.job, outcome
    finally:
        for worker in [*idle, *busy]:
            worker.end()


def _finished(busy: list[Worker]) -> Iterator[tuple[Worker, Outcome, bool]]:
    """Wait until a job is done or late."""
    patience = min(worker.deadline for worker in busy) - time.monotonic()
    ready = wait([worker.connection for worker in busy], max(0.0, patience))
    for worker in busy:
        if worker.connection in ready:
            yield worker, *worker.outcome()
        elif worker.job and worker.deadline <= time.monotonic():
            yield worker, Failed(UndecodablePixelData.code, f"it took more than {worker.job.seconds:g} seconds"), False


def _serve(connection: Connection, inherited: list[Connection], draw: Draw) -> None:
    """What the process does: jobs, until its parent closes the connection or something is wrong.

    What cannot be decoded, wants too much memory or was not foreseen is raised: the process ends with it.
    """
    for other in inherited:
        other.close()
    size = _address_space()
    while True:
        try:
            job: Job = connection.recv()
        except EOFError:
            return
        _allow(SECONDS + 1)
        outcome: Outcome
        try:
            outcome = draw(job)
        except UndecodablePixelData:
            raise
        except ServerlessDicomError as error:
            outcome = Failed(error.code, explain(error))
        except OSError as error:
            outcome = Failed(UNREADABLE, error.strerror or type(error).__name__)
        connection.send((outcome, _address_space() - size < WORN))


def _allow(seconds: float) -> None:
    """Let this process take so much more of the processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back while a process is forked, which is to ignore it before it hears of it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
