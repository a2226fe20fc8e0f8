"""A deadline that no drip outlasts, and a watchdog that leaves nothing behind."""

import socket
import threading
import time

import pytest

from serverless_dicom.errors import SourceTimeout
from serverless_dicom.sources.deadline import Deadline, Watchdog


def test_it_counts_on_the_clock_that_it_is_given() -> None:
    now = [100.0]
    deadline = Deadline(15, clock=lambda: now[0])
    now[0] = 110

    assert deadline.remaining() == 5
    assert not deadline.passed

    now[0] = 115
    assert deadline.passed
    with pytest.raises(SourceTimeout, match=r"^the source took longer than the 15 seconds that it may$"):
        deadline.remaining()


def test_a_read_that_waits_ends_at_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Watchdog(Deadline(0.1)) as watchdog:
        watchdog.watch(ours)
        began = time.monotonic()

        assert ours.recv(1) == b""
        assert 0.09 < time.monotonic() - began < 1


def test_a_socket_that_comes_too_late_is_shut_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Watchdog(Deadline(0)) as watchdog:
        watchdog.watch(ours)

        assert ours.recv(1) == b""


def test_what_ended_in_time_is_not_shut_and_leaves_no_thread() -> None:
    ours, theirs = socket.socketpair()
    before = threading.active_count()
    with ours, theirs:
        with Watchdog(Deadline(60)) as watchdog:
            watchdog.watch(ours)
            assert threading.active_count() == before + 1
        assert threading.active_count() == before

        theirs.sendall(b"on")
        assert ours.recv(2) == b"on"


def test_a_watched_socket_that_was_closed_is_no_trouble() -> None:
    ours, theirs = socket.socketpair()
    with theirs, Watchdog(Deadline(0.05)) as watchdog:
        watchdog.watch(ours)
        ours.close()

        assert theirs.recv(1) == b""
