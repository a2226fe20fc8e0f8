"""Files behind FTP: fetched whole, in passive mode, from the address that was checked and no other."""

import itertools
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from serverless_dicom.errors import (
    ObjectNotFound,
    SourceFailed,
    SourceNotAllowed,
    SourceTimeout,
    SourceTooLarge,
    TransientError,
)
from serverless_dicom.header.ranges import FileRanges
from serverless_dicom.sources.address import parse_address
from serverless_dicom.sources.deadline import Deadline
from serverless_dicom.sources.ftp import FtpSource
from serverless_dicom.sources.guard import Guard
from tests.fetching import SECRET, Fetch, refused, threads_of_sources
from tests.ftp_server import FtpServer
from tests.servers import LOOPBACK, PUBLIC, Internet, Listener, Trap

DATA = bytes(range(251)) * 1000
FILES = {"a/image.dcm": DATA, "empty": b"", "/above/a b#c": b"abc"}

Start = Callable[[FtpServer], Listener]


@pytest.fixture
def start(internet: Internet) -> Iterator[Start]:
    """Starts a server as files.example, on ports 21 and 990; its data connections are dialed as they are."""
    with ExitStack() as started:

        def serve(server: FtpServer) -> Listener:
            listener = started.enter_context(server.listener())
            internet.names["files.example"] = [PUBLIC]
            internet.servers |= {(PUBLIC, 21): listener.port, (PUBLIC, 990): listener.port}
            return listener

        yield serve


@pytest.fixture(autouse=True)
def loopback_is_dialed_as_it_is(internet: Internet) -> None:
    internet.open_addresses = {LOOPBACK}


def test_a_file_is_fetched_whole_by_everybody(fetch: Fetch, start: Start) -> None:
    server = FtpServer(FILES)
    start(server)
    with fetch("ftp://files.example/a/image.dcm") as ranges:
        assert isinstance(ranges, FileRanges)
        assert not threads_of_sources(), "the caller may fork"
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]
        assert ranges.size == len(DATA)
    assert ranges.file.closed
    assert server.seen == [
        *("USER anonymous", "PASS anonymous@", "TYPE I", "SIZE a/image.dcm", "PASV", "RETR a/image.dcm"),
    ]


@pytest.mark.parametrize(("path", "data"), [("empty", b""), ("%2Fabove/a%20b%23c", b"abc")])
def test_a_path_is_percent_decoded(fetch: Fetch, start: Start, path: str, data: bytes) -> None:
    start(FtpServer(FILES))

    assert fetch.all(f"ftp://files.example/{path}") == data


def test_credentials_are_percent_decoded(fetch: Fetch, start: Start) -> None:
    start(FtpServer(FILES, "mé@x", "p:w/d#"))

    assert fetch.all("ftp://m%C3%A9%40x:p%3Aw%2Fd%23@files.example/a/image.dcm") == DATA


@pytest.mark.parametrize(("url", "implicit"), [("ftps://files.example", True), ("ftps://files.example:21", False)])
def test_over_tls_both_connections_are_encrypted_and_verified(
    fetch: Fetch, start: Start, server_context: ssl.SSLContext, url: str, implicit: bool
) -> None:
    server = FtpServer(FILES, context=server_context, implicit=implicit)
    start(server)

    assert fetch.all(f"{url}/a/image.dcm") == DATA
    assert ("AUTH TLS" in server.seen) is not implicit
    assert server.seen.index("PROT P") < server.seen.index("RETR a/image.dcm")


def test_nothing_is_said_to_a_server_that_cannot_encrypt(fetch: Fetch, start: Start) -> None:
    server = FtpServer(FILES, "me", SECRET)
    start(server)

    with refused(SourceFailed, r"the server refused \(502\)$"):
        fetch.all(f"ftps://me:{SECRET}@files.example:21/a/image.dcm")
    assert server.seen == ["AUTH TLS"]


def test_nothing_is_said_to_a_server_that_is_another(
    fetch: Fetch, start: Start, server_context: ssl.SSLContext
) -> None:
    server = FtpServer(FILES, "me", SECRET, context=server_context)
    listener = start(server)
    fetch.internet.names["other.example"] = [PUBLIC]

    for port in ("", ":21"):
        server.implicit = not port
        fetch.internet.servers[PUBLIC, 990] = listener.port
        with refused(SourceFailed):
            fetch.all(f"ftps://me:{SECRET}@other.example{port}/a/image.dcm")
    assert set(server.seen) <= {"AUTH TLS"}


def test_it_is_off_until_an_operator_allows_it(internet: Internet, start: Start) -> None:
    listener = start(FtpServer(FILES))
    address = parse_address(f"ftp://me:{SECRET}@files.example/a")

    with (
        refused(SourceNotAllowed, r"^nothing is fetched by FTP; .* AllowFtp$"),
        FtpSource(internet.guard()).open(address, Deadline(5)),
    ):
        pass
    assert listener.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]", "in.example"])
@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
def test_a_denied_host_is_not_dialed(fetch: Fetch, internet: Internet, scheme: str, host: str) -> None:
    internet.names |= {"localhost": ["127.0.0.1"], "in.example": [PUBLIC, "10.0.0.1"]}

    with refused(SourceNotAllowed):
        fetch.all(f"{scheme}://me:{SECRET}@{host}/a")
    assert internet.dialed == []


@pytest.mark.parametrize("port", [22, 80, 2121])
def test_other_ports_are_not_dialed(fetch: Fetch, start: Start, internet: Internet, port: int) -> None:
    start(FtpServer(FILES))

    with refused(SourceNotAllowed, f"port {port} of files.example, only from 21 and 990"):
        fetch.all(f"ftp://me:{SECRET}@files.example:{port}/a")
    assert internet.dialed == []


@pytest.mark.parametrize("host", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "8.8.8.8"])
def test_the_host_that_a_server_names_for_its_data_is_not_dialed(
    fetch: Fetch, start: Start, internet: Internet, trap: Trap, host: str
) -> None:
    start(FtpServer(FILES, pasv_host=host))

    assert fetch.all("ftp://files.example/a/image.dcm") == DATA
    assert {address for address, _ in internet.dialed} == {PUBLIC, LOOPBACK}
    assert not trap.was_reached


@pytest.mark.parametrize("port", [1, 22, 25, 1023])
def test_a_data_connection_to_another_service_is_not_made(
    fetch: Fetch, start: Start, internet: Internet, port: int
) -> None:
    start(FtpServer(FILES, pasv_port=port))

    with refused(SourceFailed, "its answer is not FTP"):
        fetch.all("ftp://files.example/a/image.dcm")
    assert internet.dialed == [(PUBLIC, 21)]


def test_what_is_not_there_is_not_found(fetch: Fetch, start: Start) -> None:
    start(FtpServer(FILES))

    with refused(ObjectNotFound, r"^ftp://files\.example/other: the server has no such file \(550\)$"):
        fetch.all("ftp://files.example/other")


def test_refused_credentials_are_not_told_on(fetch: Fetch, start: Start) -> None:
    start(FtpServer(FILES))

    with refused(SourceFailed, r"^ftp://files\.example/a/image\.dcm: the server refused the credentials \(530\)$"):
        fetch.all(f"ftp://{SECRET}:{SECRET}@files.example/a/image.dcm")


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("", b"421 Too many\r\n"),
        ("", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("", b"2\xff\xfe"),
        ("USER", b"530 " + SECRET.encode() + b"\r\n"),
        ("PASS", b"332 Account?\r\n"),
        ("PASS", b"999 What?\r\n"),
        ("TYPE", b"504 " + SECRET.encode() + b"\r\n"),
        ("PASV", b"227 Nowhere\r\n"),
        ("PASV", b"227 (1,2,3)\r\n"),
        ("PASV", b"227 (127,0,0,1,999,999)\r\n"),
        ("PASV", b"502 No\r\n"),
        ("RETR", b"425 No\r\n"),
        ("RETR", b"450 Busy\r\n"),
        ("RETR", b"551 No\r\n"),
        ("SIZE", b"213 \r\n"),
        ("SIZE", b"213 many\r\n"),
        ("SIZE", b"213 250999\r\n"),
        ("SIZE", b"213 -1\r\n"),
        ("226", b"426 Broken off\r\n"),
        ("226", b"551 " + SECRET.encode() + b"\r\n"),
        ("226", b"x" * 10_000),
        ("USER", b"331-" + b"a\r\n" * 100_000),
    ],
)
def test_a_server_that_refuses_or_garbles_is_a_failure(fetch: Fetch, start: Start, command: str, reply: bytes) -> None:
    start(FtpServer(FILES, SECRET, SECRET, replies={command: reply}))

    with refused(SourceFailed, r"^ftp://files\.example/a/image\.dcm: |^files\.example: "):
        fetch.all(f"ftp://{SECRET}:{SECRET}@files.example/a/image.dcm", seconds=1)


def test_a_server_that_knows_no_sizes_is_read_all_the_same(fetch: Fetch, start: Start) -> None:
    start(FtpServer(FILES, replies={"SIZE": b"500 What?\r\n"}))

    assert fetch.all("ftp://files.example/a/image.dcm") == DATA


def test_a_server_that_confirms_first_is_understood(fetch: Fetch, start: Start) -> None:
    start(FtpServer(FILES, replies={"PASS": b"230-Come\r\n in\r\n230 now\r\n"}))

    assert fetch.all("ftp://files.example/empty") == b""


def test_a_file_that_is_too_large_is_not_begun(fetch: Fetch, start: Start) -> None:
    server = FtpServer(FILES, replies={"SIZE": b"213 1000001\r\n"})
    start(server)

    with refused(SourceTooLarge, r"^ftp://files\.example/a/image\.dcm has 1000001 bytes; at most 1000000 are fetched"):
        fetch.all("ftp://files.example/a/image.dcm")
    assert "PASV" not in server.seen


def test_a_file_that_does_not_say_so_ends_at_the_cap(fetch: Fetch, start: Start) -> None:
    start(FtpServer(FILES, pieces=itertools.repeat(bytes(100_000))))

    with refused(SourceTooLarge, "has more than the 1000000 bytes"):
        fetch.all("ftp://files.example/a/image.dcm")


@pytest.mark.parametrize("drip", ["", "USER", "PASS", "PASV", "226", "data", "interim"])
def test_no_drip_outlasts_the_deadline(fetch: Fetch, start: Start, drip: str) -> None:
    def slowly() -> Iterator[bytes]:
        yield from listener.drip(b"2" * 200)

    def talkative() -> Iterator[bytes]:
        for _ in listener.drip(b"2" * 200):
            yield b"230-on and on\r\n"

    if drip == "data":
        server = FtpServer(FILES, SECRET, SECRET, pieces=slowly())
    else:
        server = FtpServer(
            FILES, SECRET, SECRET, replies={"PASS": talkative()} if drip == "interim" else {drip: slowly()}
        )
    listener = start(server)

    with refused(SourceTimeout, within=1):
        fetch.all(f"ftp://{SECRET}:{SECRET}@files.example/a/image.dcm", seconds=0.3)
    assert not threads_of_sources()


@pytest.mark.parametrize("port", ["", ":21"])
def test_no_drip_of_a_handshake_outlasts_the_deadline(fetch: Fetch, internet: Internet, port: str) -> None:
    def handle(connection: socket.socket) -> None:
        if port:
            connection.sendall(b"220 Welcome\r\n")
            connection.recv(100)
            connection.sendall(b"234 Go on\r\n")
        for byte in server.drip(b"\x16\x03\x03\x40\x00\x02" + bytes(500)):
            connection.sendall(byte)

    internet.names["files.example"] = [PUBLIC]
    with Listener(handle) as server:
        internet.servers |= {(PUBLIC, 21): server.port, (PUBLIC, 990): server.port}
        with refused(SourceTimeout, within=1):
            fetch.all(f"ftps://files.example{port}/a", seconds=0.3)


def test_a_data_connection_that_is_refused_is_a_failure(fetch: Fetch, start: Start) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        port = listening.getsockname()[1]
    start(FtpServer(FILES, pasv_port=port))

    with refused(SourceFailed, "it refused the connection"):
        fetch.all("ftp://files.example/a/image.dcm")


def test_a_port_that_an_operator_names_is_dialed() -> None:
    server = FtpServer(FILES)
    with server.listener() as listener:
        guard = Guard([f"localhost:{listener.port}"], resolve=lambda *_: [LOOPBACK])
        address = parse_address(f"ftp://localhost:{listener.port}/a/image.dcm")
        with FtpSource(guard, allowed=True).open(address, Deadline(5)) as ranges:
            assert ranges.read(0, ranges.size) == DATA


def test_no_room_is_nobody_s_fault_but_ours(fetch: Fetch, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start(FtpServer(FILES))
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")

    with refused(TransientError, r"^ftp://files\.example/a/image\.dcm could not be kept: No such file or directory$"):
        fetch.all("ftp://files.example/a/image.dcm")
