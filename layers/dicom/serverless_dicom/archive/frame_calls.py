"""GetImageFrame, as often as a series has frames: with botocore's signer and connections, without the rest of it.

What a client of botocore does anew for every call (it resolves the endpoint, tells in four hundred characters who it
is, serialises, emits events) takes as long as fetching the frame.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.response import StreamingBody

if TYPE_CHECKING:
    from botocore.signers import RequestSigner

_OPERATION = "GetImageFrame"
_BEFORE_SIGN = f"before-sign.medical-imaging.{_OPERATION}"
_OK = 200


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What all requests of a client have in common."""

    start: str
    headers: dict[str, str]
    signer: RequestSigner


class FrameCalls:
    """Calls GetImageFrame. The client makes the first call itself: its request is the pattern of the others."""

    def __init__(self, client: Any) -> None:
        """Call nothing yet; a client that is not botocore's own makes all calls."""
        self._client = client
        self._pattern: _Pattern | None = None
        self._learning = threading.Lock()

    def body(self, datastore_id: str, image_set_id: str, frame_id: str) -> Any:
        """A stream of the frame's bytes. Raises ClientError or BotoCoreError, as the client does."""
        place, wanted = f"/datastore/{datastore_id}/imageSet/{image_set_id}/getImageFrame", {"imageFrameId": frame_id}
        if self._pattern:
            return self._sent(self._pattern, place, wanted)
        if not isinstance(self._client, BaseClient) or not self._learning.acquire(blocking=False):
            return self._by_client(datastore_id, image_set_id, wanted)

        def learn(request: AWSRequest, request_signer: RequestSigner, **_: Any) -> None:
            url = str(request.url)
            if url.endswith(place):
                headers = {name: request.headers[name] for name in ("Content-Type", "User-Agent")}
                self._pattern = _Pattern(url.removesuffix(place), headers, request_signer)

        events = self._client.meta.events
        events.register(_BEFORE_SIGN, learn)
        try:
            return self._by_client(datastore_id, image_set_id, wanted)
        finally:
            events.unregister(_BEFORE_SIGN, learn)
            self._learning.release()

    def _by_client(self, datastore_id: str, image_set_id: str, wanted: dict[str, str]) -> Any:
        answer = self._client.get_image_frame(
            datastoreId=datastore_id, imageSetId=image_set_id, imageFrameInformation=wanted
        )
        return answer["imageFrameBlob"]

    def _sent(self, pattern: _Pattern, place: str, wanted: dict[str, str]) -> StreamingBody:
        request = AWSRequest(
            "POST", pattern.start + place, dict(pattern.headers), json.dumps(wanted).encode(), stream_output=True
        )
        pattern.signer.sign(_OPERATION, request)
        session = self._client._endpoint.http_session  # noqa: SLF001 - which knows proxies, certificates and timeouts
        response = session.send(request.prepare())
        if response.status_code != _OK:
            told = {"status_code": response.status_code, "headers": response.headers, "body": response.content}
            shape = self._client.meta.service_model.operation_model(_OPERATION).output_shape
            raise ClientError(create_parser("rest-json").parse(told, shape), _OPERATION)
        return StreamingBody(response.raw, response.headers.get("content-length"))
