"""Objects of a store, held to the deadline of the fetch and to the errors of a source."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_dicom.errors import SourceFailed, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.sources.deadline import Deadline


@contextmanager
def told_as_source(deadline: Deadline) -> Iterator[None]:
    """Raise SourceTimeout once the deadline has passed, and SourceFailed for what the store calls transient.

    The store's own message is told on: it names the object and the service's code, such as AccessDenied.
    """
    deadline.remaining()
    try:
        yield
    except TransientError as error:
        deadline.remaining()
        raise SourceFailed(str(error)) from error
    deadline.remaining()


@dataclass(frozen=True, slots=True)
class StoredRanges:
    """Ranges of a store's object, until the deadline."""

    ranges: ByteRanges
    deadline: Deadline

    @property
    def size(self) -> int:
        """Bytes of the whole object."""
        return self.ranges.size

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`. Raises ObjectNotFound, SourceFailed or SourceTimeout."""
        with told_as_source(self.deadline):
            return self.ranges.read(start, stop)
