"""Answers of many connections, received by one thread at a time: one that waits for its own receives all that come.

Threads that wait for one answer each would do, but for Python's lock: those that wake up for every piece of an answer
spend more time on waiting for each other than an answer takes.
"""

from __future__ import annotations

import math
import re
import threading
import time
from selectors import EVENT_READ, DefaultSelector
from ssl import SSLSocket, SSLWantReadError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socket import socket

_PIECE, _MOST_OF_HEAD = 4096, 64 * 1024
_SMALL = 4 * 1024 * 1024
"""Bytes that are made room for because a head says that so many come."""

_LONGEST = 3600.0
"""Seconds that a call of the system waits at most."""

_LENGTH = re.compile(rb"(?i)\ncontent-length:[ \t]*([^\r\n]*)")
_OTHERWISE = re.compile(rb"(?i)\n(?:transfer-encoding:|connection:(?![ \t]*keep-alive[ \t]*\r)|[ \t])")


class Receipt:
    """An answer that is awaited: its `body` once that has come whole, else `begun`, all that came of the answer."""

    __slots__ = ("_have", "_most", "_room", "awaited", "begun", "body", "come", "sock")

    def __init__(self, sock: socket, most: int) -> None:
        """Have nothing; a body of more than `most` bytes is left to the one who asked."""
        self.sock, self.awaited, self.come = sock, True, threading.Lock()
        self.come.acquire()
        self.begun = b""
        self.body: bytes | None = None
        self._most, self._have = min(most, _SMALL), 0
        self._room: bytearray | None = None

    @property
    def size(self) -> int:
        """Bytes that have come so far."""
        return len(self.begun) + self._have

    def goes_on(self, scratch: memoryview) -> bool:
        """Receive what is there; whether there is more to wait for."""
        try:
            while self._received(scratch):
                if not isinstance(self.sock, SSLSocket):  # which may have more than its descriptor tells of
                    return True
        except (BlockingIOError, SSLWantReadError):
            return True
        except OSError:  # the one who asked finds out which
            pass
        if self._room is not None:
            if self._have == len(self._room) and not (isinstance(self.sock, SSLSocket) and self.sock.pending()):
                self.body = bytes(self._room)
            else:  # too little, or too much
                self.begun += self._room[: self._have]
        return False

    def _received(self, scratch: memoryview) -> bool:
        """Receive a piece; whether another is awaited."""
        if self._room is not None:
            count = self.sock.recv_into(memoryview(self._room)[self._have :])
            self._have += count
            return count > 0 and self._have < len(self._room)
        count = self.sock.recv_into(scratch)
        self.begun += scratch[:count]
        head, end, come = self.begun.partition(b"\r\n\r\n")
        if not end:
            return count > 0 and len(self.begun) < _MOST_OF_HEAD
        length = _length(head + end)
        if length is None or not len(come) <= length <= self._most:
            return False
        self.begun, self._room, self._have = head + end, bytearray(length), len(come)
        self._room[: len(come)] = come
        return len(come) < length


def _length(head: bytes) -> int | None:
    """The bytes of the body after the head of a plain answer."""
    if not head.startswith(b"HTTP/1.1 200 ") or _OTHERWISE.search(head):
        return None
    lengths = _LENGTH.findall(head)
    return int(lengths[0]) if len(lengths) == 1 and re.fullmatch(rb"[0-9]{1,9}", lengths[0]) else None


class Receiver:
    """Receives plain answers whole: 200, one Content-Length, over a connection that stays.

    Whatever else comes is left to the one who asked, with what came so far: bodies whose end is told otherwise, what
    cannot be understood, an end that comes too early. Of the threads that wait, the first receives for all.
    """

    def __init__(self) -> None:
        """Await nothing yet."""
        self._selector, self._scratch = DefaultSelector(), memoryview(bytearray(_PIECE))
        self._changing = threading.Lock()
        self._is_led, self._followers = False, set[Receipt]()

    def send(self, sock: socket, request: bytes, most: int) -> Receipt:
        """Send a small request, and await its answer. Raises OSError, also where the socket takes a part of it."""
        if sock.gettimeout() != 0:
            sock.settimeout(0)
        if sock.send(request) != len(request):
            raise BlockingIOError("the connection takes a part of the request")
        receipt = Receipt(sock, most)
        with self._changing:
            self._selector.register(sock, EVENT_READ, receipt)
        return receipt

    def wait(self, receipt: Receipt, seconds: float | None) -> None:
        """Return once nothing more is received: the socket is the caller's again.

        Raises TimeoutError where nothing has come for so long.
        """
        size, until = -1, 0.0
        try:
            while receipt.awaited:
                now = time.monotonic()
                if size != receipt.size:
                    size, until = receipt.size, math.inf if seconds is None else now + seconds
                if now >= until:
                    raise TimeoutError("nothing more has come")
                self._wait(receipt, min(until, now + _LONGEST))
        finally:
            with self._changing:
                if self._followers and not self._is_led:
                    self._followers.pop().come.release()

    def forget(self, receipt: Receipt) -> None:
        """Await an answer no longer, if it still was."""
        with self._changing:
            self._end(receipt)

    def _wait(self, receipt: Receipt, until: float) -> None:
        """Receive for all, or be woken by the one who does: when the answer has come, or to take his place."""
        with self._changing:
            if not receipt.awaited:
                return
            follows = self._is_led
            if follows:
                self._followers.add(receipt)
            self._is_led = True
        if not follows:
            try:
                while receipt.awaited and (left := until - time.monotonic()) > 0:
                    for key, _ in self._selector.select(left):
                        self._receive(key.data)
            finally:
                self._is_led = False
        elif not receipt.come.acquire(timeout=max(0.0, until - time.monotonic())):
            with self._changing:
                if receipt in self._followers:
                    self._followers.remove(receipt)
                else:  # it was woken just now
                    receipt.come.acquire()

    def _receive(self, receipt: Receipt) -> None:
        with self._changing:  # or the socket is closed meanwhile, and its number is another's
            if receipt.awaited and not receipt.goes_on(self._scratch):
                self._end(receipt)

    def _end(self, receipt: Receipt) -> None:
        if receipt.awaited:
            receipt.awaited = False
            self._selector.unregister(receipt.sock)
        if receipt in self._followers:
            self._followers.remove(receipt)
            receipt.come.release()
