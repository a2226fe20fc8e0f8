"""How many requests there may be a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from local.rekognition.faults import Fault

HARD = 2
"""Times the rate: beyond it the answer is another."""


class Rate:
    """Counts requests within the last second."""

    def __init__(self, most: float | None, now: Callable[[], float] = time.monotonic) -> None:
        """Let through `most` requests a second, all of them where it is None; `now` is in seconds."""
        self._most, self._now = most, now
        self._lock = threading.Lock()
        self._seen: list[float] = []

    def count(self) -> None:
        """Let one more request through, or raise a Fault."""
        if self._most is None:
            return
        with self._lock:
            now = self._now()
            self._seen = [moment for moment in self._seen if moment > now - 1][-1000:]
            self._seen.append(now)
            count = len(self._seen)
        if count > HARD * self._most:
            raise Fault("ThrottlingException", "Rate exceeded", f"{count} requests within a second")
        if count > self._most:
            detail = f"{count} requests within a second, of at most {self._most:g}"
            raise Fault("ProvisionedThroughputExceededException", "Provisioned rate exceeded", detail)
