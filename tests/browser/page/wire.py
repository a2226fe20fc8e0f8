"""Requests and answers over loopback ports, for peers that are servers of several origins."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Call:
    """One request, as it came."""

    method: str
    origin: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, body: Any, status: int = 200, **headers: str) -> Reply:
        kind = {"Content-Type": "application/json"}
        return cls(status, json.dumps(body).encode(), kind | {k.replace("_", "-"): v for k, v in headers.items()})

    @classmethod
    def error(cls, status: int, code: str, message: str) -> Reply:
        return cls.json({"success": False, "error": code, "message": message, "request_id": "r-1"}, status)


class Origins:
    """`count` loopback ports whose calls all go to `answer`; those after the first may be called from other origins."""

    def __init__(self, count: int, answer: Callable[[Call], Reply]) -> None:
        self._answer = answer
        self._servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler()) for _ in range(count)]
        self._threads = [threading.Thread(target=one.serve_forever, args=(0.02,)) for one in self._servers]
        self.names = [f"http://127.0.0.1:{one.server_port}" for one in self._servers]

    def __enter__(self) -> Self:
        """Begin to answer."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Answer no more."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        origins = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                host = f"http://127.0.0.1:{self.server.server_port}"
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(self.command, host, parts.path, dict(parse_qsl(parts.query)), headers, body)
                reply = Reply(204) if call.method == "OPTIONS" else origins._answer(call)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if host != origins.names[0]:
                    for what, allowed in (("Origin", "*"), ("Headers", "*"), ("Methods", "GET, PUT, POST")):
                        self.send_header(f"Access-Control-Allow-{what}", allowed)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_PUT = do_OPTIONS = _any  # noqa: N815 - the base class's names

            def log_message(self, *_: object) -> None:
                """Say nothing: pytest shows what matters."""

        return Handler
