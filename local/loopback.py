"""Servers of this machine's own that nobody else reaches: bound to loopback, and deaf to other names than its own."""

from __future__ import annotations

from collections.abc import Collection
from email.message import Message
from http.server import ThreadingHTTPServer
from socketserver import BaseRequestHandler

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that concern one connection alone (RFC 9110 7.6.1)."""


class Server(ThreadingHTTPServer):
    """A server on a port of 127.0.0.1, a thread a connection; port 0 takes any that is free."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[BaseRequestHandler]) -> None:
        """Listen."""
        super().__init__((ADDRESS, port), handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


def is_addressed(host: str | None, port: int) -> bool:
    """Say whether a Host header names this machine: a page of another site whose name leads here names that site."""
    return host in {f"{name}:{port}" for name in NAMES}


def end_to_end(headers: Message, besides: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return the headers that are to be passed on, without those whose names, in small letters, are in `besides`."""
    named = {name.strip().lower() for value in headers.get_all("Connection", []) for name in value.split(",")}
    dropped = HOP_BY_HOP | named | set(besides)
    return [(name, value) for name, value in headers.items() if name.lower() not in dropped]
