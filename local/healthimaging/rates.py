"""How many requests there may be a second, operation by operation, as AWS publishes it for an account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from local.healthimaging.faults import throttled


class Limit(NamedTuple):
    """Requests that come back each second, and how many may be saved up."""

    rate: float
    burst: float


PUBLISHED = {
    "CreateDatastore": Limit(0.085, 10),
    "GetDatastore": Limit(10, 20),
    "ListDatastores": Limit(5, 10),
    "DeleteDatastore": Limit(0.085, 10),
    "StartDICOMImportJob": Limit(1, 10),
    "GetDICOMImportJob": Limit(25, 50),
    "ListDICOMImportJobs": Limit(10, 20),
    "SearchImageSets": Limit(25, 50),
    "GetImageSet": Limit(25, 50),
    "GetImageSetMetadata": Limit(50, 100),
    "GetImageFrame": Limit(1000, 2000),
    "ListImageSetVersions": Limit(25, 50),
    "UpdateImageSetMetadata": Limit(0.25, 10),
    "CopyImageSet": Limit(0.25, 10),
    "DeleteImageSet": Limit(0.25, 10),
    "TagResource": Limit(10, 20),
    "ListTagsForResource": Limit(10, 20),
    "UntagResource": Limit(10, 20),
}
"""The guide's page of throttling limits; an account may ask for others."""


class Rates:
    """A bucket of requests for each operation."""

    def __init__(self, limits: dict[str, Limit], now: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets; an operation without a limit has none. `now` is in seconds."""
        self._limits, self._now = limits, now
        self._lock = threading.Lock()
        self._left = {name: (limit.burst, now()) for name, limit in limits.items()}

    def count(self, operation: str) -> None:
        """Let one more request through, or raise a Fault."""
        limit = self._limits.get(operation)
        if limit is None:
            return
        with self._lock:
            now = self._now()
            left, seen = self._left[operation]
            left = min(limit.burst, left + (now - seen) * limit.rate)
            self._left[operation] = (left - 1 if left >= 1 else left, now)
        if left < 1:
            raise throttled("Rate exceeded")
