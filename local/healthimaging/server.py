"""HTTP: one address for all operations, whatever host prefix the client has been told not to use."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from socketserver import StreamRequestHandler
from typing import cast

from local.healthimaging.faults import Fault, denied, internal
from local.healthimaging.protocol import Stream, access_key, answer_of, check_accepted, operation_of, parameters_of
from local.healthimaging.service import HealthImaging
from local.healthimaging.wire import Malformed, Request, read_request, send
from local.loopback import Server, is_addressed

MOST_OF_A_BODY = 1024 * 1024
MOST_TO_DISCARD = 64 * 1024 * 1024
"""Bytes of a body that is too large which are read and forgotten, so that its sender hears the answer."""

SECONDS_OF_SILENCE = 300
HEALTH = "/health"
HOST_PREFIX = "runtime-"
JSON = {"Content-Type": "application/json"}
SAID_BY_ALL = {"Server": "simulated-healthimaging", "x-simulated": "true"}


class Service(Server):
    """A server that listens on a port of 127.0.0.1 once it is made."""

    def __init__(self, port: int, imaging: HealthImaging, tell: Callable[[str], None]) -> None:
        """Listen; whoever made it lets it serve. `tell` gets a line for each request but frames that were sent."""
        self.connections: set[socket.socket] = set()
        super().__init__(port, Handler)
        self.imaging, self.tell = imaging, tell

    def end(self, thread: threading.Thread) -> None:
        """End with every connection; `thread` is where it serves."""
        self.shutdown()
        thread.join()
        self.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(StreamRequestHandler):
    """One connection."""

    timeout = SECONDS_OF_SILENCE
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer one request after the other."""
        service = cast("Service", self.server)
        service.connections.add(self.connection)
        try:
            while (request := read_request(self.rfile)) is not None:
                if not self._answer(service, request) or request.is_last:
                    return
        except Malformed:
            self._send(400, JSON, b'{"message":"Bad request"}')
        except OSError:
            return  # whoever asked has gone, or the service ends
        finally:
            service.connections.discard(self.connection)

    def _answer(self, service: Service, request: Request) -> bool:
        """Answer one request, and say whether the connection can go on."""
        if request.method == "GET" and request.target == HEALTH:
            self._send(200, JSON, b'{"status":"ok","simulated":true}')
            return True
        began, told, name, goes_on = time.monotonic(), "ok", "?", True
        try:
            body = self._body(request)
            if service.imaging.options.delay_ms:
                time.sleep(service.imaging.options.delay_ms / 1000)
            if not is_addressed(request.headers.get("host", "").removeprefix(HOST_PREFIX), service.port):
                raise denied("Ask for 127.0.0.1")  # noqa: TRY301 - answered as every other fault
            operation, within = operation_of(request.method, request.target)
            name = operation.name
            key = access_key(request.headers.get("authorization"))
            parameters = parameters_of(operation, within, request.target, body)
            service.imaging.callers.check(key, name, parameters)
            service.imaging.rates.count(name)
            answer = service.imaging.operations[name](parameters)
            if isinstance(answer, Stream):
                check_accepted(request.headers.get("accept"), answer.content_type)
                self._send_stream(answer)
            else:
                self._send(200, JSON, answer_of(operation, answer))
        except Fault as fault:
            told, goes_on = f"{fault.status} {fault.code}", fault.code != TooLarge.code
            self._send_fault(fault)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - the last to hear of it
            told = f"500 {type(error).__name__}"
            self._send_fault(internal("An internal server error occurred"))
        if name != "GetImageFrame" or told != "ok":
            service.tell(f"{name} {time.monotonic() - began:.3f} s {told}")
        return goes_on

    def _body(self, request: Request) -> bytes:
        """Read the request's body, whatever becomes of it."""
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not length.isdecimal():
            raise TooLarge
        if int(length) > MOST_OF_A_BODY:
            left = min(int(length), MOST_TO_DISCARD)
            while left > 0 and (part := self.rfile.read(min(left, MOST_OF_A_BODY))):
                left -= len(part)
            raise TooLarge
        if request.headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self.rfile.read(int(length))

    def _send_fault(self, fault: Fault) -> None:
        self._send(
            fault.status, {**JSON, "x-amzn-ErrorType": fault.code}, json.dumps({"message": fault.message}).encode()
        )

    def _send_stream(self, stream: Stream) -> None:
        headers = {"Content-Type": stream.content_type}
        if stream.content_encoding:
            headers["Content-Encoding"] = stream.content_encoding
        self._send(200, headers, stream.body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        send(self.connection, status, {**headers, **SAID_BY_ALL, "x-amzn-RequestId": str(uuid.uuid4())}, body)


class TooLarge(Fault):
    """A body that is not read: longer than any that an operation has, or of a length that nobody told."""

    code = "RequestEntityTooLargeException"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            self.code, 413, f"A request has a body of at most {MOST_OF_A_BODY:,} bytes, and tells its length"
        )


def silent(_: str) -> None:
    """Tell nothing."""


def begun(port: int, imaging: HealthImaging, tell: Callable[[str], None] = silent) -> tuple[Service, threading.Thread]:
    """Return a server that serves, and its thread."""
    server = Service(port, imaging, tell)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="healthimaging")
    thread.start()
    return server, thread
