"""Files behind HTTP and HTTPS, read by range where the server can."""

from __future__ import annotations

import ssl
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from serverless_dicom.errors import SourceFailed, SourceTooLarge
from serverless_dicom.header.ranges import FIRST_READ, FileRanges, MemoryRanges
from serverless_dicom.sources.answers import check_coding, extent, is_empty, part, refusal, whole
from serverless_dicom.sources.conversation import Conversation
from serverless_dicom.sources.deadline import Watchdog
from serverless_dicom.sources.spool import MAX_BYTES, check_size, spooled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.sources.address import Address
    from serverless_dicom.sources.deadline import Deadline
    from serverless_dicom.sources.guard import Guard


@cache
def trusted() -> ssl.SSLContext:
    """What the system trusts; certificates and the names in them are verified."""
    return ssl.create_default_context()


class HttpSource:
    """Files behind HTTP and HTTPS, of hosts that the guard lets pass."""

    def __init__(self, guard: Guard, *, max_bytes: int = MAX_BYTES, context: ssl.SSLContext | None = None) -> None:
        """Fetch at most `max_bytes` of one file, in one piece or by ranges."""
        self._guard = guard
        self._max_bytes = max_bytes
        self._context = context

    @contextmanager
    def open(self, address: Address, deadline: Deadline) -> Iterator[ByteRanges]:
        """The file's bytes: by range where the server can, else from a temporary file without a name.

        Raises ObjectNotFound, SourceNotAllowed, SourceTooLarge, SourceFailed or SourceTimeout; so do later reads.
        """
        with ExitStack() as connected, ExitStack() as kept:
            watchdog = connected.enter_context(Watchdog(deadline))
            talk = Conversation(self._guard, self._context or trusted(), deadline, watchdog)
            connected.enter_context(closing(talk))
            address, answer = talk.follow(address)
            with answer:
                ranges = self._ranges(talk, address, answer)
            if isinstance(ranges, FileRanges):
                kept.enter_context(ranges.file)
            if not isinstance(ranges, HttpRanges):
                connected.close()  # what has been fetched needs neither the connection nor its watchdog
            yield ranges

    def _ranges(self, talk: Conversation, address: Address, answer: HTTPResponse) -> ByteRanges:
        if is_empty(answer):
            return MemoryRanges(b"")
        shown = address.shown
        if answer.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise refusal(answer.status, shown)
        check_coding(answer, shown)
        if answer.status == HTTPStatus.OK:
            check_size(answer.length, self._max_bytes, shown)
            return FileRanges.of(spooled(whole(answer, shown, talk.deadline), self._max_bytes, shown))
        start, stop, size = extent(answer, shown)
        if (start, stop) != (0, min(FIRST_READ, size)):
            raise SourceFailed(f"{shown}: the source sends other bytes than were asked for")
        head = part(answer, stop, shown, talk.deadline)
        if stop == size:
            return MemoryRanges(head)
        return HttpRanges(
            talk,
            address,
            size,
            head,
            answer.headers.get("ETag"),
            answer.headers.get("Last-Modified"),
            self._max_bytes - len(head),
        )


@dataclass(slots=True)
class HttpRanges:
    """A file behind HTTP as it was when it was opened; `size` and `budget`, what may still be fetched of it, in bytes.

    Its first 64 KiB came with the opening. Later reads are of the same content, or raise SourceFailed.
    """

    talk: Conversation
    address: Address
    size: int
    head: bytes
    etag: str | None
    last_modified: str | None
    budget: int

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        if stop <= len(self.head):
            return self.head[start:stop]
        if start < len(self.head):
            return self.head[start:] + self.read(len(self.head), stop)
        if stop <= start:
            return b""
        if stop - start > self.budget:
            raise SourceTooLarge(f"{self.address.shown}: more would be fetched of it than the bytes that are left")
        self.budget -= stop - start
        try:
            return self._fetched(start, stop)
        except BaseException:
            self.talk.close()  # the next read does not begin in the rest of this answer
            raise

    def _fetched(self, start: int, stop: int) -> bytes:
        shown = self.address.shown
        with self.talk.get(self.address, {"Range": f"bytes={start}-{stop - 1}"} | self._condition()) as answer:
            if answer.status in (HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED):
                raise SourceFailed(f"{shown} changed while it was read")
            if answer.status != HTTPStatus.PARTIAL_CONTENT:
                raise refusal(answer.status, shown)
            check_coding(answer, shown)
            first, end, size = extent(answer, shown)
            if size != self.size or not self._is_same(answer):
                raise SourceFailed(f"{shown} changed while it was read")
            if (first, end) != (start, stop):
                raise SourceFailed(f"{shown}: the source sends other bytes than were asked for")
            return part(answer, stop - start, shown, self.talk.deadline)

    def _condition(self) -> dict[str, str]:
        """The precondition under which the server may send a range (RFC 9110 13.1.5): no weak validator will do."""
        if self.etag and not self.etag.startswith("W/"):
            return {"If-Range": self.etag}
        return {"If-Range": self.last_modified} if self.last_modified and not self.etag else {}

    def _is_same(self, answer: HTTPResponse) -> bool:
        """Whether the answer's validators, as far as it tells them, are those of the opening."""
        told = (answer.headers.get("ETag", self.etag), answer.headers.get("Last-Modified", self.last_modified))
        return told == (self.etag, self.last_modified)
