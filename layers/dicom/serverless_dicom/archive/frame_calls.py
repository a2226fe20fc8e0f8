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
from hashlib import sha256
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError, ReadTimeoutError
from botocore.parsers import create_parser
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from botocore.signers import RequestSigner
    from urllib3 import HTTPConnectionPool

_OPERATION = "GetImageFrame"
_BEFORE_SIGN = f"before-sign.medical-imaging.{_OPERATION}"
_JSON = "application/json"
_PLAIN = re.compile(r"/datastore/[0-9a-z]+/imageSet/[0-9a-z]+/getImageFrame")
_OK = 200
_SMALL = 4 * 1024 * 1024
"""Bytes that may be made room for because an answer says that it has so many."""


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


class FrameCalls:
    """Calls GetImageFrame. The client makes the first call itself, to learn from, and those that only it can make."""

    def __init__(self, client: Any) -> None:
        """Call nothing yet; a client that is not botocore's own, has a proxy, or signs otherwise makes all calls."""
        self._client = client
        self._way: _Way | None = None
        self._learning = threading.Lock()

    def read(self, datastore_id: str, image_set_id: str, frame_id: str, most: int) -> bytes:
        """The frame's first `most` bytes. Raises ClientError or BotoCoreError, as the client does."""
        path, wanted = f"/datastore/{datastore_id}/imageSet/{image_set_id}/getImageFrame", {"imageFrameId": frame_id}
        if (way := self._way) and _PLAIN.fullmatch(path):
            request = way.request(path, json.dumps(wanted).encode())
            if connection := _connected(way.pool):
                return self._exchanged(way, connection, request, most)
        if way or not isinstance(self._client, BaseClient) or not self._learning.acquire(blocking=False):
            return self._by_client(datastore_id, image_set_id, wanted, most)

        def learn(request: AWSRequest, request_signer: RequestSigner, signature_version: str, **_: Any) -> None:
            if urlsplit(str(request.url)).path == path and signature_version == "v4":
                self._way = _way(self._client, request, request_signer)

        events = self._client.meta.events
        events.register(_BEFORE_SIGN, learn)
        try:
            return self._by_client(datastore_id, image_set_id, wanted, most)
        finally:
            events.unregister(_BEFORE_SIGN, learn)
            self._learning.release()

    def _by_client(self, datastore_id: str, image_set_id: str, wanted: dict[str, str], most: int) -> bytes:
        answer = self._client.get_image_frame(
            datastoreId=datastore_id, imageSetId=image_set_id, imageFrameInformation=wanted
        )
        return read_of(answer["imageFrameBlob"], most)

    def _exchanged(self, way: _Way, connection: Any, request: bytes, most: int) -> bytes:
        again = False
        try:
            connection.sock.sendall(request)
            with HTTPResponse(connection.sock, method="POST") as response:
                response.begin()
                data = _body(response, most)
                again = response.isclosed() and not response.will_close
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=way.origin, error=error) from error
        except (OSError, HTTPException) as error:
            raise ConnectionClosedError(endpoint_url=way.origin, error=error) from error
        finally:
            if not again:  # or the next frame that is asked for over it would be the rest of this one
                connection.close()
            way.pool._put_conn(connection)  # noqa: SLF001
        if response.length and len(data) < most:
            raise IncompleteReadError(actual_bytes=len(data), expected_bytes=len(data) + response.length)
        if response.status != _OK:
            told = {"status_code": response.status, "headers": response.headers, "body": data}
            shape = self._client.meta.service_model.operation_model(_OPERATION).output_shape
            raise ClientError(create_parser("rest-json").parse(told, shape), _OPERATION)
        return data


def _body(response: HTTPResponse, most: int) -> bytes:
    """The first `most` bytes of a body; of one that is cut off, what there is."""
    if response.length is None or not response.length <= min(_SMALL, most):
        return response.read(most)
    room = bytearray(response.length)  # where the socket writes into itself, a third faster than what `read` does
    return bytes(memoryview(room)[: response.readinto(room)])


def read_of(body: StreamingBody, most: int) -> bytes:
    """The first `most` bytes of an answer of botocore's. Raises BotoCoreError, also where it ends too early."""
    with closing(body):
        data: bytes = body.read(most)
        body.read(1)  # botocore looks at the length once nothing more comes
    return data


def _way(client: Any, request: AWSRequest, signer: RequestSigner) -> _Way | None:
    """How a request of a client goes to its host, or None where it goes by a proxy."""
    url = urlsplit(str(request.url))
    origin = f"{url.scheme}://{url.netloc}"
    session = client._endpoint.http_session  # noqa: SLF001 - which knows proxies, certificates and timeouts
    if session._proxy_config.proxy_url_for(origin):  # noqa: SLF001
        return None
    pool = session._manager.connection_from_url(origin)  # noqa: SLF001
    return _Way(origin, url.netloc, request.headers["User-Agent"], signer, pool)


def _connected(pool: HTTPConnectionPool) -> Any:
    """A connection of a pool; None where there is none to be had, and the client is to find out why."""
    try:
        connection: Any = pool._get_conn()  # noqa: SLF001 - urllib3 offers no way to borrow one
        if connection.is_closed:
            connection.connect()
            connection.sock.settimeout(pool.timeout.read_timeout)
    except (OSError, HTTPError):
        return None
    return connection
