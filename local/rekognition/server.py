"""The service: one address, the operation in a header, JSON both ways."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from local.loopback import Server, is_addressed
from local.rekognition.faults import Fault, unknown_operation
from local.rekognition.labels import detect_labels
from local.rekognition.measuring import measure
from local.rekognition.objects import read_object
from local.rekognition.pictures import MOST_BYTES_OF_AN_OBJECT, Picture, open_picture
from local.rekognition.protocol import CONTENT_TYPE, Parameters, operation_of, parameters_of, signed_for
from local.rekognition.rate import Rate
from local.rekognition.reading import Reader
from local.rekognition.text import detect_text

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_OF_A_BODY = 16 * 1024 * 1024
"""Bytes: more than twice what the largest image takes in base64."""

MOST_TO_DISCARD = 256 * 1024 * 1024
"""Bytes of a body that is too large which are read and forgotten, so that its sender hears the answer."""

REQUESTS_IN_MEMORY = 8
SECONDS_OF_SILENCE = 60
HEALTH = "/health"


class Rekognition:
    """What is behind the protocol: the OCR, and S3."""

    def __init__(self, s3: S3Client, reader: Reader, rate: float | None = None) -> None:
        """Load nothing yet. `rate`: requests a second, as many as come where it is None."""
        self._s3, self._reader, self._rate = s3, reader, Rate(rate)
        self._decoding = threading.Lock()
        self.in_memory = threading.BoundedSemaphore(REQUESTS_IN_MEMORY)
        self.operations: dict[str, Callable[[Picture, Parameters], dict[str, Any]]] = {
            "DetectLabels": self._detect_labels,
            "DetectText": self._detect_text,
        }

    def answer(self, operation: str, body: bytes, region: str) -> dict[str, Any]:
        """Answer a request. Raises Fault."""
        self._rate.count()
        parameters = parameters_of(operation, body)
        image = parameters["Image"]
        with self._decoding:  # one at a time: an image within the limits may take 400 MB for a moment
            if "Bytes" in image:
                picture = open_picture(image["Bytes"])
            else:
                picture = open_picture(read_object(self._s3, image["S3Object"], region), MOST_BYTES_OF_AN_OBJECT)
        return self.operations[operation](picture, parameters)

    def _detect_labels(self, picture: Picture, parameters: Parameters) -> dict[str, Any]:
        return detect_labels(picture, measure(picture.pixels), self._reader.read(picture), parameters)

    def _detect_text(self, picture: Picture, parameters: Parameters) -> dict[str, Any]:
        return detect_text(self._reader.read(picture), parameters)


class Service(Server):
    """A server that listens on a port of 127.0.0.1 once it is made."""

    def __init__(self, port: int, rekognition: Rekognition) -> None:
        """Listen; whoever made it lets it serve."""
        super().__init__(port, Handler)
        self.rekognition = rekognition


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "simulated-rekognition", ""
    timeout = SECONDS_OF_SILENCE
    server: Service

    def do_GET(self) -> None:
        """Say that the server runs; every other GET is none of the service's."""
        if self.path == HEALTH:
            self._send(HTTPStatus.OK, {"status": "ok", "simulated": True})
        else:
            self._send_fault(unknown_operation("Rekognition is asked by POST /"))

    def do_POST(self) -> None:
        """Carry out one operation."""
        began, told = time.monotonic(), "ok"
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        answer: dict[str, Any] | Fault
        try:
            with self.server.rekognition.in_memory:
                answer = self._answer()
        except Fault as fault:
            told, answer = f"{fault.code} {fault.detail}", fault
        except Exception as error:  # noqa: BLE001 - the last to hear of it
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            answer = Fault("InternalServerError", "An internal server error occurred", status=status)
            told = f"InternalServerError {type(error).__name__}"
        print(f"{operation[:40]!r} {time.monotonic() - began:.3f} s {told}", flush=True)
        if isinstance(answer, Fault):
            self._send_fault(answer)
        else:
            self._send(HTTPStatus.OK, answer)

    def _answer(self) -> dict[str, Any]:
        body = self._body()
        if not is_addressed(self.headers.get("Host"), self.server.port):
            raise Fault("AccessDeniedException", "Ask for 127.0.0.1", status=HTTPStatus.FORBIDDEN)
        if self.path != "/":
            raise unknown_operation("Rekognition is asked by POST /")
        operation = operation_of(self.headers.get("X-Amz-Target"), self.server.rekognition.operations)
        region = signed_for(self.headers.get("Authorization"))
        return self.server.rekognition.answer(operation, body, region)

    def _body(self) -> bytes:
        """Read the request's body, whatever becomes of it."""
        told = self.headers.get("Content-Length", "")
        if not told.isdecimal():
            self.close_connection = True
            raise Fault("MissingContentLength", "Content-Length is required", status=HTTPStatus.LENGTH_REQUIRED)
        length = int(told)
        if length <= MOST_OF_A_BODY:
            return self.rfile.read(length)
        self.close_connection = True
        left = min(length, MOST_TO_DISCARD)
        while left > 0 and (part := self.rfile.read(min(left, 1 << 20))):
            left -= len(part)
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise Fault("RequestEntityTooLargeException", f"{length:,} bytes of request", status=status)

    def _send_fault(self, fault: Fault) -> None:
        request = str(uuid.uuid4())
        body = {"__type": fault.code, "Code": fault.code, "Logref": request, "Message": fault.message}
        self._send(fault.status, body, {"x-simulated-detail": fault.detail} if fault.detail else {})

    def _send(self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        fixed = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(body)), "x-simulated": "true"}
        for name, value in {**fixed, "x-amzn-RequestId": str(uuid.uuid4()), **(headers or {})}.items():
            self.send_header(name, value.encode("ascii", "replace").decode())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: each operation is told once it is done."""
