"""Image sets -> files of DICOM objects or pictures: streamed, ended always, and resumable."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from serverless_dicom.archive.budget import Shared
from serverless_dicom.archive.fetching import MEMORY, THREADS, Fetcher, FrameFailed
from serverless_dicom.archive.report import Outcome, Report
from serverless_dicom.errors import InvalidIdentifier, ServerlessDicomError
from serverless_dicom.image.options import RenderOptions
from serverless_dicom.imageset.header import Headers
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.part10 import file_of, is_complete
from serverless_dicom.imageset.pictures import pictures_of
from serverless_dicom.imageset.pixels import pixels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.imageset.model import Instance
    from serverless_dicom.imageset.pixels import FrameData, Pixels

_Task: TypeAlias = "tuple[ImageSetRef, Headers, Instance]"

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
    threads: int = THREADS,
    memory: int = MEMORY,
    tell: Callable[[Outcome], None] = lambda _: None,
    stop: Callable[[], str] = lambda: "",
) -> Report:
    """Write all instances of some image sets; what fails is in the report, and does not stop the rest.

    `tell` hears of each outcome, from any thread. `stop` is asked before each instance and frame: once it gives a
    reason, nothing more is begun, and the report has it. Raises nothing but what interrupts the program.
    """
    with Fetcher(archive, threads, memory) as fetcher:
        return _Export(archive, keeper, wanted, fetcher, tell, stop).run(image_sets, threads)


class _Stopped(Exception):
    """Nothing more is to be begun."""


@dataclass(slots=True)
class _Export:
    """One export: what is under way, and what has become of the rest."""

    archive: HealthImaging
    keeper: Keeper
    wanted: Wanted
    fetcher: Fetcher
    tell: Callable[[Outcome], None]
    stop: Callable[[], str]
    report: Report = field(default_factory=Report)
    names: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    interrupted: bool = False

    def run(self, image_sets: Sequence[ImageSetRef], threads: int) -> Report:
        with ThreadPoolExecutor(threads + 1, "instance") as pool:  # one for the metadata of the next image set
            todo = Shared(self._todo(image_sets, pool))
            working = [pool.submit(self._work, todo) for _ in range(threads)]
            try:
                for worker in as_completed(working):
                    worker.result()
            except BaseException:
                self.interrupted = True
                raise
        return self.report

    def _work(self, todo: Iterator[_Task]) -> None:
        for task in todo:
            self._instance(*task)

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

    def _todo(self, image_sets: Sequence[ImageSetRef], pool: ThreadPoolExecutor) -> Iterator[_Task]:
        """The instances of all image sets that can be read, for as long as nothing stops the export."""
        coming = (pool.submit(self._metadata, ref) for ref in image_sets)
        ahead = deque(islice(coming, 1))
        for ref in image_sets:
            ahead.extend(islice(coming, 1))
            try:
                image_set = parse(ahead.popleft().result())
            except _Stopped:
                return
            except ServerlessDicomError as error:
                self._told(Outcome("failed", ref.image_set_id, code=error.code, message=str(error)))
                continue
            self.report.image_sets.append(ref.image_set_id)
            headers = Headers(image_set)
            for instance in image_set.instances:
                yield ref, headers, instance

    def _instance(self, ref: ImageSetRef, headers: Headers, instance: Instance) -> None:
        failed = partial(Outcome, "failed", ref.image_set_id, instance.sop_instance_uid)
        try:
            self._go_on()
            outcome = self._written(ref, headers, instance)
        except _Stopped:
            return
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

    def _told(self, outcome: Outcome) -> None:
        self.report.add(outcome)
        self.tell(outcome)

    def _written(self, ref: ImageSetRef, headers: Headers, instance: Instance) -> Outcome:
        header = headers.of(instance)
        name = f"{ref.folder}/{header.sop_instance_uid}".lstrip("/")
        if self._is_taken(name):
            raise InvalidIdentifier("another instance of the export has the same SOPInstanceUID")
        done = partial(Outcome, image_set_id=ref.image_set_id, sop_instance_uid=header.sop_instance_uid)
        wanted = self.wanted
        pictures = None if wanted.format == "dicom" else replace(wanted.render, format=wanted.format)
        if pictures and not instance.frames:
            return done("without_pictures")
        keep = wanted.keep_compressed and not pictures
        pixels = pixels_of(instance, header, keep_compressed=keep, check=wanted.check) if instance.frames else None
        names = _names(name, wanted.format, pixels.frames if pixels else 1)
        complete = None if pictures else partial(is_complete, header=header, pixels=pixels)
        remarks = header.remarks
        if not wanted.again and all(self.keeper.has(each, complete) for each in names):
            return done("present", names=names, remarks=remarks)
        with closing(self._frames(ref.image_set_id, instance, pixels)) as frames:
            if pixels is None or not pictures:
                self.keeper.keep(names[0], file_of(header, pixels, frames))
            else:
                for each, picture in zip(names, pictures_of(header, pixels, frames, pictures), strict=True):
                    self.keeper.keep(each, [picture.data])
        return done("written", names=names, remarks=remarks)

    def _is_taken(self, name: str) -> bool:
        """Whether an instance of this run has the name already; it is taken from now on."""
        with self.lock:
            before = len(self.names)
            self.names.add(name)
            return len(self.names) == before

    def _frames(self, image_set_id: str, instance: Instance, pixels: Pixels | None) -> Generator[FrameData]:
        if pixels is None:
            return
        for frame in self.fetcher.frames(image_set_id, instance, pixels):
            yield frame
            self._go_on()


def _names(name: str, suffix: str, frames: int) -> tuple[str, ...]:
    """The files of an instance: frame 1 of a picture has the plain name."""
    if suffix == "dicom":
        return (f"{name}.dcm",)
    return tuple(f"{name}{f'.f{number}' if number > 1 else ''}.{suffix}" for number in range(1, frames + 1))
