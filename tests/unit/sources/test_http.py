"""Files behind HTTP: only as much is read as is needed, and always of one content."""

import ssl
from collections.abc import Iterator
from itertools import pairwise

import pytest
import trustme

from serverless_dicom.errors import SourceFailed, SourceNotAllowed, SourceTooLarge
from serverless_dicom.header.ranges import FIRST_READ, FileRanges
from serverless_dicom.sources.http import HttpRanges, trusted
from tests.fetching import SECRET, Fetch, refused, threads_of_sources
from tests.servers import LOOPBACK, PUBLIC, Internet, Request, Respond, Serve, answer, in_turn, ranged

DATA = bytes(range(251)) * 1000
URL = f"http://files.example/image.dcm?token={SECRET}"


def test_a_file_is_read_by_range_over_one_connection(fetch: Fetch, serve: Serve, seen: list[Request]) -> None:
    server = serve(ranged(DATA, etag='"v1"'))
    with fetch(URL) as ranges:
        assert ranges.size == len(DATA)
        assert ranges.read(0, 1000) == DATA[:1000]
        assert ranges.read(FIRST_READ - 5, FIRST_READ + 5) == DATA[FIRST_READ - 5 : FIRST_READ + 5]
        assert ranges.read(len(DATA) - 10, len(DATA)) == DATA[-10:]
        assert ranges.read(200_000, 200_000) == b""

    assert [request.wanted for request in seen] == [(0, 65_535), (65_536, 65_540), (250_990, 250_999)]
    assert [request.headers.get("if-range") for request in seen] == [None, '"v1"', '"v1"']
    assert server.connections == 1
    assert seen[0].target == f"/image.dcm?token={SECRET}"


def test_of_a_huge_file_only_what_is_read_is_fetched(fetch: Fetch, serve: Serve, seen: list[Request]) -> None:
    size = 1 << 40

    def respond(request: Request) -> bytes:
        first, last = request.wanted or (0, 0)
        return answer(206, b"x" * (last - first + 1), content_range=f"bytes {first}-{last}/{size}")

    serve(respond)
    with fetch(URL) as ranges:
        assert ranges.size == size
        assert ranges.read(size - 100, size) == b"x" * 100
    assert len(seen) == 2


@pytest.mark.parametrize("size", [0, 1, FIRST_READ - 1, FIRST_READ])
def test_a_small_file_costs_one_request_and_holds_nothing(fetch: Fetch, serve: Serve, size: int) -> None:
    serve(ranged(DATA[:size]))
    with fetch(URL) as ranges:
        assert not threads_of_sources(), "the caller may fork"
        assert ranges.size == size
        assert ranges.read(0, size) == DATA[:size]


def whole(_: Request) -> bytes:
    return answer(200, DATA)


def chunked(_: Request) -> bytes:
    pieces = [DATA[start:stop] for start, stop in pairwise([*range(0, len(DATA), 70_000), len(DATA)])]
    body = b"".join(b"%x;note=a\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: a\r\n\r\n"
    return answer(200, body, length=None, transfer_encoding="chunked")


def until_the_end(_: Request) -> bytes:
    return answer(200, DATA, length=None, connection="close")


@pytest.mark.parametrize("respond", [whole, chunked, until_the_end])
def test_what_comes_in_one_piece_is_read_from_a_file_without_a_name(
    fetch: Fetch, serve: Serve, respond: Respond
) -> None:
    serve(respond)
    with fetch(URL) as ranges:
        assert isinstance(ranges, FileRanges)
        assert not threads_of_sources(), "the caller may fork"
        assert ranges.size == len(DATA)
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]
        assert isinstance(ranges.file.name, int)
    assert ranges.file.closed


def test_an_empty_answer_is_an_empty_file(fetch: Fetch, serve: Serve) -> None:
    serve(lambda _: answer(200))

    assert fetch.all(URL) == b""


def test_what_is_sent_tells_nothing_and_asks_for_no_compression(
    fetch: Fetch, serve: Serve, seen: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://me:password@proxy.example:3128")
    serve(ranged(DATA))
    fetch.all(URL)

    assert fetch.internet.asked == ["files.example"]
    assert seen[0].headers == {
        "host": "files.example",
        "accept": "*/*",
        "accept-encoding": "identity",
        "user-agent": "serverless-dicom",
        "range": "bytes=0-65535",
    }


def test_the_host_header_has_the_port_where_it_is_unusual(fetch: Fetch, serve: Serve, seen: list[Request]) -> None:
    server = serve(ranged(DATA))
    fetch.internet.servers |= {(PUBLIC, 8080): server.port, ("2606:4700::1", 80): server.port}
    fetch.allowed = ("files.example:8080",)
    fetch.all("http://files.example:8080/a")
    fetch.all("http://[2606:4700::1]/a")

    assert [seen[0].headers["host"], seen[-1].headers["host"]] == ["files.example:8080", "[2606:4700::1]"]


def test_a_connection_that_the_server_gave_up_is_made_anew_and_checked_anew(
    fetch: Fetch, serve: Serve, internet: Internet
) -> None:
    def respond(request: Request) -> Iterator[bytes]:
        yield from [ranged(DATA)(request)]  # type: ignore[list-item]

    server = serve(respond)  # which closes after each answer, without saying so
    with fetch(URL) as ranges:
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]
        assert ranges.read(200_000, 200_010) == DATA[200_000:200_010]
        internet.names["files.example"] = ["10.0.0.1"]
        with refused(SourceNotAllowed):
            ranges.read(150_000, 150_010)
    assert server.connections == 3
    assert not internet.trap.was_reached


def test_a_connection_that_the_server_ends_after_saying_so_is_made_anew(fetch: Fetch, serve: Serve) -> None:
    server = serve(ranged(DATA, connection="close"))
    with fetch(URL) as ranges:
        assert ranges.read(100_000, 200_000) == DATA[100_000:200_000]
    assert server.connections == 2


@pytest.mark.parametrize(
    "later",
    [
        lambda _: answer(200, DATA[::-1], etag='"v2"'),
        ranged(DATA[::-1], etag='"v2"'),
        ranged(DATA, etag='"v1"', last_modified="Tue, 02 Jan 2024 00:00:00 GMT"),
        ranged(DATA + b"more", etag='"v1"'),
        lambda _: answer(412),
    ],
)
def test_content_that_changes_midway_is_not_mixed(fetch: Fetch, serve: Serve, later: Respond) -> None:
    serve(in_turn(ranged(DATA, etag='"v1"', last_modified="Mon, 01 Jan 2024 00:00:00 GMT"), later, later))
    with fetch(URL) as ranges, refused(SourceFailed, r"^http://files\.example/image\.dcm changed while it was read$"):
        ranges.read(100_000, 100_010)


@pytest.mark.parametrize(
    ("validators", "condition"),
    [
        ({"etag": '"v1"', "last_modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, '"v1"'),
        ({"last_modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, "Mon, 01 Jan 2024 00:00:00 GMT"),
        ({"etag": 'W/"v1"'}, None),
        ({}, None),
    ],
)
def test_ranges_are_asked_for_under_the_strongest_condition(
    fetch: Fetch, serve: Serve, seen: list[Request], validators: dict[str, str], condition: str | None
) -> None:
    serve(ranged(DATA, **validators))
    with fetch(URL) as ranges:
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]

    assert seen[1].headers.get("if-range") == condition


def test_ranges_may_fetch_only_so_much_in_all(fetch: Fetch, serve: Serve) -> None:
    serve(ranged(DATA))
    fetch.max_bytes = FIRST_READ + 20
    with fetch(URL) as ranges:
        assert isinstance(ranges, HttpRanges)
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]
        with refused(SourceTooLarge):
            ranges.read(100_000, 100_011)
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]
        with refused(SourceTooLarge):
            ranges.read(100_000, 100_001)


def test_a_range_may_be_read_after_one_that_failed(fetch: Fetch, serve: Serve) -> None:
    server = serve(in_turn(ranged(DATA), lambda _: answer(503, DATA), ranged(DATA)))
    with fetch(URL) as ranges:
        with refused(SourceFailed, "answered 503$"):
            ranges.read(100_000, 100_010)
        assert ranges.read(100_000, 100_010) == DATA[100_000:100_010]
    assert server.connections == 2


def test_nothing_is_left_once_ranges_are_closed(fetch: Fetch, serve: Serve) -> None:
    serve(ranged(DATA))
    with fetch(URL) as ranges:
        ranges.read(100_000, 100_010)
        assert threads_of_sources() == ["source-watchdog"]

    assert not threads_of_sources()


def test_over_https_the_host_s_certificate_is_verified(
    fetch: Fetch, serve: Serve, server_context: ssl.SSLContext
) -> None:
    serve(ranged(DATA), server_context)

    assert fetch.all(URL.replace("http:", "https:")) == DATA


def test_a_certificate_of_another_host_is_refused(fetch: Fetch, serve: Serve, server_context: ssl.SSLContext) -> None:
    server = serve(ranged(DATA), server_context)
    fetch.internet.add("other.example", server, 443)
    fetch.internet.servers["8.8.8.8", 443] = server.port

    for host in ("other.example", "8.8.8.8"):
        with refused(SourceFailed, "its certificate is not trusted: "):
            fetch.all(f"https://{host}/?{SECRET}")


def test_a_certificate_that_the_system_does_not_trust_is_refused(
    fetch: Fetch, serve: Serve, server_context: ssl.SSLContext, seen: list[Request]
) -> None:
    serve(ranged(DATA), server_context)
    fetch.context = trusted()

    with refused(SourceFailed, "its certificate is not trusted: "):
        fetch.all(URL.replace("http:", "https:"))
    assert seen == []


def test_an_address_may_have_a_certificate(fetch: Fetch, serve: Serve, authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(PUBLIC, LOOPBACK).configure_cert(context)
    serve(ranged(DATA), context)

    assert fetch.all(f"https://{PUBLIC}/a") == DATA
