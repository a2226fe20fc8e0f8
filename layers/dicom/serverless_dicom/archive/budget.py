"""What threads share: work to do, memory for what is under way, and processors."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = TypeVar("Item")

DECODERS = os.cpu_count() or 1
DECODING = threading.BoundedSemaphore(DECODERS)
"""Held while a frame is decoded: threads are for waiting, and more decoders than processors are in each other's way."""


class Shared(Generic[Item]):
    """An iterator that many threads take from, each the next item; it may be a generator."""

    def __init__(self, items: Iterator[Item]) -> None:
        """Take nothing yet."""
        self._items, self._taking = items, threading.Lock()

    def __iter__(self) -> Self:
        """Be an iterator."""
        return self

    def __next__(self) -> Item:
        """The next item; waits while another thread has one made."""
        with self._taking:
            return next(self._items)


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

    def has(self, amount: int) -> bool:
        """Whether some bytes are there at the moment."""
        return self._left >= min(amount, self._total)

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
