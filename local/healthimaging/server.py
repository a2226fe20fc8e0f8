"""HTTP: one address for all operations, whatever host prefix the client has been told not to use."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from local.healthimaging.faults import Fault, denied, internal
from local.healthimaging.protocol import Stream, answer_of, check_signed, operation_of, parameters_of
from local.healthimaging.service import HealthImaging
from local.loopback import Server, is_addressed

MOST_OF_A_BODY = 1024 * 1024
SECONDS_OF_SILENCE = 300
HEALTH = "/health"
HOST_PREFIX = "runtime-"


class Service(Server):
    """A server that listens on a port of 127.0.0.1 once it is made."""

    def __init__(self, port: int, imaging: HealthImaging, tell: Callable[[str], None]) -> None:
        """Listen; whoever made it lets it serve. `tell` gets a line for each request but frames that were sent."""
        super().__init__(port, Handler)
        self.imaging, self.tell = imaging, tell

    def begin(self) -> threading.Thread:
        """Serve in a thread, and return it."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="healthimaging")
        thread.start()
        return thread


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "simulated-healthimaging", ""
    timeout = SECONDS_OF_SILENCE
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Service

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path == HEALTH:
            self._send(200, b'{"status":"ok","simulated":true}', {"Content-Type": "application/json"})
        else:
            self._answer()

    def do_POST(self) -> None:
        """Answer a request."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer a request."""
        self._answer()

    def _answer(self) -> None:
        began, told, name = time.monotonic(), "ok", "?"
        options = self.server.imaging.options
        try:
            body = self._body()
            if options.delay_ms:
                time.sleep(options.delay_ms / 1000)
            self._check_addressed()
            operation, within = operation_of(self.command, self.path)
            name = operation.name
            check_signed(self.headers.get("Authorization"))
            self.server.imaging.rates.count(name)
            answer = self.server.imaging.operations[name](parameters_of(operation, within, self.path, body))
            if isinstance(answer, Stream):
                self._send_stream(answer)
            else:
                self._send(200, answer_of(operation, answer), {"Content-Type": "application/json"})
        except Fault as fault:
            told = f"{fault.status} {fault.code}"
            self._send_fault(fault)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - the last to hear of it
            told = f"500 {type(error).__name__}"
            self._send_fault(internal("An internal server error occurred"))
        if name != "GetImageFrame" or told != "ok":
            self.server.tell(f"{name} {time.monotonic() - began:.3f} s {told}")

    def _check_addressed(self) -> None:
        if not is_addressed((self.headers.get("Host") or "").removeprefix(HOST_PREFIX), self.server.port):
            raise denied("Ask for 127.0.0.1")

    def _body(self) -> bytes:
        """Read the request's body, whatever becomes of it."""
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Fault("MissingContentLength", 411, "Content-Length is required")
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= MOST_OF_A_BODY:
            self.close_connection = True
            raise Fault("RequestEntityTooLargeException", 413, f"{length:,} bytes of request")
        return self.rfile.read(length)

    def _send_fault(self, fault: Fault) -> None:
        body = json.dumps({"message": fault.message}).encode()
        self._send(fault.status, body, {"Content-Type": "application/json", "x-amzn-ErrorType": fault.code})

    def _send_stream(self, stream: Stream) -> None:
        headers = {"Content-Type": stream.content_type}
        if stream.content_encoding:
            headers["Content-Encoding"] = stream.content_encoding
        self._send(200, stream.body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        fixed = {"Content-Length": str(len(body)), "x-amzn-RequestId": str(uuid.uuid4()), "x-simulated": "true"}
        for name, value in {**headers, **fixed}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: each operation is told once it is done."""


def silent(_: str) -> None:
    """Tell nothing."""


def begun(port: int, imaging: HealthImaging, tell: Callable[[str], None] = silent) -> tuple[Service, threading.Thread]:
    """Return a server that serves, and its thread."""
    server = Service(port, imaging, tell)
    return server, server.begin()


def ended(server: Service, thread: threading.Thread) -> None:
    """End a server, and wait for its thread."""
    server.shutdown()
    thread.join()
    server.server_close()
