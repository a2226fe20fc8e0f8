"""Bytes that are fetched by range: the seam between the parser and wherever an object lies."""

import io
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from serverless_dicom.errors import HeaderTooLarge

FIRST_READ = 64 * 1024
"""Bytes of the first fetch: the headers of nearly all objects end within them."""

MAX_STEP = 4 * 1024 * 1024
"""Bytes of a later fetch at most, unless one value takes more."""

MAX_HEADER_BYTES = 64 * 1024 * 1024
"""Bytes that are fetched at most for one header."""

NEAR = 1024 * 1024
"""Bytes beyond a run that are fetched with it: a second request costs more than they do."""


class ByteRanges(Protocol):
    """An object of known size whose bytes can be had by range."""

    @property
    def size(self) -> int:
        """Bytes of the whole object."""
        ...

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`; `0 <= start <= stop <= size`."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryRanges:
    """Ranges of bytes that are in memory already."""

    data: bytes | bytearray

    @property
    def size(self) -> int:
        """Bytes of the whole object."""
        return len(self.data)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        return bytes(memoryview(self.data)[start:stop])


@dataclass(frozen=True, slots=True)
class FileRanges:
    """Ranges of an open local file, which its opener closes."""

    file: BinaryIO
    size: int

    @classmethod
    def of(cls, file: BinaryIO) -> "FileRanges":
        """The ranges of a seekable file."""
        return cls(file, file.seek(0, io.SEEK_END))

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        self.file.seek(start)
        return self.file.read(stop - start)


class RangedFile:
    """A file to read over ranges that fetches what is read, in growing steps, and skips what is not.

    What has been fetched is kept in runs; each further fetch doubles a run, up to steps of 4 MiB, so that a header of
    some megabytes costs a handful of requests. A seek far from every run starts a new one. It has what pydicom needs of
    a file.

    Raises HeaderTooLarge once more than `limit` bytes would be fetched.
    """

    def __init__(self, ranges: ByteRanges, limit: int = MAX_HEADER_BYTES) -> None:
        """Read nothing yet."""
        self.size = ranges.size
        self.fetched = 0
        self._ranges = ranges
        self._limit = limit
        self._position = 0
        self._start = 0
        self._run = b""
        self._runs = {self._start: self._run}

    def window(self, start: int, length: int) -> tuple[bytes, int]:
        """A buffer that holds `length` bytes from `start` (fewer at the object's end), and where in it they begin."""
        at = start - self._start
        if not 0 <= at <= len(self._run):
            self._start, self._run = self._run_at(start)
            at = start - self._start
        if at + length > len(self._run):
            self._grow(min(start + length, self.size))
        return self._run, at

    def _run_at(self, start: int) -> tuple[int, bytes]:
        for begin, run in self._runs.items():
            if begin <= start <= begin + len(run) + NEAR:
                return begin, run
        return start, b""

    def _grow(self, stop: int) -> None:
        at = self._start + len(self._run)
        if stop <= at:
            return
        allowed = self._limit - self.fetched
        if stop - at > allowed:
            raise HeaderTooLarge(f"the header takes more than the {self._limit} bytes that are read for one")
        step = min(max(len(self._run), FIRST_READ), MAX_STEP)
        wanted = min(max(stop - at, step), allowed, self.size - at)
        chunk = self._ranges.read(at, at + wanted)
        self.fetched += len(chunk)
        self._run = self._runs[self._start] = self._run + chunk

    def tell(self) -> int:
        """The offset of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move without fetching anything."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, to the end if negative."""
        if self._position >= self.size:
            return b""
        length = self.size - self._position if size < 0 else size
        run, at = self.window(self._position, length)
        chunk = run[at : at + length]
        self._position += len(chunk)
        return chunk
