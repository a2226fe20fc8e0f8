"""As much of S3 as an import needs, over HTTP: what the service's own boto3 calls."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 2
"""Objects that one answer lists: fewer than any test has, so that every listing has pages."""


class Bucket:
    """The objects of every bucket, by `bucket/key`, and what happens when one is read."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refused: set[str] = set()
        self.before_read: Callable[[str], None] = lambda _: None
        self.url = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name, query = unquote(parts.path).lstrip("/"), parse_qs(parts.query)
        if "list-type" in query:
            self._list(name, query)
            return
        self.bucket.before_read(name)
        if name in self.bucket.refused:
            self._send(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif name in self.bucket.objects:
            self._send(200, self.bucket.objects[name])
        else:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_PUT(self) -> None:
        name = unquote(urlsplit(self.path).path).lstrip("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if name in self.bucket.refused:
            self._send(403, b"<Error><Code>AccessDenied</Code></Error>")
        else:
            self.bucket.objects[name] = body
            self._send(200, b"")

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix, start = f"{bucket}/{query.get('prefix', [''])[0]}", int(query.get("continuation-token", ["0"])[0])
        if f"{bucket}/" in self.bucket.refused:
            self._send(403, b"<Error><Code>AccessDenied</Code></Error>")
            return
        names = sorted(name for name in self.bucket.objects if name.startswith(prefix))
        entries = "".join(
            f"<Contents><Key>{escape(name.partition('/')[2])}</Key><Size>{len(self.bucket.objects[name])}</Size></Contents>"
            for name in names[start : start + PAGE]
        )
        more = start + PAGE < len(names)
        rest = f"<NextContinuationToken>{start + PAGE}</NextContinuationToken>" if more else ""
        told = f"<IsTruncated>{str(more).lower()}</IsTruncated>{rest}{entries}"
        self._send(200, f"<ListBucketResult>{told}</ListBucketResult>".encode())

    def _send(self, status: int, body: bytes) -> None:
        with suppress(BrokenPipeError):  # whoever asked was killed
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Bucket]:
    """Serve buckets while the context lasts."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Serving", (Handler,), {"bucket": bucket}))
    server.daemon_threads = True
    bucket.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
