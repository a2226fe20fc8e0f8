"""Answers of many connections, received by whoever waits: each whole, to the one who asked, and nobody forgotten."""

import os
import random
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import trustme

from serverless_dicom.archive.receiving import Receipt, Receiver

MOST = 1 << 20
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


def answer(body: bytes, *more: str) -> bytes:
    lines = ("HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *more, "", "")
    return "\r\n".join(lines).encode() + body


@contextmanager
def pairs(count: int) -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    with ExitStack() as stack:
        found = [socket.socketpair() for _ in range(count)]
        for near, far in found:
            stack.enter_context(near)
            stack.enter_context(far)
        yield found


def body_of(receiver: Receiver, receipt: Receipt) -> bytes | None:
    receiver.wait(receipt, 5)
    return receipt.body


def test_one_who_waits_receives_the_answers_of_others() -> None:
    receiver = Receiver()
    with pairs(3) as connections:
        receipts = [receiver.send(near, REQUEST, MOST) for near, _ in connections]
        for number, (_, far) in reversed(list(enumerate(connections))):
            assert far.recv(100) == REQUEST
            far.sendall(answer(bytes([number]) * 70_000))
        assert body_of(receiver, receipts[0]) == bytes(70_000)
        assert [body_of(receiver, receipt) for receipt in receipts[1:]] == [b"\1" * 70_000, b"\2" * 70_000]


@pytest.mark.parametrize("piece", [1, 7, 4096, 4097])
@pytest.mark.parametrize("size", [0, 1, 5000])
def test_answers_come_in_pieces_of_any_size(piece: int, size: int) -> None:
    receiver, body = Receiver(), os.urandom(size)
    whole = answer(body, "Connection: keep-alive")
    with pairs(1) as [(near, far)], ThreadPoolExecutor(1) as pool:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        found = pool.submit(body_of, receiver, receiver.send(near, REQUEST, MOST))
        for start in range(0, len(whole), piece):
            far.sendall(whole[start : start + piece])
        assert found.result() == body


@pytest.mark.parametrize(
    "begun",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n 9\r\n\r\n",
        answer(b"x", "Transfer-Encoding: chunked"),
        answer(b"x", "Connection: close"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy",
        b"x" * 65_536,
    ],
)
def test_what_is_not_plain_is_left_to_the_one_who_asked(begun: bytes) -> None:
    receiver = Receiver()
    with pairs(1) as [(near, far)], ThreadPoolExecutor(1) as pool:
        receipt = receiver.send(near, REQUEST, MOST)
        sent = pool.submit(far.sendall, begun)
        receiver.wait(receipt, 5)
        assert receipt.body is None
        assert receipt.begun == begun
        assert sent.result() is None


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nConte", answer(b"x" * 9)[:-1]])
def test_what_ends_too_early_is_left_to_the_one_who_asked(sent: bytes) -> None:
    receiver = Receiver()
    with pairs(1) as [(near, far)]:
        receipt = receiver.send(near, REQUEST, MOST)
        far.sendall(sent)
        far.shutdown(socket.SHUT_WR)
        receiver.wait(receipt, 5)
        assert (receipt.body, receipt.begun) == (None, sent)


def test_silence_is_told_to_all_who_wait_and_one_who_hears_something_goes_on() -> None:
    receiver = Receiver()

    def outcome(receipt: Receipt, seconds: float) -> str:
        try:
            receiver.wait(receipt, seconds)
        except TimeoutError:
            return "silence"
        return "come"

    with pairs(3) as connections, ThreadPoolExecutor(3) as pool:
        receipts = [receiver.send(near, REQUEST, MOST) for near, _ in connections]
        found = [pool.submit(outcome, receipt, 0.2 + number / 10) for number, receipt in enumerate(receipts)]
        whole = answer(b"x" * 40)
        for start in range(0, len(whole), 10):
            time.sleep(0.1)
            connections[2][1].sendall(whole[start : start + 10])
        assert [one.result() for one in found] == ["silence", "silence", "come"]
        for receipt in receipts:
            receiver.forget(receipt)


def test_whoever_has_an_answer_goes_on_at_once_and_another_receives() -> None:
    receiver = Receiver()
    with pairs(3) as connections, ThreadPoolExecutor(3) as pool:
        found = []
        for near, _ in connections:
            found.append(pool.submit(body_of, receiver, receiver.send(near, REQUEST, MOST)))
            time.sleep(0.05)  # the first receives for all
        for number in (1, 0, 2):
            connections[number][1].sendall(answer(bytes([number])))
            assert found[number].result(2) == bytes([number])


def test_nobody_is_forgotten_when_many_wait() -> None:
    """Threads that ask ahead, and wait, give up, and are woken in any order: none waits where an answer has come."""
    receiver, threads, rounds = Receiver(), 12, 150

    def serve(far: socket.socket) -> None:
        chance = random.Random(far.fileno())  # noqa: S311 - no secret
        while far.recv(100):
            time.sleep(chance.choice((0, 0, 0.0005, 0.002)))
            far.sendall(answer(bytes([far.fileno() % 256]) * 20_000))

    def ask(connections: list[tuple[socket.socket, socket.socket]]) -> int:
        waiting: deque[tuple[Receipt, int]] = deque()
        count = 0
        for number in range(rounds):
            near, far = connections[number % len(connections)]
            if len(waiting) == len(connections):
                receipt, expected = waiting.popleft()
                receiver.wait(receipt, 5)
                assert receipt.body == bytes([expected]) * 20_000
                count += 1
            waiting.append((receiver.send(near, REQUEST, MOST), far.fileno() % 256))
        for receipt, _ in waiting:
            receiver.wait(receipt, 5)
            count += receipt.body is not None
        return count

    with pairs(threads * 3) as connections:
        servers = [threading.Thread(target=serve, args=(far,)) for _, far in connections]
        for server in servers:
            server.start()
        with ThreadPoolExecutor(threads) as pool:
            counts = list(pool.map(ask, [connections[3 * n : 3 * n + 3] for n in range(threads)]))
        for near, _ in connections:
            near.shutdown(socket.SHUT_WR)
        for server in servers:
            server.join()
    assert counts == [rounds] * threads


def secured(near: socket.socket, far: socket.socket, serve: Callable[[ssl.SSLSocket], None]) -> ssl.SSLSocket:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("imaging.example").configure_cert(context)

    def handle() -> None:
        with context.wrap_socket(far, server_side=True) as connection:
            serve(connection)

    threading.Thread(target=handle).start()
    own = ssl.create_default_context()
    authority.configure_trust(own)
    return own.wrap_socket(near, server_hostname="imaging.example")


def test_answers_over_tls_come_whole_though_they_come_in_records() -> None:
    receiver, bodies = Receiver(), [os.urandom(size) for size in (0, 1, 10_000, 16_384, 200_001)]

    def serve(connection: ssl.SSLSocket) -> None:
        for body in bodies:
            assert connection.recv(100) == REQUEST
            connection.sendall(answer(body))
        connection.recv(100)

    with pairs(1) as [(near, far)], secured(near, far, serve) as connection:
        for body in bodies:
            assert body_of(receiver, receiver.send(connection, REQUEST, MOST)) == body


def test_a_connection_that_takes_no_request_is_an_error() -> None:
    with pairs(1) as [(near, _)], pytest.raises(BlockingIOError):
        Receiver().send(near, b"x" * 10_000_000, MOST)
