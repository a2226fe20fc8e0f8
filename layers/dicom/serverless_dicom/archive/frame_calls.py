"""GetImageFrame, as often as a series has frames: over botocore's connections, signed with its keys, and no more of it.

What a client of botocore and urllib3 do anew for every call (resolve the endpoint, tell in four hundred characters who
asks, emit events, copy headers from one kind of dictionary to another) takes three times as long as the rest.
"""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from http.client import HTTPException, HTTPResponse
from io import BufferedReader, BytesIO, RawIOBase
from ssl import SSLSocket
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, IncompleteReadError, ReadTimeoutError
from botocore.parsers import create_parser
from urllib3.exceptions import HTTPError

from serverless_dicom.archive.receiving import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from botocore.response import StreamingBody
    from botocore.signers import RequestSigner
    from urllib3 import HTTPConnectionPool

    from serverless_dicom.archive.receiving import Receipt

_OPERATION = "GetImageFrame"
_BEFORE_SIGN = f"before-sign.medical-imaging.{_OPERATION}"
_JSON = "application/json"
_PLAIN = re.compile(r"/datastore/[0-9a-z]+/imageSet/[0-9a-z]+/getImageFrame")
_OK = 200


@dataclass(frozen=True, slots=True)
class _Way:
    """What all requests of a client have in common."""

    origin: str
    host: str
    agent: str
    signer: RequestSigner
    pool: HTTPConnectionPool

    def request(self, path: str, body: bytes) -> bytes:
        """A request with its signature of version 4, the payload's digest in it."""
        names = (self.signer.signing_name, self.signer.region_name)
        credentials = self.signer.get_auth_instance(*names, "v4").credentials  # refreshed, where they are temporary
        signer, signed = SigV4Auth(credentials, *names), AWSRequest()
        signed.context["timestamp"] = at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {"content-type": _JSON, "host": self.host, "x-amz-date": at}
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        lines, listed = "".join(f"{name}:{value}\n" for name, value in headers.items()), ";".join(headers)
        canonical = f"POST\n{path}\n\n{lines}\n{listed}\n{sha256(body).hexdigest()}"
        signature = signer.signature(signer.string_to_sign(signed, canonical), signed)
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={signer.scope(signed)}, SignedHeaders={listed}, Signature={signature}"
        )
        headers |= {"user-agent": self.agent, "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body

    def connection(self) -> Any:
        """A connection, to be given back. Raises OSError or HTTPError."""
        connection: Any = self.pool._get_conn()  # noqa: SLF001 - urllib3 offers no way to borrow one
        if connection.is_closed:
            connection.connect()
        return connection

    def give_back(self, connection: Any, *, again: bool) -> None:
        """Give a connection back: closed, unless its last answer was read whole."""
        if not again:  # or the next frame that is asked for over it would be the rest of this one
            connection.close()
        self.pool._put_conn(connection)  # noqa: SLF001


class Asked(NamedTuple):
    """A frame that was asked for: `answer` waits for it, once; `close` gives it up where nobody has waited.

    `is_sent` is whether the service is at work on it; else whoever waits for the answer asks for it only then.
    """

    answer: Callable[[], bytes]
    close: Callable[[], None]
    is_sent: bool


class FrameCalls:
    """Calls GetImageFrame; botocore's client makes a call to learn from, and all those that only it can make."""

    def __init__(self, client: Any) -> None:
        """Call nothing yet; a client that is not botocore's own, has a proxy, or signs otherwise makes all calls."""
        self._client = client
        self._way: _Way | None = None
        self._learning, self._receiver = threading.Lock(), Receiver()

    def ask(self, datastore_id: str, image_set_id: str, frame_id: str, most: int) -> Asked:
        """Ask for the first `most` bytes of a frame. The answer raises ClientError or BotoCoreError, as a client's."""
        path, wanted = _path(_OPERATION, datastore_id, image_set_id), {"imageFrameId": frame_id}
        if (way := self._way) and _PLAIN.fullmatch(path):
            call = self._sent(way, path, json.dumps(wanted).encode(), most)
            if call:
                return Asked(call.answer, call.close, is_sent=True)

        def by_client() -> bytes:
            place = {"datastoreId": datastore_id, "imageSetId": image_set_id}
            call = partial(self._client.get_image_frame, **place, imageFrameInformation=wanted)
            return read_of(self.learned(_OPERATION, datastore_id, image_set_id, call)["imageFrameBlob"], most)

        return Asked(by_client, lambda: None, is_sent=False)

    def learned(self, operation: str, datastore_id: str, image_set_id: str, call: Callable[[], Any]) -> Any:
        """What a call of the client answers; how it goes to its host is learned from it, if that is not known yet."""
        if self._way or not isinstance(self._client, BaseClient) or not self._learning.acquire(blocking=False):
            return call()

        def learn(request: AWSRequest, request_signer: RequestSigner, signature_version: str, **_: Any) -> None:
            own = urlsplit(str(request.url)).path == _path(operation, datastore_id, image_set_id)
            if own and signature_version == "v4":
                self._way = _way(self._client, request, request_signer)

        events, event = self._client.meta.events, f"before-sign.medical-imaging.{operation}"
        events.register(event, learn)
        try:
            return call()
        finally:
            events.unregister(event, learn)
            self._learning.release()

    def _sent(self, way: _Way, path: str, body: bytes, most: int) -> _Call | None:
        """The call of a request that was sent; None where it was not, and the client is to find out why."""
        try:
            request = way.request(path, body)
            connection = way.connection()
        except (OSError, BotoCoreError, HTTPError):
            return None
        try:
            receipt = self._receiver.send(connection.sock, request, most)
        except OSError:
            way.give_back(connection, again=False)
            return None
        return _Call(way, connection, self._receiver, receipt, most, self._refusal)

    def _refusal(self, response: HTTPResponse, data: bytes) -> ClientError:
        told = {"status_code": response.status, "headers": response.headers, "body": data}
        shape = self._client.meta.service_model.operation_model(_OPERATION).output_shape
        return ClientError(create_parser("rest-json").parse(told, shape), _OPERATION)


@dataclass(slots=True)
class _Call:
    """A request that was sent, and the connection over which its answer comes."""

    way: _Way
    connection: Any
    receiver: Receiver
    receipt: Receipt
    most: int
    refusal: Callable[[HTTPResponse, bytes], ClientError]
    is_open: bool = True

    def answer(self) -> bytes:
        """Wait for the frame."""
        again, origin, timeout = False, self.way.origin, self.way.pool.timeout.read_timeout
        try:
            self.receiver.wait(self.receipt, timeout)
            if self.receipt.body is not None:
                again = True
                return self.receipt.body
            self.connection.sock.settimeout(timeout)
            rest = _Rest(self.receipt.begun, self.connection.sock)
            with HTTPResponse(cast("socket", rest), method="POST") as response:
                response.begin()
                data = response.read(self.most)
                again = response.isclosed() and not response.will_close and not rest.has_more()
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=origin, error=error) from error
        except (OSError, HTTPException) as error:
            raise ConnectionClosedError(endpoint_url=origin, error=error) from error
        finally:
            self._end(again=again)
        if response.length and len(data) < self.most:
            raise IncompleteReadError(actual_bytes=len(data), expected_bytes=len(data) + response.length)
        if response.status != _OK:
            raise self.refusal(response, data)
        return data

    def close(self) -> None:
        """Give the answer up, if nobody has waited for it."""
        if self.is_open:
            self._end(again=False)

    def _end(self, *, again: bool) -> None:
        self.is_open = False
        self.receiver.forget(self.receipt)
        self.way.give_back(self.connection, again=again)


class _Rest(RawIOBase):
    """An answer of which some was received, as http.client reads it."""

    def __init__(self, begun: bytes, sock: socket) -> None:
        self._begun, self._sock = BytesIO(begun), sock

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        return self._begun.readinto(room) or self._sock.recv_into(room)

    def has_more(self) -> bool:
        """Whether more has come than was read, where urllib3 would not see it."""
        return bool(self._begun.read(1)) or (isinstance(self._sock, SSLSocket) and self._sock.pending() > 0)


def read_of(body: StreamingBody, most: int) -> bytes:
    """The first `most` bytes of an answer of botocore's. Raises BotoCoreError, also where it ends too early."""
    with closing(body):
        data: bytes = body.read(most)
        body.read(1)  # botocore looks at the length once nothing more comes
    return data


def _path(operation: str, datastore_id: str, image_set_id: str) -> str:
    return f"/datastore/{datastore_id}/imageSet/{image_set_id}/{operation[0].lower()}{operation[1:]}"


def _way(client: Any, request: AWSRequest, signer: RequestSigner) -> _Way | None:
    """How a request of a client goes to its host, or None where it goes by a proxy."""
    url = urlsplit(str(request.url))
    origin = f"{url.scheme}://{url.netloc}"
    session = client._endpoint.http_session  # noqa: SLF001 - which knows proxies, certificates and timeouts
    if session._proxy_config.proxy_url_for(origin):  # noqa: SLF001
        return None
    pool = session._manager.connection_from_url(origin)  # noqa: SLF001
    return _Way(origin, url.netloc, request.headers["User-Agent"], signer, pool)
