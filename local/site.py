"""The page at an address of this machine: `python -m local.site --port 4567 --outputs .local/outputs.json`.

On AWS, CloudFront is one origin before the page's bucket and the API. Here the emulator's CloudFront serves the page,
under the distribution's own name; this server asks it by that name, sends what is for the API to the API (the emulator
fetches nothing from addresses of AWS), and writes in the page's policy where the emulator has what AWS has elsewhere.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from local.loopback import Server, end_to_end, is_addressed

HEALTH = "/.health"
API = "/live/"
"""What the distribution sends to the API: the name of its stage."""

MOST_OF_A_BODY = 10 * 1024 * 1024
"""Bytes; API Gateway takes no more."""

SECONDS = 60

HOSTS_OF_AWS = re.compile(r"https://[a-z0-9.-]+\.(?:s3\.[a-z0-9-]+\.amazonaws\.com|amazoncognito\.com)(?=[\s;]|$)")
"""In the policy: buckets and the login."""

POLICY = "content-security-policy"

FOR_THE_NEXT_HOP = ("host", "content-length", "x-forwarded-proto", "x-forwarded-for", "x-forwarded-host", "forwarded")
"""Headers of a request that are written anew; the emulator says itself that each came over TLS."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is behind the page's address: the emulator's address, the distribution's name, and the API's path."""

    host: str
    distribution: str
    api: str

    @classmethod
    def read(cls, outputs: Path) -> Target | None:
        """Return the target that the outputs of a deployed stack name; None while there is none."""
        try:
            found = json.loads(outputs.read_text())
            return cls(urlsplit(found["endpointUrl"]).netloc, found["siteHost"], urlsplit(found["ApiUrl"]).path)
        except (OSError, ValueError, KeyError):
            return None


class Site(Server):
    """A server that listens on a port of 127.0.0.1 once it is made; it reads the outputs at each request."""

    def __init__(self, port: int, outputs: Path) -> None:
        """Listen; whoever made it lets it serve."""
        super().__init__(port, Handler)
        self.outputs = outputs


class Handler(BaseHTTPRequestHandler):
    """One connection of a browser."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "site", ""
    timeout = SECONDS
    server: Site

    def handle_any(self) -> None:
        """Pass a request on, and its answer back."""
        body = self._body()
        if body is None:
            return
        if not is_addressed(self.headers.get("Host"), self.server.port):
            self._tell(HTTPStatus.FORBIDDEN, f"this is http://127.0.0.1:{self.server.port}/, and nobody else")
        elif self.path == HEALTH:
            self._tell(HTTPStatus.OK, "ok")
        elif not self.path.startswith("/"):
            self._tell(HTTPStatus.BAD_REQUEST, "a path begins with /")
        elif (target := Target.read(self.server.outputs)) is None:
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, "nothing is deployed yet: `make up` does it")
        elif self.path.startswith(API):
            self._pass_on(target, f"{target.api}/{self.path.removeprefix(API)}", target.host, body)
        elif self.command in {"GET", "HEAD"}:
            self._pass_on(target, self.path, target.distribution, body)
        else:
            self._tell(HTTPStatus.FORBIDDEN, f"the page is read; {self.command} is for {API}")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any  # noqa: N815 - the library's names

    def _pass_on(self, target: Target, path: str, host: str, body: bytes) -> None:
        connection = http.client.HTTPConnection(target.host, timeout=SECONDS)
        try:
            connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in [("Host", host), *end_to_end(self.headers, FOR_THE_NEXT_HOP)]:
                connection.putheader(name, value)
            if body or self.command not in {"GET", "HEAD", "OPTIONS"}:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._tell(HTTPStatus.BAD_GATEWAY, f"the stack does not answer ({type(error).__name__}): is it up?")
            return
        finally:
            connection.close()
        headers = end_to_end(answer.headers, () if self.command == "HEAD" else ("content-length",))
        self._send(answer.status, [self._rewritten(target, name, value) for name, value in headers], content)

    def _rewritten(self, target: Target, name: str, value: str) -> tuple[str, str]:
        """Return a header of an answer with the emulator's address in the policy, once, where AWS's hosts were."""
        if name.lower() != POLICY:
            return name, value
        hosts = f"http://{target.host}"
        return name, re.sub(rf"{re.escape(hosts)}(?: {re.escape(hosts)})+", hosts, HOSTS_OF_AWS.sub(hosts, value))

    def _body(self) -> bytes | None:
        """Read the request's body; None where it is refused, and the connection with it."""
        told = self.headers.get("Content-Length", "0")
        if not told.isdecimal() or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._tell(HTTPStatus.LENGTH_REQUIRED, "a body has a Content-Length")
            return None
        if int(told) > MOST_OF_A_BODY:
            self.close_connection = True
            self._tell(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has {MOST_OF_A_BODY:,} bytes at most")
            return None
        return self.rfile.read(int(told))

    def _tell(self, status: HTTPStatus, text: str) -> None:
        self._send(status, [("Content-Type", "text/plain; charset=utf-8")], f"{text}\n".encode())

    def _send(self, status: int, headers: Sequence[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: paths are the page's business."""


def main() -> int:
    """Serve until the process is ended; exit status 2 for a wrong command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local.site", description="The page, at an address of this machine."
    )
    parser.add_argument("--port", type=int, required=True, help="where it listens on 127.0.0.1")
    parser.add_argument("--outputs", type=Path, required=True, help="JSON: the outputs of the stack")
    arguments = parser.parse_args()
    Site(arguments.port, arguments.outputs).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
