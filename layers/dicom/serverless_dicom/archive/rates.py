"""Requests a second: no more than HealthImaging publishes, and fewer where it says that they are too many."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLISHED: Final = {
    "StartDICOMImportJob": 1.0,
    "GetDICOMImportJob": 25.0,
    "SearchImageSets": 25.0,
    "GetImageSet": 25.0,
    "GetImageSetMetadata": 50.0,
    "GetImageFrame": 1000.0,
    "DeleteImageSet": 0.25,
}
"""The default quotas of an account, requests a second by operation."""

UNLIMITED: Final[dict[str, float]] = {}

_BURST_SECONDS = 0.05
_SLOWEST = 0.25
_CUT_EVERY, _CUT = 0.25, 0.6
_GROWTH = 0.05


class Limiter:
    """Lets so many calls a second begin, from any number of threads; the first few at once.

    Told of a throttled call it lets fewer begin, then gradually as many as before.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Allow `rate` calls a second."""
        self._most = self._rate = rate
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next, self._cut_at = 0.0, -_CUT_EVERY

    def wait(self) -> None:
        """Return when the next call may begin."""
        with self._lock:
            now = self._clock()
            at = max(self._next, now - _BURST_SECONDS)
            self._next = at + 1 / self._rate
        if at > now:
            self._sleep(at - now)

    def throttled(self) -> None:
        """Learn that the service was asked too much."""
        with self._lock:
            now = self._clock()
            if now - self._cut_at >= _CUT_EVERY:  # calls under way together are refused together
                self._cut_at, self._rate = now, max(_SLOWEST, self._rate * _CUT)

    def answered(self) -> None:
        """Learn that it was not."""
        if self._rate < self._most:
            with self._lock:
                self._rate = min(self._most, self._rate + _GROWTH)
