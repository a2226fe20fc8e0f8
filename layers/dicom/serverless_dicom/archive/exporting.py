"""Image sets -> files of DICOM objects or pictures: streamed, ended always, and resumable."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypeVar

from serverless_dicom.archive.budget import DECODERS, Shared
from serverless_dicom.archive.fetching import MEMORY, NO_FRAMES, THREADS, Fetcher, FrameFailed
from serverless_dicom.archive.report import Outcome, Report
from serverless_dicom.errors import InvalidIdentifier, ServerlessDicomError
from serverless_dicom.image.options import RenderOptions
from serverless_dicom.imageset.header import Headers
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.part10 import file_of, is_complete
from serverless_dicom.imageset.pictures import pictures_of
from serverless_dicom.imageset.pixels import pixels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.fetching import Frames
    from serverless_dicom.imageset.header import Header
    from serverless_dicom.imageset.model import Instance
    from serverless_dicom.imageset.pixels import FrameData, Pixels

_Task: TypeAlias = "tuple[ImageSetRef, Headers, Instance]"
Result = TypeVar("Result")

WRITERS = 32
"""Threads that write instances at most, once those that began have to wait for a disk or a service."""

_SLOW, _VERY_SLOW = 0.005, 0.1
"""Seconds that the processors are idle before another thread helps: for two instances in turn, or for one alone."""

AS_STORED = RenderOptions()
"""Pictures with the pixels, and the window, of their objects."""


class Keeper(Protocol):
    """Where an export is written. Methods raise OSError or an error of the package."""

    def has(self, name: str, is_complete: Callable[[Callable[[int, int], bytes], int], bool] | None) -> bool:
        """Whether a file is there and, as far as it can be read, complete."""

    def keep(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a file, whole or not at all."""


@dataclass(frozen=True, slots=True)
class ImageSetRef:
    """An image set, or one version of it, and the folder for its files below the place of the export."""

    image_set_id: str
    version: str | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is to write: DICOM files, or pictures as `render` says, whose format it takes from here.

    `keep_compressed` leaves frames as they are stored; `check` has those decoded too, to compare their checksums.
    `again` writes what is there already.
    """

    format: Literal["dicom", "png", "jpg"] = "dicom"
    keep_compressed: bool = False
    check: bool = False
    again: bool = False
    render: RenderOptions = AS_STORED


def export(  # noqa: PLR0913 - with names at the call
    archive: HealthImaging,
    image_sets: Sequence[ImageSetRef],
    keeper: Keeper,
    wanted: Wanted = Wanted(),
    *,
    threads: int = WRITERS,
    ahead: int = THREADS,
    memory: int = MEMORY,
    tell: Callable[[Outcome], None] = lambda _: None,
    stop: Callable[[], str] = lambda: "",
) -> Report:
    """Write all instances of some image sets; what fails is in the report, and does not stop the rest.

    At most `threads` instances are written at once, and `ahead` frames fetched, of `memory` bytes decoded. `tell` hears
    of each outcome, from any thread. `stop` is asked before each instance and frame: once it gives a reason, nothing
    more is begun, and the report has it. Raises nothing but what interrupts the program.
    """
    with Fetcher(archive, ahead, memory) as fetcher, ThreadPoolExecutor(threads + 1, "instance") as pool:
        return _Export(archive, keeper, wanted, fetcher, pool, threads, ahead, tell, stop).run(image_sets)


class _Stopped(Exception):
    """Nothing more is to be begun."""


@dataclass(frozen=True, slots=True)
class _Instance:
    """An instance that is to be written, and the names of its files."""

    ref: ImageSetRef
    instance: Instance
    header: Header
    pixels: Pixels | None
    names: tuple[str, ...]


@dataclass(slots=True)
class _Export:
    """One export: what is under way, and what has become of the rest."""

    archive: HealthImaging
    keeper: Keeper
    wanted: Wanted
    fetcher: Fetcher
    pool: ThreadPoolExecutor
    threads: int
    ahead: int
    tell: Callable[[Outcome], None]
    stop: Callable[[], str]
    report: Report = field(default_factory=Report)
    workers: list[Future[None]] = field(default_factory=list)
    begun: deque[tuple[_Instance, Frames]] = field(default_factory=deque)
    names: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    interrupted: bool = False

    def run(self, image_sets: Sequence[ImageSetRef]) -> Report:
        todo = Shared(self._todo(image_sets))
        try:
            for _ in range(self._writers()):
                self._employ(todo)
            for worker in self.workers:  # and those that are employed meanwhile
                worker.result()
        except BaseException:
            self.interrupted = True
            while self.begun:
                self._finish_oldest()
            raise
        return self.report

    def _writers(self) -> int:
        """How many threads begin: what Python does is done no faster by more than one, what decoders do is."""
        as_stored = self.wanted.format == "dicom" and self.wanted.keep_compressed and not self.wanted.check
        return 1 if as_stored else DECODERS + 1

    def _employ(self, todo: Shared[_Task | None]) -> None:
        with self.lock:
            if len(self.workers) < self.threads:
                self.workers.append(self.pool.submit(self._work, todo))

    def _work(self, todo: Shared[_Task | None]) -> None:
        """Begin instances, so many that enough frames are asked for, and finish those that were begun first."""
        is_over, slow = False, 0
        while not is_over or self.begun:
            task = None
            if not is_over and len(self.begun) < self.ahead:
                try:
                    task = next(todo)
                except StopIteration:
                    is_over = True
                    continue
            if task and len(task[2].frames) > 1:  # this thread will be waiting for them
                self._employ(todo)
            idle = self._begin(*task) if task else self._finish_oldest()
            if idle is not None:
                slow = slow + 1 if idle > _SLOW else 0
            if slow > 1 or (idle or 0) > _VERY_SLOW:
                self._employ(todo)

    def _go_on(self) -> None:
        """Raise _Stopped if nothing more is to be begun."""
        if self.interrupted:
            raise _Stopped
        if not self.report.stopped and (reason := self.stop()):
            self.report.stopped = reason
        if self.report.stopped:
            raise _Stopped

    def _metadata(self, ref: ImageSetRef) -> bytes:
        self._go_on()
        return self.archive.metadata(ref.image_set_id, ref.version)

    def _todo(self, image_sets: Sequence[ImageSetRef]) -> Iterator[_Task | None]:
        """The instances of all image sets that can be read, for as long as nothing stops the export.

        None while metadata are on their way, if there is something to finish meanwhile.
        """
        coming = (self.pool.submit(self._metadata, ref) for ref in image_sets)
        ahead = deque(islice(coming, 1))
        for ref in image_sets:
            ahead.extend(islice(coming, 1))
            metadata = ahead.popleft()
            while self.begun and not metadata.done():
                yield None
            try:
                image_set = parse(metadata.result())
            except _Stopped:
                return
            except ServerlessDicomError as error:
                self._told(Outcome("failed", ref.image_set_id, code=error.code, message=str(error)))
                continue
            self.report.image_sets.append(ref.image_set_id)
            headers = Headers(image_set)
            for instance in image_set.instances:
                yield ref, headers, instance

    def _tried(self, ref: ImageSetRef, instance: Instance, act: Callable[[], Result]) -> Result | None:
        """What comes of something that is done for an instance; where it fails, that is told."""
        failed = partial(Outcome, "failed", ref.image_set_id, instance.sop_instance_uid)
        try:
            return act()
        except _Stopped:
            return None
        except FrameFailed as error:
            frame = (error.frame.number, error.frame.id)
            outcome = failed(code=error.error.code, message=str(error), frame=frame)
        except ServerlessDicomError as error:
            outcome = failed(code=error.code, message=str(error))
        except OSError as error:
            outcome = failed(code="unwritable", message=error.strerror or type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one instance, the others are written
            outcome = failed(code="unexpected", message=f"unexpected {type(error).__name__}")
        self._told(outcome)
        return None

    def _told(self, outcome: Outcome) -> None:
        self.report.add(outcome)
        self.tell(outcome)

    def _begin(self, ref: ImageSetRef, headers: Headers, instance: Instance) -> float | None:
        """Ask for the only frame of an instance; one with none, or with several, is finished as `_finish` does."""
        one = self._tried(ref, instance, partial(self._prepared, ref, headers, instance))
        if not isinstance(one, _Instance):
            if one:
                self._told(one)
            return None
        if one.pixels is None:
            return self._finish(one, NO_FRAMES)
        frames = self._tried(ref, instance, partial(self._asked, ref.image_set_id, instance, one.pixels))
        if frames and len(instance.frames) > 1:
            return self._finish(one, frames)
        if frames:
            self.begun.append((one, frames))
        return None

    def _asked(self, image_set_id: str, instance: Instance, pixels: Pixels) -> Frames:
        """The frames of an instance; while memory is short, others are finished first."""
        while not (frames := self.fetcher.frames_now(image_set_id, instance, pixels)) and self.begun:
            self._finish_oldest()
        return frames or self.fetcher.frames(image_set_id, instance, pixels)

    def _prepared(self, ref: ImageSetRef, headers: Headers, instance: Instance) -> _Instance | Outcome:
        self._go_on()
        header = headers.of(instance)
        name = f"{ref.folder}/{header.sop_instance_uid}".lstrip("/")
        if self._is_taken(name):
            raise InvalidIdentifier("another instance of the export has the same SOPInstanceUID")
        wanted = self.wanted
        pictures = wanted.format != "dicom"
        done = partial(Outcome, image_set_id=ref.image_set_id, sop_instance_uid=header.sop_instance_uid)
        if pictures and not instance.frames:
            return done("without_pictures")
        keep = wanted.keep_compressed and not pictures
        pixels = pixels_of(instance, header, keep_compressed=keep, check=wanted.check) if instance.frames else None
        names = _names(name, wanted.format, pixels.frames if pixels else 1)
        complete = None if pictures else partial(is_complete, header=header, pixels=pixels)
        if not wanted.again and all(self.keeper.has(each, complete) for each in names):
            return done("present", names=names, remarks=header.remarks)
        return _Instance(ref, instance, header, pixels, names)

    def _finish_oldest(self) -> float | None:
        """Finish what was begun first, if there is anything, as `_finish` does."""
        try:
            one, frames = self.begun.popleft()
        except IndexError:  # another thread was faster
            return None
        return self._finish(one, frames)

    def _finish(self, one: _Instance, frames: Frames) -> float:
        """Write an instance. Seconds of it in which no thread did anything."""
        began, worked = time.monotonic(), time.process_time()
        if outcome := self._tried(one.ref, one.instance, partial(self._written, one, frames)):
            self._told(outcome)
        return time.monotonic() - began - (time.process_time() - worked)

    def _written(self, one: _Instance, frames: Frames) -> Outcome:
        with closing(frames):
            self._go_on()
            each = self._while_going_on(frames.each)
            if one.pixels is None or self.wanted.format == "dicom":
                self.keeper.keep(one.names[0], file_of(one.header, one.pixels, each))
            else:
                render = replace(self.wanted.render, format=self.wanted.format)
                for name, picture in zip(one.names, pictures_of(one.header, one.pixels, each, render), strict=True):
                    self.keeper.keep(name, [picture.data])
        uid, remarks = one.header.sop_instance_uid, one.header.remarks
        return Outcome("written", one.ref.image_set_id, uid, names=one.names, remarks=remarks)

    def _while_going_on(self, frames: Iterator[FrameData]) -> Iterator[FrameData]:
        for frame in frames:
            yield frame
            self._go_on()

    def _is_taken(self, name: str) -> bool:
        """Whether an instance of this run has the name already; it is taken from now on."""
        with self.lock:
            before = len(self.names)
            self.names.add(name)
            return len(self.names) == before


def _names(name: str, suffix: str, frames: int) -> tuple[str, ...]:
    """The files of an instance: frame 1 of a picture has the plain name."""
    if suffix == "dicom":
        return (f"{name}.dcm",)
    return tuple(f"{name}{f'.f{number}' if number > 1 else ''}.{suffix}" for number in range(1, frames + 1))
