"""As much of S3 as reading takes, on loopback: GET of files with ranges, counted.

The kernel copies from the file to the connection, so that a measured time is the client's. An emulator that keeps
objects in memory and speaks the whole of S3 would be measured with it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BUCKET = "bucket"


@dataclass(slots=True)
class Traffic:
    """The bytes of the body of every answer, by the object's key, since the last look."""

    bodies: dict[str, list[int]] = field(default_factory=dict)

    def take(self, key: str) -> list[int]:
        """The answers with one object; all are forgotten."""
        taken, self.bodies = self.bodies.get(key, []), {}
        return taken


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, Traffic]]:
    """Serve the files of a folder as the objects of BUCKET; the endpoint's URL, and the traffic."""
    traffic = Traffic()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # a body does not wait for its header to be acknowledged

        def do_GET(self) -> None:
            name = self.path.partition("?")[0].removeprefix(f"/{BUCKET}/")
            with (folder / name).open("rb") as file:
                size = file.seek(0, 2)
                wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                start, stop = (int(wanted[1]), min(int(wanted[2]) + 1, size)) if wanted else (0, size)
                self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK)
                self.send_header("Content-Length", str(stop - start))
                self.send_header("ETag", '"0123456789abcdef0123456789abcdef"')
                self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
                if wanted:
                    self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
                traffic.bodies.setdefault(name, []).append(stop - start)
                self.end_headers()
                self.wfile.flush()
                self.connection.sendfile(file, start, stop - start)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", traffic
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
