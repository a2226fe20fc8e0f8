"""Servers that refuse, lie, drip, flood or speak nonsense: each ends in a typed error, in time."""

import gzip
import itertools
import logging
import ssl
from collections.abc import Iterator

import pytest

from serverless_dicom.errors import ObjectNotFound, SourceFailed, SourceTimeout, SourceTooLarge
from tests.fetching import SECRET, Fetch, refused, threads_of_sources
from tests.servers import Internet, Listener, Request, Serve, answer, http_server, in_turn, ranged, requests_of

DATA = bytes(range(251)) * 1000
URL = f"http://files.example/image.dcm?token={SECRET}"
SHOWN = r"^http://files\.example/image\.dcm: "


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_not_found(fetch: Fetch, serve: Serve, status: int) -> None:
    serve(lambda _: answer(status, b"no"))

    with refused(ObjectNotFound, rf"{SHOWN}the source has no such file \({status}\)$"):
        fetch.all(URL)


@pytest.mark.parametrize("status", [401, 403])
def test_a_source_that_refuses_says_so(fetch: Fetch, serve: Serve, status: int) -> None:
    serve(lambda _: answer(status, b"no", www_authenticate="Basic"))

    with refused(SourceFailed, rf"{SHOWN}the source refuses it to us \({status}\)$"):
        fetch.all(URL)


@pytest.mark.parametrize(
    "status", [201, 204, 207, 300, 304, 305, 400, 405, 407, 416, 429, 500, 502, 503, 504, 599, 999]
)
def test_every_other_status_is_a_failure(fetch: Fetch, serve: Serve, status: int) -> None:
    serve(lambda _: answer(status, DATA))

    with refused(SourceFailed, rf"{SHOWN}the source answered {status}$"):
        fetch.all(URL)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "identity, gzip", "x-unknown"])
@pytest.mark.parametrize("header", ["content_encoding", "transfer_encoding"])
def test_a_compressed_answer_is_not_decompressed(fetch: Fetch, serve: Serve, header: str, coding: str) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    serve(lambda _: answer(200, bomb, **{header: coding}))

    with refused(SourceFailed, rf"{SHOWN}the source compresses"):
        fetch.all(URL)


def test_a_compressed_range_is_not_decompressed(fetch: Fetch, serve: Serve) -> None:
    serve(in_turn(ranged(DATA), ranged(DATA, content_encoding="gzip")))
    with fetch(URL) as ranges, refused(SourceFailed, rf"{SHOWN}the source compresses"):
        ranges.read(100_000, 100_010)


def test_a_file_that_says_that_it_is_too_large_is_not_begun(fetch: Fetch, serve: Serve) -> None:
    sent = []

    def respond(_: Request) -> Iterator[bytes]:
        yield answer(200, length=1_000_001)
        for _ in range(1000):
            sent.append(1)
            yield bytes(1_000_000)

    serve(respond)
    with refused(SourceTooLarge, r"^http://files\.example/image\.dcm has 1000001 bytes; at most 1000000 are fetched"):
        fetch.all(URL)
    assert len(sent) < 100


@pytest.mark.parametrize("headers", [{}, {"transfer_encoding": "chunked"}])
def test_a_file_that_does_not_say_so_ends_at_the_cap(fetch: Fetch, serve: Serve, headers: dict[str, str]) -> None:
    piece = b"4000\r\n" + bytes(0x4000) + b"\r\n" if headers else bytes(0x4000)
    serve(lambda _: itertools.chain([answer(200, length=None, **headers)], itertools.repeat(piece)))

    with refused(SourceTooLarge, "has more than the 1000000 bytes"):
        fetch.all(URL)


@pytest.mark.parametrize(
    "head",
    [
        {"content_range": "bytes 0-65535/251000", "length": 65_537},
        {"content_range": "bytes 0-65535/251000", "length": 65_535},
        {"content_range": "bytes 0-65535/251000", "length": 10**15},
        {"content_range": "bytes 0-65534/251000"},
        {"content_range": "bytes 0-65536/251000"},
        {"content_range": "bytes 1-65536/251000"},
        {"content_range": "bytes 0-65535/65535"},
        {"content_range": "bytes 0-65535/0"},
        {"content_range": "bytes 0-65535/*"},
        {"content_range": "bytes */251000"},
        {"content_range": "bytes 0--1/0"},
        {"content_range": "bytes 65535-0/251000"},
        {"content_range": "bytes 0-65535/251000, bytes 0-1/2"},
        {"content_range": "items 0-65535/251000"},
        {"content_range": f"bytes 0-65535/{'9' * 5000}"},
        {"content_range": "bytes \u0660-\u0666/\u0667"},
        {"content_range": ""},
        {"content_type": "multipart/byteranges; boundary=x"},
    ],
)
def test_a_first_range_that_cannot_be_is_refused(fetch: Fetch, serve: Serve, head: dict[str, str]) -> None:
    serve(lambda _: answer(206, DATA[:65_536], connection="close", **head))  # type: ignore[arg-type] # length is a number

    with refused(SourceFailed, SHOWN):
        fetch.all(URL)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (DATA[:10], {"content_range": "bytes 100001-100010/251000"}),
        (DATA[:10], {"content_range": "bytes 99999-100008/251000"}),
        (DATA[:9], {"content_range": "bytes 100000-100008/251000"}),
        (DATA[:11], {"content_range": "bytes 100000-100010/251000"}),
        (DATA[:11], {"content_range": "bytes 100000-100009/251000"}),
        (DATA[:9], {"content_range": "bytes 100000-100009/251000"}),
        (DATA[:9], {"content_range": "bytes 100000-100009/251000", "length": 10, "connection": "close"}),
        (DATA[:11], {"content_range": "bytes 100000-100009/251000", "length": None, "connection": "close"}),
        (DATA[:9], {"content_range": "bytes 100000-100009/251000", "length": None, "connection": "close"}),
        (b"b\r\n" + DATA[:11] + b"\r\n0\r\n\r\n",
         {"content_range": "bytes 100000-100009/251000", "length": None, "transfer_encoding": "chunked"}),
        (b"9\r\n" + DATA[:9] + b"\r\n0\r\n\r\n",
         {"content_range": "bytes 100000-100009/251000", "length": None, "transfer_encoding": "chunked"}),
        (DATA[:10], {"content_range": "bytes 100000-100009/250999"}),
        (DATA[:10], {"content_range": "bytes 100000-100009/*"}),
        (DATA[:10], {}),
    ],
)  # fmt: skip
def test_a_later_range_that_is_not_what_was_asked_for_is_refused(
    fetch: Fetch, serve: Serve, body: bytes, headers: dict[str, str]
) -> None:
    serve(in_turn(ranged(DATA), lambda _: answer(206, body, **headers)))
    with fetch(URL) as ranges, refused(SourceFailed, r"^http://files\.example/image\.dcm"):
        ranges.read(100_000, 100_010)


def test_a_chunked_range_is_as_good_as_any(fetch: Fetch, serve: Serve) -> None:
    def respond(request: Request) -> bytes:
        first, last = request.wanted or (0, 0)
        chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (last - first + 1, DATA[first : last + 1])
        told = f"bytes {first}-{last}/{len(DATA)}"
        return answer(206, chunk, length=None, transfer_encoding="chunked", content_range=told)

    server = serve(respond)
    with fetch(URL) as ranges:
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]
        assert ranges.read(200_000, 200_010) == DATA[200_000:200_010]
    assert server.connections == 1


@pytest.mark.parametrize(
    "sent",
    [
        answer(200, DATA[:-1], length=len(DATA)),
        answer(200, b"5\r\nabc", length=None, transfer_encoding="chunked"),
        answer(200, b"5\r\nabcde\r\n", length=None, transfer_encoding="chunked"),
        answer(200, b"zz\r\nabcde\r\n", length=None, transfer_encoding="chunked"),
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 files.example FTP\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 abc Said\r\n\r\n",
        b"HTTP/1.1 99 Said\r\n\r\n",
        b"HTTP/9.9 200 Said\r\n\r\n",
        b"<html>" + DATA,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 " + b"2" * 70_000,
        b"H" * 70_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    ],
)
def test_an_answer_that_breaks_off_or_is_none_is_a_failure(fetch: Fetch, serve: Serve, sent: bytes) -> None:
    serve(lambda _: [sent])

    with refused(SourceFailed, r"^http://files\.example/image\.dcm: "):
        fetch.all(URL)


def test_a_chunk_of_a_negative_size_is_not_read_without_end(fetch: Fetch, serve: Serve) -> None:
    endless = itertools.repeat(bytes(100_000))
    begin = answer(200, b"-1\r\n", length=None, transfer_encoding="chunked")
    serve(lambda _: itertools.chain([begin], endless))

    with refused(SourceFailed, "its answer is not HTTP"):
        fetch.all(URL, seconds=2)


FLOODS = {
    "status line": (b"HTTP/1.1 200 OK" + b"k" * 500, 0),
    "header": (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 500, 0),
    "headers": (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 90, 0),
    "interim answers": (b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0),
    "body": (answer(200, DATA), 100),
    "body without a length": (answer(200, DATA, length=None), 60),
    "chunk size": (answer(200, b"0" * 500, length=None, transfer_encoding="chunked"), 80),
    "chunk": (answer(200, b"400\r\n" + bytes(500), length=None, transfer_encoding="chunked"), 80),
    "trailer": (answer(200, b"0\r\n" + b"A: b\r\n" * 90, length=None, transfer_encoding="chunked"), 80),
    "range": (ranged(DATA)(Request("/", {"range": "bytes=0-65535"})), 150),
}


@pytest.mark.parametrize("what", FLOODS)
def test_no_drip_outlasts_the_deadline(fetch: Fetch, internet: Internet, what: str) -> None:
    sent, at_once = FLOODS[what]

    def handle(connection) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - a socket
        next(requests_of(connection))
        connection.sendall(sent[:at_once])
        for byte in server.drip(sent[at_once:]):
            connection.sendall(byte)

    with Listener(handle) as server:
        internet.add("files.example", server)
        with refused(SourceTimeout, within=1):
            fetch.all(URL, seconds=0.3)
        assert not threads_of_sources()


@pytest.mark.parametrize("what", ["later range", "later header"])
def test_no_drip_of_a_later_read_outlasts_the_deadline(fetch: Fetch, internet: Internet, what: str) -> None:
    def later(request: Request) -> Iterator[bytes]:
        sent = ranged(DATA)(request)
        at_once = sent.index(b"\r\n\r\n") + 4 if what == "later range" else 10
        yield sent[:at_once]
        yield from server.drip(sent[at_once:])

    with http_server(in_turn(ranged(DATA), later)) as server:
        internet.add("files.example", server)
        with fetch(URL, seconds=0.3) as ranges, refused(SourceTimeout, within=1):
            ranges.read(100_000, 100_100)


def test_nothing_is_read_after_the_deadline(fetch: Fetch, serve: Serve, seen: list[Request]) -> None:
    server = serve(ranged(DATA))
    with fetch(URL, seconds=0.2) as ranges:
        server.ended.wait(0.3)
        with refused(SourceTimeout):
            ranges.read(100_000, 100_010)
        with refused(SourceTimeout):
            ranges.read(100_000, 100_010)
    assert len(seen) == 1


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x03\x40\x00\x02" + bytes(5000)])
def test_no_drip_of_a_handshake_outlasts_the_deadline(fetch: Fetch, internet: Internet, sent: bytes) -> None:
    def handle(connection) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - a socket
        for byte in server.drip(sent):
            connection.sendall(byte)
        server.ended.wait(5)

    with Listener(handle) as server:
        internet.add("files.example", server, 443)
        with refused(SourceTimeout, within=1):
            fetch.all(URL.replace("http:", "https:"), seconds=0.3)


def test_a_server_that_speaks_no_tls_is_a_failure(fetch: Fetch, internet: Internet) -> None:
    with Listener(lambda connection: connection.sendall(answer(200))) as server:
        internet.add("files.example", server, 443)
        with refused(SourceFailed, r"no encrypted connection could be made \(SSLError\)$"):
            fetch.all(URL.replace("http:", "https:"))


def test_a_body_that_tls_cuts_short_is_a_failure(fetch: Fetch, serve: Serve, server_context: ssl.SSLContext) -> None:
    serve(lambda _: [answer(200, DATA[:1000], length=2000)], server_context)

    with refused(SourceFailed, r"the source ended 1000 bytes too early$"):
        fetch.all(URL.replace("http:", "https:"))


@pytest.mark.parametrize("value", ["abc", "-5", "1e3", "0x10", ""])
def test_a_length_that_is_none_is_not_believed(fetch: Fetch, serve: Serve, value: str) -> None:
    serve(lambda _: [answer(200, DATA, length=None, content_length=value)])

    assert fetch.all(URL) == DATA


def test_neither_query_nor_credentials_are_logged(
    fetch: Fetch, serve: Serve, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    serve(lambda _: [b"HTTP/1.1 200 OK\r\n no name\r\n: nothing\r\nContent-Length: 3\r\n\r\nabc"])
    fetch.all(URL)
    serve(lambda _: answer(500))
    with refused(SourceFailed):
        fetch.all(URL)

    assert SECRET not in caplog.text
    assert capfd.readouterr() == ("", "")
