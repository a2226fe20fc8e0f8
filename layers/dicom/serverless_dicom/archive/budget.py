"""What threads share: memory for what is under way, and processors."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


DECODING = threading.BoundedSemaphore((os.cpu_count() or 1) + 1)
"""Held while a frame is decoded: threads are for waiting, and more decoders than processors are in each other's way."""


class Budget:
    """So many bytes, to be taken and given back; whoever wants more than all of it gets it alone."""

    def __init__(self, total: int) -> None:
        """Have `total` bytes."""
        self._total = self._left = total
        self._changed = threading.Condition()

    def take(self, amount: int, *, wait: bool = True) -> bool:
        """Take some bytes; without `wait` only if they are there, and whether they were.

        Who waits holds none, or two may wait for each other for ever.
        """
        amount = min(amount, self._total)
        with self._changed:
            while self._left < amount:
                if not wait:
                    return False
                self._changed.wait()
            self._left -= amount
        return True

    def give_back(self, amount: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._left += min(amount, self._total)
            self._changed.notify_all()

    @contextmanager
    def taken(self, amount: int) -> Iterator[None]:
        """Hold some bytes for as long as the block lasts."""
        self.take(amount)
        try:
            yield
        finally:
            self.give_back(amount)
