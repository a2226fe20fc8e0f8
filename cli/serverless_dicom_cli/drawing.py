"""An input -> the pictures of its frames, in whatever process this runs."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_dicom.errors import TruncatedPixelData
from serverless_dicom.image import open_image
from serverless_dicom.runtime.apart import SECONDS
from serverless_dicom_cli.inputs import Input, is_url
from serverless_dicom_cli.opening import SECONDS_TO_FETCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.image import Frame, OpenImage, Picture, RenderOptions

KEPT = SECONDS_TO_FETCH / 4
"""Seconds that what a URL addresses is kept open for its next frame."""


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to be drawn: frame `frame`, from 1, within so many seconds of the wall clock."""

    source: Input
    frame: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, and how many frames its object has."""

    picture: Picture
    frames: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no picture."""

    code: str
    message: str


class Drawer:
    """Opens objects and draws their frames; the object of the last frame is kept open for the next one."""

    def __init__(
        self,
        opened: Callable[[str], AbstractContextManager[ByteRanges]],
        render: Callable[[Frame, RenderOptions], Picture],
        options: RenderOptions,
    ) -> None:
        """Open nothing yet."""
        self._opened, self._render, self._options = opened, render, options
        self._held = ExitStack()
        self._image: OpenImage | None = None
        self._place, self._since = "", 0.0

    def __call__(self, job: Job) -> Drawn:
        """Draw a frame; raises whatever opening and rendering raise."""
        image = self._open(job.source.place)
        frame = image.frame(job.frame, overlays=self._options.overlays)
        return Drawn(self._render(frame, self._options), image.number_of_frames)

    def _open(self, place: str) -> OpenImage:
        stale = is_url(place) and time.monotonic() - self._since > KEPT
        if self._image is None or place != self._place or stale:
            self._image = None
            self._held.close()
            ranges = self._held.enter_context(self._opened(place))
            self._place, self._since, self._image = place, time.monotonic(), open_image(ranges)
        return self._image


class Jobs:
    """What is still to be drawn: inputs in their order, and of all frames those of an object before the next."""

    def __init__(self, sources: Iterable[Input], frame: int | None, seconds: float = SECONDS) -> None:
        """Take frame `frame` of each input, or all frames if it is None; each in so many seconds, beside fetching."""
        self._every, self._seconds = frame is None, seconds
        self._stack: list[Iterator[Job]] = [(self._job(source, frame or 1) for source in sources)]
        self._ended: set[Input] = set()

    def take(self) -> Job | None:
        """The next job; None if there is none just now, though the outcome of one under way may bring more."""
        while self._stack:
            job = next(self._stack[-1], None)
            if job:
                return job
            self._stack.pop()
        return None

    def learn(self, job: Job, outcome: Drawn | Failed) -> None:
        """Take into account what became of a job."""
        if isinstance(outcome, Failed):
            if outcome.code == TruncatedPixelData.code:
                self._ended.add(job.source)  # further frames, of which a header may promise any number, lie behind
        elif self._every and job.frame == 1:
            self._stack.append(self._others(job.source, outcome.frames))

    def _others(self, source: Input, frames: int) -> Iterator[Job]:
        for frame in range(2, frames + 1):
            if source in self._ended:
                return
            yield self._job(source, frame)

    def _job(self, source: Input, frame: int) -> Job:
        return Job(source, frame, self._seconds + (SECONDS_TO_FETCH if is_url(source.place) else 0))
