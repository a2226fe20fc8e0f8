"""Programs in the background: found again, ended with what they started, and never confused with another."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local import processes
from local.errors import LocalError
from local.place import Place
from local.processes import PORTS, Program


def program(port: int) -> Program:
    return Program("web", ["http.server", "--bind", "127.0.0.1", str(port)], "/")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # as it is meant to be
def test_a_program_is_found_until_it_is_ended(place: Place, port: int) -> None:
    assert processes.running(place, "web") is None
    process = processes.start(place, program(port), port, dict(os.environ))
    try:
        assert processes.running(place, "web") == process
    finally:
        assert processes.stop(place, "web")
    assert processes.running(place, "web") is None
    assert not processes.stop(place, "web")
    assert not place.process("web").exists()


def test_another_process_with_the_same_id_is_none_of_ours(place: Place) -> None:
    place.process("web").write_text(json.dumps({"pid": os.getpid(), "started": 1, "port": 1}))
    assert processes.running(place, "web") is None
    assert not processes.stop(place, "web")


@pytest.mark.parametrize("written", ["", "{", "{}", "[]", '{"pid": 1}'])
def test_a_file_that_was_not_written_to_its_end_is_no_process(place: Place, written: str) -> None:
    place.process("web").write_text(written)
    assert processes.running(place, "web") is None


def test_what_does_not_start_says_why(place: Place, port: int) -> None:
    broken = Program("web", ["no_such_module"], "/")
    with pytest.raises(LocalError, match="No module named no_such_module"):
        processes.start(place, broken, port, dict(os.environ))
    assert processes.running(place, "web") is None


def test_what_a_killed_program_left_behind_is_ended(place: Place) -> None:
    environment = dict(os.environ) | {"TMPDIR": str(place.temporary)}
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environment) as stray:
        while "time.sleep" not in Path(f"/proc/{stray.pid}/cmdline").read_text():
            time.sleep(0.01)
        processes.end_strays(place)
        assert stray.wait(timeout=10) == -9


def test_a_port_in_use_is_named_with_a_way_out(port: int) -> None:
    told = f"port {port} of 127.0.0.1 is in use: .*PORT={port + PORTS}"
    with socket.create_server(("127.0.0.1", port)), pytest.raises(LocalError, match=told):
        processes.check_free([port])
    processes.check_free([port])
    with pytest.raises(LocalError, match="cannot be used"):
        processes.check_free([70_000])
