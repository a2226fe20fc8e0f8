"""The door: every address of a name is checked, and what is denied is not so much as dialed."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from serverless_dicom.errors import InvalidSetting, SourceFailed, SourceNotAllowed, SourceTimeout
from serverless_dicom.sources.deadline import Deadline
from serverless_dicom.sources.guard import AllowedHosts, Guard
from tests.servers import LOOPBACK, PUBLIC, Internet, Listener, Trap

PORTS = frozenset({80, 443})


def greeting(guard: Guard, host: str, port: int = 80) -> bytes:
    with guard.dial(host, port, PORTS, Deadline(5)) as dialed:
        return dialed.recv(5)


@pytest.fixture
def greeter() -> Iterator[Listener]:
    with Listener(lambda connection: connection.sendall(b"hello")) as listener:
        yield listener


def test_a_public_host_is_dialed_at_its_checked_address(internet: Internet, greeter: Listener) -> None:
    internet.add("files.example", greeter)

    assert greeting(internet.guard(), "files.example") == b"hello"
    assert internet.dialed == [(PUBLIC, 80)]
    assert internet.asked == ["files.example"]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC, "::1"],
        ["2606:4700::1111", "169.254.169.254"],
        [PUBLIC] * 20 + ["127.0.0.1"],
        ["::ffff:93.184.216.34"],
        ["2002:7f00:1::"],
        ["64:ff9b::a9fe:a9fe"],
        ["2001:0:7f00:1::"],
        ["fe80::1%eth0"],
    ],
)
def test_one_denied_address_denies_the_name(internet: Internet, trap: Trap, addresses: list[str]) -> None:
    internet.names["files.example"] = addresses

    with pytest.raises(SourceNotAllowed, match=r"^files\.example leads to an address .* AllowedHosts$") as raised:
        internet.guard().dial("files.example", 80, PORTS, Deadline(5))
    assert internet.dialed == []
    assert not trap.was_reached
    assert not [address for address in addresses if address in str(raised.value)]


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "2130706433", "017700000001", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "0"),
        *("0.0.0.0", "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"),  # noqa: S104 - no server binds it
    ],
)
def test_whatever_the_system_makes_of_a_host_this_machine_is_not_dialed(trap: Trap, host: str) -> None:
    with pytest.raises(SourceNotAllowed):
        Guard().dial(host, trap.port, {trap.port}, Deadline(5))
    assert not trap.was_reached


def test_the_trap_would_tell(trap: Trap) -> None:
    guard = Guard(["localhost"], resolve=lambda *_: [LOOPBACK])
    guard.dial("localhost", trap.port, {trap.port}, Deadline(5)).close()

    assert trap.was_reached


def test_a_name_that_changes_its_mind_gains_nothing(internet: Internet, trap: Trap, greeter: Listener) -> None:
    internet.servers[PUBLIC, 80] = greeter.port
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    guard = Guard(resolve=lambda *_: next(answers), connect=internet.connect)

    assert greeting(guard, "rebinding.example") == b"hello"
    assert internet.dialed == [(PUBLIC, 80)]
    with pytest.raises(SourceNotAllowed):
        guard.dial("rebinding.example", 80, PORTS, Deadline(5))
    assert not trap.was_reached


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 11211])
def test_other_ports_are_not_dialed(internet: Internet, greeter: Listener, port: int) -> None:
    internet.add("files.example", greeter, port)

    with pytest.raises(
        SourceNotAllowed,
        match=rf"^nothing is fetched from port {port} of files\.example, only from 80 and 443; "
        rf"an operator may name files\.example:{port} in the parameter AllowedHosts$",
    ):
        internet.guard().dial("files.example", port, PORTS, Deadline(5))
    assert internet.asked == internet.dialed == []


@pytest.mark.parametrize(
    ("allowed", "host", "port"),
    [
        ("pacs.example", "pacs.example", 80),
        ("PACS.example.", "pacs.example", 443),
        ("pacs.example:8080", "pacs.example", 8080),
        ("10.0.0.0/8", "pacs.example", 80),
        ("10.0.0.5", "10.0.0.5", 80),
        ("10.0.0.5:8080", "10.0.0.5", 8080),
        ("10.0.0.5/32", "10.0.0.5", 80),
        ("fd00::/8", "six.example", 80),
        ("[fd00::5]:8080", "fd00::5", 8080),
    ],
)
def test_an_operator_s_exceptions_are_dialed(
    internet: Internet, greeter: Listener, allowed: str, host: str, port: int
) -> None:
    internet.names |= {"pacs.example": ["10.0.0.5"], "six.example": ["fd00::5"]}
    internet.servers |= {(address, port): greeter.port for address in ("10.0.0.5", "fd00::5")}

    assert greeting(internet.guard(allowed), host, port) == b"hello"


@pytest.mark.parametrize(
    ("allowed", "host", "port"),
    [
        ("pacs.example", "pacs.example", 8080),
        ("pacs.example", "other.example", 80),
        ("pacs.example:8080", "pacs.example", 80),
        ("pacs.example:8080", "pacs.example", 8081),
        ("10.0.0.0/8", "mixed.example", 80),
        ("10.0.0.0/8", "pacs.example", 8080),
        ("10.0.0.0/8", "::ffff:10.0.0.5", 80),
        ("10.0.0.6", "pacs.example", 80),
    ],
)
def test_an_exception_allows_no_more_than_it_says(
    internet: Internet, trap: Trap, allowed: str, host: str, port: int
) -> None:
    internet.names |= {name: ["10.0.0.5"] for name in ("pacs.example", "other.example")}
    internet.names["mixed.example"] = ["10.0.0.5", "192.168.0.1"]

    with pytest.raises(SourceNotAllowed):
        internet.guard(allowed).dial(host, port, PORTS, Deadline(5))
    assert not trap.was_reached


@pytest.mark.parametrize(
    "entry",
    ["", " ", "http://pacs.example", "*.example", "pacs.example:", "pacs.example:0", "pacs.example:65536", "::1", "a b",
     "pacs.example:x", "10.1.2.3/8", "10.0.0.0/33", "pacs.example/8", "2130706433", "[::1", "[fe80::1%eth0]",
     "ä.example"],
)  # fmt: skip
def test_what_is_no_exception_is_told_at_once(entry: str) -> None:
    with pytest.raises(InvalidSetting, match=r"^AllowedHosts: .*pacs\.example\.org:8443 or 10\.1\.0\.0/16$") as raised:
        Guard([entry])
    assert repr(entry) in str(raised.value)


def test_exceptions_are_read_in_their_three_forms() -> None:
    allowed = AllowedHosts.of(["a.example", "b.example:8443", "10.0.0.0/8"])

    assert allowed.names("a.example", 80)
    assert allowed.names("b.example", 8443)
    assert not allowed.names("b.example", 80)
    assert [str(network) for network in allowed.networks] == ["10.0.0.0/8"]


def test_the_next_address_is_tried_where_one_does_not_answer(internet: Internet, greeter: Listener) -> None:
    internet.names["files.example"] = ["8.8.8.8", PUBLIC]
    internet.servers[PUBLIC, 80] = greeter.port

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        if address[0] == "8.8.8.8":
            internet.dialed.append(address)
            assert timeout <= 2.5, "half of the time is left for the other"
            raise TimeoutError
        return internet.connect(address, timeout)

    assert greeting(Guard(resolve=internet.resolve, connect=connect), "files.example") == b"hello"
    assert internet.dialed == [("8.8.8.8", 80), (PUBLIC, 80)]


def test_only_so_many_addresses_are_tried_though_all_are_checked(internet: Internet) -> None:
    internet.names["files.example"] = [f"8.8.8.{number}" for number in range(100)]
    tried = []

    def connect(address: tuple[str, int], _: float) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    with pytest.raises(SourceFailed, match=r"^files\.example: it refused the connection"):
        Guard(resolve=internet.resolve, connect=connect).dial("files.example", 80, PORTS, Deadline(5))
    assert len(tried) == 8


def test_a_refused_connection_and_an_unknown_name_are_the_source_s_failures(internet: Internet) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(SourceFailed, match=r"^localhost: it refused the connection \(ConnectionRefusedError\)$"):
        Guard(["localhost"]).dial("localhost", port, {port}, Deadline(5))
    with pytest.raises(SourceFailed, match=r"^nowhere\.example: its name could not be resolved \(gaierror\)$"):
        internet.guard().dial("nowhere.example", 80, PORTS, Deadline(5))


@pytest.mark.parametrize("found", [[], ["nonsense"]])
def test_a_resolver_s_nonsense_is_a_failure(found: list[str]) -> None:
    with pytest.raises(SourceFailed, match=r"^files\.example: "):
        Guard(resolve=lambda *_: found).dial("files.example", 80, PORTS, Deadline(5))


def test_a_name_that_no_server_tells_in_time_takes_no_longer(internet: Internet, trap: Trap) -> None:
    told = threading.Event()

    def resolve(_: str, __: int) -> list[str]:
        told.wait(10)
        return [PUBLIC]

    began = time.monotonic()
    with pytest.raises(SourceTimeout, match=r"^slow\.example: it took longer than the 0\.2 seconds"):
        Guard(resolve=resolve, connect=internet.connect).dial("slow.example", 80, PORTS, Deadline(0.2))
    assert time.monotonic() - began < 1
    told.set()
    for thread in threading.enumerate():
        if thread.name == "source-resolver":
            thread.join()
    assert internet.dialed == []
    assert not trap.was_reached


def test_an_address_that_does_not_answer_takes_no_longer_than_the_deadline() -> None:
    def connect(_: tuple[str, int], timeout: float) -> socket.socket:
        time.sleep(timeout)
        raise TimeoutError

    began = time.monotonic()
    with pytest.raises(SourceTimeout, match=r"^8\.8\.8\.8: it took longer than the 0\.1 seconds"):
        Guard(connect=connect).dial("8.8.8.8", 80, PORTS, Deadline(0.1))
    assert time.monotonic() - began < 1
