"""The frames of instances, fetched several at once and handed out in order."""

from __future__ import annotations

import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

from serverless_dicom.archive.budget import DECODING, Budget
from serverless_dicom.errors import FrameCorrupt, ServerlessDicomError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from concurrent.futures import Future

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.imageset.model import Frame, Instance
    from serverless_dicom.imageset.pixels import FrameData, Pixels

THREADS = 64
"""Frames that are fetched at once: most of the time that one takes is spent waiting."""

MEMORY = 512 * 1024 * 1024
"""Bytes of decoded frames that are under way at once."""

TRIES = 2
"""Of a frame that is corrupt: it may have been damaged on its way."""

_UNKNOWN = 64 * 1024 * 1024


class FrameFailed(Exception):
    """A frame could not be had; its cause is one of the package's errors."""

    def __init__(self, frame: Frame, error: ServerlessDicomError) -> None:
        super().__init__(str(error))
        self.frame, self.error = frame, error


class Frames(NamedTuple):
    """Frames as they are to be written, in order, which raise FrameFailed; closed, they need no memory any more."""

    each: Iterator[FrameData]
    close: Callable[[], None]


NO_FRAMES = Frames(iter(()), lambda: None)


class Fetcher:
    """Fetches frames of one data store; a context, after which no thread of it is left."""

    def __init__(self, archive: HealthImaging, threads: int = THREADS, memory: int = MEMORY) -> None:
        """Fetch nothing yet; `memory` bounds the decoded frames that are under way, in bytes."""
        self._archive, self._threads = archive, threads
        self._budget, self._pool = Budget(memory), ThreadPoolExecutor(threads, "frame")
        # pydicom's warnings quote headers, and threads that silence them one by one end each other's silence too early
        self._silence = warnings.catch_warnings(action="ignore")

    def __enter__(self) -> Self:
        """Be used; warnings are ignored meanwhile, by all threads."""
        self._silence.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what is under way; nothing else is begun."""
        self._pool.shutdown(cancel_futures=True)
        self._silence.__exit__(None, None, None)

    def frames(self, image_set_id: str, instance: Instance, pixels: Pixels) -> Frames:
        """The frames of an instance, once there is memory; one alone has been asked for by then."""
        if len(instance.frames) > 1:
            return self._several(image_set_id, instance, pixels)
        self._budget.take(_size(pixels))
        return self._one(image_set_id, instance.frames[0], pixels)

    def frames_now(self, image_set_id: str, instance: Instance, pixels: Pixels) -> Frames | None:
        """The same, if there is memory for one of them: who waits for memory may hold none, or all wait for ever."""
        if len(instance.frames) > 1:
            return self._several(image_set_id, instance, pixels) if self._budget.has(_size(pixels)) else None
        if not self._budget.take(_size(pixels), wait=False):
            return None
        return self._one(image_set_id, instance.frames[0], pixels)

    def _one(self, image_set_id: str, frame: Frame, pixels: Pixels) -> Frames:
        try:
            asked = self._archive.ask(image_set_id, frame.id)
        except BaseException:
            self._budget.give_back(_size(pixels))
            raise
        answer = asked.answer if asked.is_sent else self._pool.submit(asked.answer).result

        def close() -> None:
            asked.close()
            self._budget.give_back(_size(pixels))

        return Frames((self._frame(image_set_id, frame, pixels, first) for first in (answer,)), close)

    def _several(self, image_set_id: str, instance: Instance, pixels: Pixels) -> Frames:
        several = self._each_of_several(image_set_id, instance, pixels)
        return Frames(several, several.close)

    def _each_of_several(self, image_set_id: str, instance: Instance, pixels: Pixels) -> Generator[FrameData]:
        size = _size(pixels)
        todo: deque[Frame] = deque(instance.frames)
        pending: deque[Future[FrameData]] = deque()
        try:
            while todo or pending:
                while todo and len(pending) < self._threads and self._budget.take(size, wait=not pending):
                    pending.append(self._pool.submit(self._frame, image_set_id, todo.popleft(), pixels))
                try:
                    yield pending.popleft().result()
                finally:
                    self._budget.give_back(size)
        finally:
            for future in pending:
                future.cancel()
                self._budget.give_back(size)

    def _frame(
        self, image_set_id: str, frame: Frame, pixels: Pixels, first: Callable[[], bytes] | None = None
    ) -> FrameData:
        """A frame, of what `first` gives if there is such; one that is corrupt is fetched again."""
        fetch: Callable[[], bytes] = partial(self._archive.frame, image_set_id, frame.id)
        try:
            for read in (first or fetch, *[fetch] * (TRIES - 2)):
                try:
                    return _decoded(frame, pixels, read())
                except FrameCorrupt:
                    continue
            return _decoded(frame, pixels, fetch())
        except ServerlessDicomError as error:
            raise FrameFailed(frame, error) from error


def _decoded(frame: Frame, pixels: Pixels, stored: bytes) -> FrameData:
    if not pixels.decodes:
        return pixels.frame(frame, stored)
    with DECODING:
        return pixels.frame(frame, stored)


def _size(pixels: Pixels) -> int:
    """Bytes that a frame may take while it is under way: as it is stored, and decoded."""
    return _UNKNOWN if pixels.description is None else pixels.description.frame_bits // 8 * 2
