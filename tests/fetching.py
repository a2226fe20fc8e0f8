"""Fetching from an internet of tests as the project does, and what must never be told of it."""

import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.header.ranges import ByteRanges
from serverless_dicom.sources import open_source
from serverless_dicom.sources.address import parse_address
from serverless_dicom.sources.ftp import FtpSource
from serverless_dicom.sources.http import HttpSource
from tests.servers import Internet

SECRET = "s3cr3t"  # noqa: S105 - the one that must not be told


@dataclass
class Fetch:
    """Opens URLs in an internet of tests."""

    internet: Internet
    context: ssl.SSLContext
    max_bytes: int = 1_000_000
    allowed: tuple[str, ...] = ()

    def __call__(self, url: str, seconds: float = 5) -> AbstractContextManager[ByteRanges]:
        guard = self.internet.guard(*self.allowed)
        sources = {
            "http": HttpSource(guard, max_bytes=self.max_bytes, context=self.context),
            "ftp": FtpSource(guard, allowed=True, max_bytes=self.max_bytes, context=self.context),
        }
        return open_source(parse_address(url), sources, seconds)

    def all(self, url: str, seconds: float = 5) -> bytes:
        """Every byte."""
        with self(url, seconds) as ranges:
            return ranges.read(0, ranges.size)


def threads_of_sources() -> list[str]:
    """The names of the threads that a source has running."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("source-")]


@contextmanager
def refused(kind: type[ServerlessDicomError], match: str | None = None, *, within: float = 3) -> Iterator[None]:
    """Expect an error of exactly that kind within seconds, which tells no secret, neither itself nor its traceback."""
    began = time.monotonic()
    with pytest.raises(kind, match=match) as raised:
        yield
    assert time.monotonic() - began < within
    assert type(raised.value) is kind
    told = [str(raised.value), repr(raised.value), *traceback.format_exception(raised.value)]
    assert SECRET not in "".join(told)
