"""Redirects: each hop is an address like the first, and none leads to what may not be fetched from."""

import ssl

import pytest

from serverless_dicom.errors import SourceFailed, SourceNotAllowed
from tests.fetching import SECRET, Fetch, refused
from tests.servers import PUBLIC, Internet, Request, Serve, answer, ranged

DATA = b"some bytes" * 10_000
URL = f"http://files.example/a/image.dcm?token={SECRET}"


def to(location: str, status: int = 302) -> bytes:
    return answer(status, b"elsewhere", location=location, set_cookie=f"session={SECRET}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    ["http://files.example/b/c?d=e", "/b/c?d=e", "../b/c?d=e", "//files.example/b/c?d=e", "HTTP://FILES.example:80/b/c?d=e#f"],
)  # fmt: skip
def test_a_redirect_is_followed(fetch: Fetch, serve: Serve, seen: list[Request], status: int, location: str) -> None:
    serve(lambda request: ranged(DATA)(request) if request.target == "/b/c?d=e" else to(location, status))

    with fetch(URL) as ranges:
        assert ranges.read(70_000, 70_010) == DATA[70_000:70_010]
    assert [request.target for request in seen] == [f"/a/image.dcm?token={SECRET}", "/b/c?d=e", "/b/c?d=e"]
    assert not [request for request in seen if "cookie" in request.headers or "referer" in request.headers]


def hops(count: int, request: Request) -> bytes:
    number = int(request.target.strip("/"))
    return to(f"/{number + 1}") if number < count else ranged(DATA)(request)


def test_three_redirects_are_followed(fetch: Fetch, serve: Serve) -> None:
    serve(lambda request: hops(3, request))

    assert fetch.all("http://files.example/0") == DATA


@pytest.mark.parametrize("count", [4, 100])
def test_four_redirects_are_too_many(fetch: Fetch, serve: Serve, seen: list[Request], count: int) -> None:
    serve(lambda request: hops(count, request))

    with refused(SourceFailed, "comes after more than 3 redirects$"):
        fetch.all("http://files.example/0")
    assert len(seen) == 4


def test_a_circle_is_left(fetch: Fetch, serve: Serve, seen: list[Request]) -> None:
    serve(lambda request: to(request.target))

    with refused(SourceFailed, "more than 3 redirects$"):
        fetch.all(URL)
    assert len(seen) == 4


def test_a_redirect_to_nowhere_is_a_failure(fetch: Fetch, serve: Serve) -> None:
    serve(lambda _: answer(302))

    with refused(SourceFailed, r"^http://files\.example/a/image\.dcm redirects to nowhere$"):
        fetch.all(URL)


DENIED = [
    *("http://127.0.0.1/", "http://localhost/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::1]/"),
    *("http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/"),
    *("http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://127.1/", "http://0/", "http://[::]/", "http://0.0.0.0/"),
    *("//127.0.0.1/", "//localhost", "http://internal.example/", "http://INTERNAL.example./", "http://metadata.google.internal/"),
    *("http://files.example:22/", "http://files.example:6379/", "http://8.8.8.8:8080/", "http://files.example:0/"),
    *("file:///etc/passwd", "gopher://files.example/", "ftp://files.example/a", "data:text/plain,a"),
    "javascript:alert(1)",
    *("s3://bucket/key", "https://bucket.s3.amazonaws.com/key", "https://a.r2.cloudflarestorage.com/bucket/key"),
    *(f"http://me:{SECRET}@files.example/", "http://files.example@127.0.0.1/", "http://127.0.0.1@files.example/"),
    *("http://files.example\\@127.0.0.1/", "/\\127.0.0.1/", "\\\\127.0.0.1/", "http:\\\\127.0.0.1", "http://files.example/\x01"),
    *("http://[::1", "http://[::1%25lo]/", "http:///a", "http://", "http://lo\tcalhost/", "http://a b/", "http://é.example/"),
    "/" + "a" * 9000,
]  # fmt: skip


@pytest.mark.parametrize("location", DENIED)
def test_a_redirect_to_what_is_denied_is_not_followed(
    fetch: Fetch, serve: Serve, internet: Internet, seen: list[Request], location: str
) -> None:
    internet.names |= {
        "localhost": ["127.0.0.1"],
        "internal.example": [PUBLIC, "10.0.0.1"],
        "metadata.google.internal": ["169.254.169.254"],
    }
    serve(lambda _: to(location))

    with refused(SourceNotAllowed):
        fetch.all(URL)
    assert len(seen) == 1
    assert internet.dialed == [(PUBLIC, 80)]
    assert not internet.trap.was_reached


def test_https_does_not_lead_to_http(
    fetch: Fetch, serve: Serve, server_context: ssl.SSLContext, seen: list[Request]
) -> None:
    serve(lambda _: to("http://files.example/"), server_context)
    serve(ranged(DATA))

    with refused(SourceNotAllowed, r"^https://files\.example/a/image\.dcm redirects from https to http$"):
        fetch.all(URL.replace("http:", "https:"))
    assert len(seen) == 1


def test_http_may_lead_to_https(fetch: Fetch, serve: Serve, server_context: ssl.SSLContext) -> None:
    serve(lambda _: to("https://files.example/b"))
    serve(ranged(DATA), server_context)

    assert fetch.all(URL) == DATA


def test_a_name_that_changes_its_mind_between_hops_is_checked_again(
    fetch: Fetch, serve: Serve, internet: Internet
) -> None:
    def respond(_: Request) -> bytes:
        internet.names["files.example"] = ["169.254.169.254"]
        return to("/b")

    serve(respond)
    with refused(SourceNotAllowed):
        fetch.all(URL)
    assert not internet.trap.was_reached


def test_an_exception_for_one_host_does_not_lead_on_to_another(fetch: Fetch, serve: Serve, internet: Internet) -> None:
    fetch.allowed = ("files.example",)
    internet.names["other.example"] = ["10.0.0.1"]
    serve(lambda _: to("http://other.example/"))

    with refused(SourceNotAllowed):
        fetch.all(URL)
    assert not internet.trap.was_reached
