"""The page's origin on this machine: what it passes on, what it writes anew, whom it does not answer."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from local.loopback import Server
from local.site import Site

DISTRIBUTION = "d111111abcdef8.cloudfront.net"
POLICY = (
    "default-src 'none'; connect-src 'self' https://s-uploads-000000000000-us-east-1.s3.us-east-1.amazonaws.com "
    "https://s-results-000000000000-us-east-1.s3.us-east-1.amazonaws.com "
    "https://s-000000000000.auth.us-east-1.amazoncognito.com; base-uri 'none'"
)


@dataclass
class Seen:
    """A request as it reached the stack."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Behind:
    """The stack behind the site: it keeps what it is asked, and answers with the policy."""

    seen: list[Seen] = field(default_factory=list)
    url: str = ""


@contextmanager
def running(server: Server) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def behind() -> Iterator[Behind]:
    stack = Behind()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            stack.seen.append(Seen(self.command, self.path, headers, body))
            self.send_response(201)
            for name, value in (
                ("Content-Security-Policy", POLICY),
                ("Connection", "X-Hop"),
                ("X-Hop", "of this connection"),
                ("Set-Cookie", "a=1"),
                ("Set-Cookie", "b=2"),
                ("Content-Length", "5"),
            ):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"hello")

        do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = answer  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            pass

    server = Server(0, Handler)
    stack.url = f"http://127.0.0.1:{server.port}"
    with running(server):
        yield stack


@pytest.fixture
def site(behind: Behind, tmp_path: Path) -> Iterator[Site]:
    outputs = tmp_path / "outputs.json"
    api = f"{behind.url}/_aws/execute-api/abc/live"
    outputs.write_text(json.dumps({"endpointUrl": behind.url, "siteHost": DISTRIBUTION, "ApiUrl": api}))
    server = Site(0, outputs)
    with running(server):
        yield server


def ask(
    site: Site, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def test_the_page_is_asked_of_the_distribution(site: Site, behind: Behind) -> None:
    status, _, body = ask(site, "GET", "/a%20b.js?x=1&y=%2F", Accept_Encoding="gzip", If_None_Match='"tag"')
    assert (status, body) == (201, b"hello")
    (seen,) = behind.seen
    assert (seen.method, seen.path) == ("GET", "/a%20b.js?x=1&y=%2F")
    assert seen.headers == {"host": DISTRIBUTION, "accept-encoding": "gzip", "if-none-match": '"tag"'}


def test_what_is_for_the_api_goes_there(site: Site, behind: Behind) -> None:
    for method in ("GET", "POST", "PUT", "OPTIONS"):
        body = b'{"fileName": "x"}' if method in {"POST", "PUT"} else None
        assert ask(site, method, "/live/results/1?a=b", body, Authorization="token")[0] == 201
    assert [seen.method for seen in behind.seen] == ["GET", "POST", "PUT", "OPTIONS"]
    for seen in behind.seen:
        assert seen.path == "/_aws/execute-api/abc/live/results/1?a=b"
        assert seen.headers["host"] == behind.url.removeprefix("http://")
        assert seen.headers["authorization"] == "token"
    assert behind.seen[1].body == b'{"fileName": "x"}'


def test_the_policy_names_the_emulator_where_aws_was(site: Site, behind: Behind) -> None:
    headers = dict(ask(site, "GET", "/")[1])
    expected = f"default-src 'none'; connect-src 'self' {behind.url}; base-uri 'none'"
    assert headers["Content-Security-Policy"] == expected


def test_headers_of_a_connection_end_with_it(site: Site, behind: Behind) -> None:
    _, headers, _ = ask(
        site, "GET", "/", Connection="X-Own, close", X_Own="1", Upgrade="h2c", X_Forwarded_Proto="http", TE="trailers"
    )
    assert not {"connection", "x-own", "upgrade", "te", "x-forwarded-proto"} & set(behind.seen[0].headers)
    assert "X-Hop" not in dict(headers)
    assert [value for name, value in headers if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_head_has_the_length_and_no_body(site: Site) -> None:
    status, headers, body = ask(site, "HEAD", "/")
    assert (status, dict(headers)["Content-Length"], body) == (201, "5", b"")


def test_one_connection_carries_many_requests(site: Site, behind: Behind) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    for path in ("/", "/live/health", "/main.js"):
        connection.request("GET", path)
        assert connection.getresponse().read() == b"hello"
    connection.close()
    assert len(behind.seen) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_page_is_only_read(site: Site, behind: Behind, method: str) -> None:
    assert ask(site, method, "/index.html", b"x")[0] == 403
    assert behind.seen == []


@pytest.mark.parametrize("host", ["rebound.example.org", "127.0.0.1", "127.0.0.1:1", "", "[::1]"])
def test_other_names_are_not_answered(site: Site, behind: Behind, host: str) -> None:
    assert ask(site, "GET", "/", Host=host)[0] == 403
    assert behind.seen == []
    assert ask(site, "GET", "/", Host=f"localhost:{site.port}")[0] == 201


def test_a_body_beyond_the_api_s_is_refused(site: Site, behind: Behind) -> None:
    assert ask(site, "POST", "/live/uploads", Content_Length="10485761")[0] == 413
    assert ask(site, "POST", "/live/uploads", Content_Length="-1")[0] == 411
    assert ask(site, "POST", "/live/uploads", Transfer_Encoding="chunked")[0] == 411
    assert behind.seen == []


def test_before_anything_is_deployed_it_says_so(tmp_path: Path) -> None:
    server = Site(0, tmp_path / "outputs.json")
    with running(server):
        assert ask(server, "GET", "/")[0] == 503
        assert ask(server, "GET", "/.health")[0] == 200
        gone = {"endpointUrl": "http://127.0.0.1:9", "siteHost": DISTRIBUTION, "ApiUrl": "http://127.0.0.1:9/live"}
        (tmp_path / "outputs.json").write_text(json.dumps(gone))
        status, _, told = ask(server, "GET", "/")
        assert (status, told) == (502, b"the stack does not answer (ConnectionRefusedError): is it up?\n")
