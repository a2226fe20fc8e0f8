"""A call in a process of its own, which may crash, hang or want too much without harm to the next one."""

import ctypes
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from serverless_dicom.errors import ImageTooLarge, InvalidRequest, UndecodablePixelData
from serverless_dicom.runtime.apart import MEMORY, Call, apart
from tests.processes import children

PATIENT = "Zzyzx^Quentin"


def add(left: int, right: int) -> int:
    return left + right


def raises(error: Exception) -> None:
    raise error


def dies_by(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(10)


def reads_nowhere() -> None:
    ctypes.string_at(0)


def leaves(status: int) -> None:
    os._exit(status)


def sleeps() -> None:
    time.sleep(60)


def turns() -> None:
    while True:
        pass


def takes(count: int) -> int:
    return len(bytearray(count))


def takes_in_native_code() -> int:
    return int(np.ones(2 * MEMORY, np.uint8).sum())


def ignores_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_IGN)
    turns()


def open_files() -> int:
    gc.collect()  # what holds a call's exception may hold its process too
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_a_function_returns_comes_back() -> None:
    assert apart(add, 2, 3) == 5


def test_a_picture_s_worth_of_bytes_comes_back() -> None:
    assert apart(os.urandom, 20_000_000).__len__() == 20_000_000


def test_it_runs_elsewhere() -> None:
    assert apart(os.getpid) != os.getpid()


@pytest.mark.parametrize(
    "error",
    [InvalidRequest("frame must be 1 to 3, got 4", "quality must be 1 to 100"), ImageTooLarge("too large")],
    ids=lambda error: error.code,
)
def test_errors_of_this_package_pass_through(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        apart(raises, error)

    assert str(raised.value) == str(error)
    assert vars(raised.value) == vars(error)


@pytest.mark.parametrize(
    "error", [ValueError(PATIENT), RuntimeError(PATIENT), KeyError(PATIENT), RecursionError(PATIENT)]
)
def test_of_others_only_the_kind_and_the_place_are_told(error: Exception) -> None:
    with pytest.raises(
        UndecodablePixelData, match=f"decoding failed: {type(error).__name__} at test_apart.py:"
    ) as raised:
        apart(raises, error)

    assert PATIENT not in str(raised.value)


@pytest.mark.parametrize(
    ("function", "arguments", "told"),
    [
        (dies_by, (signal.SIGSEGV,), "SIGSEGV"),
        (dies_by, (signal.SIGBUS,), "SIGBUS"),
        (dies_by, (signal.SIGKILL,), "SIGKILL"),
        (reads_nowhere, (), "SIGSEGV"),
        (os.abort, (), "SIGABRT"),
        (leaves, (0,), "exit status 0"),
        (leaves, (3,), "exit status 3"),
        (sys.exit, (5,), "exit status 5"),
    ],
    ids=["SEGV", "BUS", "KILL", "null pointer", "abort", "exit 0", "exit 3", "sys.exit"],
)
def test_a_crash_is_an_error_and_the_next_call_works(
    function: Callable[..., None], arguments: tuple[int, ...], told: str
) -> None:
    with pytest.raises(UndecodablePixelData, match=f"the decoder crashed: {told}"):
        apart(function, *arguments)

    assert apart(add, 1, 1) == 2


@pytest.mark.parametrize("function", [sleeps, turns, ignores_signals])
def test_what_takes_too_long_is_ended(function: Callable[[], None]) -> None:
    began = time.monotonic()

    with pytest.raises(UndecodablePixelData):
        apart(function, seconds=0.5)

    assert time.monotonic() - began < 3
    assert apart(add, 1, 1) == 2


@pytest.mark.parametrize(("function", "arguments"), [(takes, (4 * MEMORY,)), (takes_in_native_code, ())])
def test_what_takes_too_much_memory_is_ended(function: Callable[..., int], arguments: tuple[int, ...]) -> None:
    with pytest.raises(UndecodablePixelData, match="memory"):
        apart(function, *arguments)

    assert apart(takes, MEMORY // 8) == MEMORY // 8


def test_nothing_is_left_of_any_of_them() -> None:
    apart(add, 1, 1)
    files, processes = open_files(), children()
    for function, arguments in ((add, (1, 2)), (os.abort, ()), (sleeps, ()), (raises, (ValueError(),)), (leaves, (1,))):
        for _ in range(5):
            with suppress(UndecodablePixelData):
                apart(function, *arguments, seconds=0.1)

    assert open_files() == files
    assert children() == processes
    assert multiprocessing.active_children() == []


def test_a_result_that_cannot_be_sent_is_a_crash() -> None:
    with pytest.raises(UndecodablePixelData, match="crashed"):
        apart(lambda: lambda: 0)


def test_several_run_side_by_side() -> None:
    began = time.monotonic()
    calls = [Call(time.sleep, 1) for _ in range(4)]

    assert [call.result() for call in calls] == [None] * 4
    assert time.monotonic() - began < 3.5


def test_one_can_be_ended_by_who_no_longer_wants_it() -> None:
    before = children()
    call = Call(sleeps)

    call.end()

    assert children() == before


def test_its_answer_can_be_waited_for() -> None:
    call = Call(add, 1, 2)

    assert call.answer.poll(5)
    assert call.result() == 3


def test_nothing_that_it_prints_is_seen() -> None:
    """Native code prints to the file descriptors, past Python, and may quote the object."""
    program = f"""
import os, sys
from serverless_dicom.runtime.apart import apart
from serverless_dicom.errors import UndecodablePixelData
def prints():
    print({PATIENT!r}); print({PATIENT!r}, file=sys.stderr); sys.stdout.flush()
    os.write(1, b{PATIENT!r}); os.write(2, b{PATIENT!r})
def crashes():
    prints(); os.abort()
def fails():
    raise ValueError({PATIENT!r})
def cannot_be_sent():
    class Local: pass
    return Local()
for function in (prints, crashes, fails, cannot_be_sent):
    try: apart(function)
    except UndecodablePixelData: pass
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert (done.stdout, done.stderr) == ("done\n", "")


def test_a_process_that_ends_while_it_answers_has_crashed() -> None:
    call = Call(bytes, 10_000_000)
    assert call.answer.poll(5)
    time.sleep(0.2)
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    with pytest.raises(UndecodablePixelData):
        call.result()
