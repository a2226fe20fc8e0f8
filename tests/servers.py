"""Servers on loopback ports for sources to fetch from, well-behaved and hostile, and an internet that they are in."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, Self

from serverless_dicom.sources.guard import Guard

LOOPBACK = "127.0.0.1"

PUBLIC = "93.184.216.34"
"""An address of the public internet, of the servers of tests by `Internet`."""


class Listener:
    """Handles each connection in a thread of its own; at its end every connection and thread is gone."""

    def __init__(self, handle: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self.ended = threading.Event()
        self._handle = handle
        self._context = context
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        """Begin to accept."""
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        """End every connection and thread."""
        self.ended.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._socket.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for connection in self._open:
            connection.close()

    def drip(self, data: bytes, seconds: float = 0.02) -> Iterator[bytes]:
        """One byte after the other, until the listener ends."""
        for byte in data:
            if self.ended.wait(seconds):
                return
            yield bytes([byte])

    def _start(self, work: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            kept = connection.dup()
            self._open.append(kept)
            self._start(partial(self._serve, connection, kept))

    def _serve(self, connection: socket.socket, kept: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._context:
                with self._context.wrap_socket(connection, server_side=True) as encrypted:
                    self._handle(encrypted)
            else:
                self._handle(connection)
        with suppress(OSError):
            kept.shutdown(socket.SHUT_WR)


class Trap:
    """A socket that listens, and tells whether anybody has so much as connected."""

    def __init__(self) -> None:
        self._socket = socket.create_server((LOOPBACK, 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        """It listens already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._socket.close()

    @property
    def was_reached(self) -> bool:
        """Whether somebody connected since the last look; the kernel has it the moment they do."""
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@dataclass
class Internet:
    """Names, addresses and who answers at them: a resolver and a connect for a guard.

    Every other address is the trap's, except open ones, which are dialed as they are.
    """

    trap: Trap
    names: dict[str, list[str]] = field(default_factory=dict)
    servers: dict[tuple[str, int], int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    dialed: list[tuple[str, int]] = field(default_factory=list)
    open_addresses: set[str] = field(default_factory=set)

    def add(self, name: str, server: Listener, port: int = 80, address: str = PUBLIC) -> None:
        """Let a name have an address, and a server answer there."""
        self.names.setdefault(name, []).append(address)
        self.servers[address, port] = server.port

    def resolve(self, host: str, _: int) -> list[str]:
        self.asked.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.names[host]

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.dialed.append(address)
        if address[0] in self.open_addresses:
            return socket.create_connection(address, timeout)
        return socket.create_connection((LOOPBACK, self.servers.get(address, self.trap.port)), timeout)

    def guard(self, *allowed: str) -> Guard:
        return Guard(allowed, resolve=self.resolve, connect=self.connect)


@dataclass(frozen=True)
class Request:
    """What an HTTP server was asked; header names in small letters."""

    target: str
    headers: Mapping[str, str]

    @property
    def wanted(self) -> tuple[int, int] | None:
        """The first and the last byte of the range that it asks for."""
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", ""))
        return (int(found[1]), int(found[2])) if found else None


def requests_of(connection: socket.socket) -> Iterator[Request]:
    """The requests that come over one connection."""
    with connection.makefile("rb") as lines:
        while first := lines.readline():
            headers = {}
            while (line := lines.readline().strip()) != b"":
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            yield Request(first.decode().split(" ")[1], headers)


def answer(status: int, body: bytes = b"", *, length: int | None = -1, **headers: str) -> bytes:
    """An answer of HTTP; `content_range="…"` is header Content-Range. Its length is told unless it is None."""
    told = {name.replace("_", "-").title(): value for name, value in headers.items()}
    if length is not None:
        told["Content-Length"] = str(len(body) if length == -1 else length)
    return (
        b"HTTP/1.1 %d Said\r\n" % status
        + b"".join(f"{name}: {told[name]}\r\n".encode() for name in told)
        + b"\r\n"
        + body
    )


Respond = Callable[[Request], bytes | Iterable[bytes]]


def http_server(respond: Respond, context: ssl.SSLContext | None = None, seen: list[Request] | None = None) -> Listener:
    """A server that answers each request, and keeps the connection unless its answer says `Connection: close`."""

    def handle(connection: socket.socket) -> None:
        for request in requests_of(connection):
            if seen is not None:
                seen.append(request)
            said = respond(request)
            for piece in [said] if isinstance(said, bytes) else said:
                connection.sendall(piece)
            if not isinstance(said, bytes) or b"\r\nConnection: close\r\n" in said:
                return

    return Listener(handle, context)


def ranged(data: bytes, **headers: str) -> Respond:
    """Answers with the range that was asked for, as a good server does."""

    def respond(request: Request) -> bytes:
        if not request.wanted:
            return answer(200, data, **headers)
        first, last = request.wanted
        if first >= len(data):
            return answer(416, content_range=f"bytes */{len(data)}")
        part = data[first : last + 1]
        return answer(206, part, content_range=f"bytes {first}-{first + len(part) - 1}/{len(data)}", **headers)

    return respond


def in_turn(*responds: Respond) -> Respond:
    """Answers the first request as the first does, the next as the next."""
    left = iter(responds)

    def respond(request: Request) -> bytes | Iterable[bytes]:
        return next(left)(request)

    return respond


class Serve(Protocol):
    """Starts a server as files.example, on port 443 if it is encrypted."""

    def __call__(self, respond: Respond, context: ssl.SSLContext | None = None) -> Listener:
        """The server, which ends with the test."""
        ...
