"""Requests over HTTP, whose connections are dialed by the guard.

It stands on `http.client` itself, which needs only be told how to connect. The libraries above it take proxies from
the environment, decompress, and log URLs, queries and all, where a header is malformed.
"""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from serverless_dicom.errors import SourceFailed
from serverless_dicom.header.ranges import FIRST_READ
from serverless_dicom.sources.address import WEB_PORTS, Address
from serverless_dicom.sources.answers import redirected
from serverless_dicom.sources.faults import translated

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from serverless_dicom.sources.deadline import Deadline, Watchdog
    from serverless_dicom.sources.guard import Guard

MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _Answer(http.client.HTTPResponse):
    """An answer whose chunks have sizes: of a negative one, `http.client` would read without end."""

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:
            raise http.client.HTTPException("a chunk of a negative size")
        return size


class _Line(http.client.HTTPConnection):
    """A connection whose dialing and encryption are decided elsewhere."""

    response_class = _Answer

    def __init__(self, address: Address, dial: Callable[[], socket.socket], context: ssl.SSLContext | None) -> None:
        super().__init__(address.host, address.port)
        self.default_port = http.client.HTTPS_PORT if context else http.client.HTTP_PORT
        self.origin = address.origin
        self._dial = dial
        self._context = context

    def connect(self) -> None:
        """Connect; over TLS, to the host by its own name, whatever address was dialed."""
        dialed = self._dial()
        self.sock = self._context.wrap_socket(dialed, server_hostname=self.host) if self._context else dialed


class Conversation:
    """Requests, one after the other, over a connection that is kept for as long as they go to the same host."""

    def __init__(self, guard: Guard, context: ssl.SSLContext, deadline: Deadline, watchdog: Watchdog) -> None:
        """Send nothing yet."""
        self.deadline = deadline
        self._guard = guard
        self._context = context
        self._watchdog = watchdog
        self._line: _Line | None = None

    def follow(self, address: Address) -> tuple[Address, http.client.HTTPResponse]:
        """Ask for the first 64 KiB, along at most three redirects: the last address, and its answer.

        No hop learns more than the first: neither cookies nor credentials are sent. Raises SourceNotAllowed for a hop
        that may not be fetched from, before anything is sent there.
        """
        for _ in range(MAX_REDIRECTS + 1):
            answer = self.get(address, {"Range": f"bytes=0-{FIRST_READ - 1}"})
            if answer.status not in _REDIRECTS:
                return address, answer
            with answer:
                following = redirected(address, answer.headers.get("Location"))
            self.close()
            address = following
        raise SourceFailed(f"{address.shown} comes after more than {MAX_REDIRECTS} redirects")

    def get(self, address: Address, headers: dict[str, str]) -> http.client.HTTPResponse:
        """The answer to a request, its body not yet read. Raises SourceNotAllowed, SourceFailed or SourceTimeout."""
        with translated(address.shown, self.deadline):
            line = self._line_to(address)
            if line.sock:
                try:
                    return self._exchange(line, address, headers)
                except ConnectionError:  # a server gives up a kept connection when it likes: once more, on a new one
                    line.close()
            return self._exchange(line, address, headers)

    def close(self) -> None:
        """Give the connection up."""
        if self._line:
            if self._line.sock:
                with suppress(OSError):  # closing alone would not tell the server: the watchdog has the socket too
                    self._line.sock.shutdown(socket.SHUT_RDWR)
            self._line.close()
            self._line = None

    def _line_to(self, address: Address) -> _Line:
        if self._line is None or self._line.origin != address.origin:
            self.close()
            context = self._context if address.scheme == "https" else None
            self._line = _Line(address, lambda: self._dial(address), context)
        return self._line

    def _dial(self, address: Address) -> socket.socket:
        dialed = self._guard.dial(address.host, address.port, WEB_PORTS, self.deadline)
        self._watchdog.watch(dialed)
        return dialed

    def _exchange(self, line: _Line, address: Address, headers: dict[str, str]) -> http.client.HTTPResponse:
        self.deadline.remaining()
        fixed = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "serverless-dicom"}
        line.request("GET", address.target, headers=fixed | headers)
        answer = line.getresponse()
        if self.deadline.passed:  # `http.client` takes a header that was cut off then for a whole one
            answer.close()
            raise TimeoutError
        return answer
