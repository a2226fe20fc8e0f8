"""HTTP/1.1 as far as the service's clients speak it (RFC 9112), without what the library spends on a request.

Frames are asked for by the thousand; the library's parser of headers, made for mail, takes longer than all the rest.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from io import BufferedIOBase

MOST_OF_A_LINE = 65_536
MOST_HEADERS = 100
PARTS_OF_A_REQUEST_LINE = 3
VERSIONS = {b"HTTP/1.0", b"HTTP/1.1"}


class Malformed(Exception):
    """What came is no request; the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its body; header names in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    is_last: bool
    """Whether the connection ends after it."""


def read_request(stream: BufferedIOBase) -> Request | None:
    """Return the next request of a connection, or None at its end.

    Raises:
        Malformed: it is none.

    """
    line = stream.readline(MOST_OF_A_LINE + 1)
    if not line.strip():
        return None
    parts = line.split()
    if len(line) > MOST_OF_A_LINE or len(parts) != PARTS_OF_A_REQUEST_LINE or parts[2] not in VERSIONS:
        raise Malformed
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS + 1):
        line = stream.readline(MOST_OF_A_LINE + 1)
        if line in {b"\r\n", b"\n"}:
            closes = headers.get("connection", "").lower() == "close" or parts[2] == b"HTTP/1.0"
            return Request(parts[0].decode("latin-1"), parts[1].decode("latin-1"), headers, closes)
        name, colon, value = line.partition(b":")
        if not colon or not line.endswith(b"\n") or name.strip() != name:
            raise Malformed
        headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
    raise Malformed


def send(connection: socket.socket, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send an answer whole, headers and body at once."""
    lines = [f"HTTP/1.1 {status} {_reason(status)}", f"Date: {_date(int(time.time()))}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = ("\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode("latin-1", "replace")
    sent = connection.sendmsg([head, body])
    if sent < len(head):
        connection.sendall(head[sent:])
        sent = len(head)
    if left := len(head) + len(body) - sent:
        connection.sendall(memoryview(body)[len(body) - left :])


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase


_dates: dict[int, str] = {}


def _date(second: int) -> str:
    """Return a moment as a header has it; each second is written once."""
    date = _dates.get(second)
    if date is None:
        _dates.clear()
        date = _dates[second] = formatdate(second, usegmt=True)
    return date
