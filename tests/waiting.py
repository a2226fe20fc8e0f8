"""Waiting for what the running stack does in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")

SECONDS = 60


def until(look: Callable[[], Seen], expected: Seen) -> Seen:
    """What is seen last: as soon as it is what was expected, or when the time is up."""
    deadline = time.monotonic() + SECONDS
    while (seen := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.2)
    return seen
