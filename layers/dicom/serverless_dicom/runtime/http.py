"""Calls over API Gateway, and calls of the function itself -> one form of request, and answers in the caller's form.

A direct call is the request; its answer is the object that the API has as its body, for errors too.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from serverless_dicom.errors import InvalidRequest, InvalidSetting, ServerlessDicomError, http_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Body: TypeAlias = "dict[str, Any]"
Answer: TypeAlias = "dict[str, Any]"
"""What a function returns."""

MAX_ANSWER = 6_291_556
"""Bytes of JSON that Lambda takes from a function that is waited for."""

INTERNAL = "something failed here that is no fault of the request: name this request_id to those who run the service"
PICTURES = {"image/jpeg": "jpg", "image/png": "png"}
DIRECT = "lambda:InvokeFunction"
"""The caller of a function that was called without the API: whoever may do that is one and the same."""

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """A call; `body` is what the caller sent, before anybody has looked whether it is what was expected."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By names in lower case."""
    body: Any
    request_id: str
    direct: bool
    """Whether the function was called without the API."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Of the path and of the query."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """What the API's authorizer has found in the caller's token."""

    @classmethod
    def of(cls, event: Any, request_id: str) -> Request:
        """The request in an event of an API's proxy integration; any other event is the body of a direct one."""
        if not (isinstance(event, dict) and "httpMethod" in event and "requestContext" in event):
            return cls("POST", "", {}, event, request_id, direct=True)
        headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        body = event.get("body")
        if event.get("isBase64Encoded") and isinstance(body, str):
            try:
                body = base64.b64decode(body, validate=True)
            except binascii.Error:
                body = b""
        path = str(event.get("resource") or event.get("path") or "")
        parameters = (event.get("queryStringParameters") or {}) | (event.get("pathParameters") or {})
        claims = _claims(event["requestContext"])
        return cls(str(event["httpMethod"]), path, headers, body, request_id, False, parameters, claims)

    @property
    def caller(self) -> str:
        """Who calls, by a name that nobody else has. Raises InvalidSetting where the API did not find out."""
        if self.direct:
            return DIRECT
        if isinstance(sub := self.claims.get("sub"), str) and sub:
            return sub
        raise InvalidSetting("the API does not say who calls: the authorizer of its routes has to be a user pool")

    def fields(self, example: str) -> Body:
        """The JSON object that was sent. Raises InvalidRequest, which tells an example of one."""
        body = self.body
        if not self.direct:
            try:
                body = json.loads(body or b"")
            except (ValueError, RecursionError) as error:
                raise InvalidRequest(f"the body must be JSON such as {example}") from error
        if not isinstance(body, dict):
            raise InvalidRequest(f"the request must be a JSON object such as {example}")
        return body

    def wants_picture(self) -> str | None:
        """The media type of the picture that the caller would rather have than JSON; None for JSON (RFC 9110 12.5.1).

        `image/*` is image/jpeg here. What is asked for by name goes before what a wildcard lets pass.
        """
        accept = self.headers.get("accept", "")
        wanted, best = None, _preference(accept, _JSON)
        for kind in PICTURES:
            if _preference(accept, kind) > best:
                wanted, best = kind, _preference(accept, kind)
        return wanted


def _claims(context: Any) -> Mapping[str, Any]:
    """The claims of a token in an event's request context, empty where there are none."""
    authorizer = context.get("authorizer") if isinstance(context, dict) else None
    claims = authorizer.get("claims") if isinstance(authorizer, dict) else None
    return claims if isinstance(claims, dict) else {}


def _preference(accept: str, kind: str) -> tuple[float, int]:
    """How much an Accept header wants a media type: the quality in the closest range, and how close that is."""
    ranges = {kind: 2, f"{kind.partition('/')[0]}/*": 1, "*/*": 0}
    found = (-1, 0.0)
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in ranges and ranges[name] > found[0]:
            weights = [piece[2:] for piece in parameters if piece.startswith("q=")]
            try:
                found = ranges[name], float(weights[0]) if weights else 1.0
            except ValueError:
                continue
    closeness, quality = found
    return (quality, closeness) if quality > 0 else (0.0, 0)


@dataclass(frozen=True, slots=True)
class Responder:
    """Puts answers into the form of one request; pages of `allowed_origin` may read them, and call with `method`."""

    request: Request
    allowed_origin: str = ""
    method: str = "POST"

    def body(self, status: int, body: Body, headers: Mapping[str, str] | None = None) -> Answer:
        """An object, with the time; a direct caller gets no headers."""
        body = body | {"timestamp": datetime.now(UTC).isoformat()}
        return body if self.request.direct else self._answer(status, json.dumps(body, allow_nan=False), headers or {})

    def picture(self, kind: str, data: bytes) -> Answer:
        """A picture itself, of one of PICTURES, or other bytes of a media type."""
        encoded = base64.b64encode(data).decode("ascii")
        return self._answer(200, encoded, {"Content-Type": kind}) | {"isBase64Encoded": True}

    def elsewhere(self, url: str) -> Answer:
        """Where the picture is, for programs that follow."""
        return self._answer(303, "", {"Location": url})

    def answered(self, act: Callable[[], Answer], unexpected: Callable[[Exception], object]) -> tuple[Answer, str]:
        """What `act` answers and `ok`, or its error and that one's code; `unexpected` hears of one that is not ours."""
        try:
            return act(), "ok"
        except ServerlessDicomError as error:
            return self.error(error), error.code
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            unexpected(error)
            return self.internal_error(), "internal_error"

    def error(self, error: ServerlessDicomError) -> Answer:
        """An error of this package, by its code."""
        return self._failure(http_status(error), error.code, str(error))

    def internal_error(self) -> Answer:
        """An error that nobody expected, of which nothing is told."""
        return self._failure(500, "internal_error", INTERNAL)

    def preflight(self) -> Answer:
        """The answer to a browser that asks, for a page, whether it may call."""
        allowed = {
            "Access-Control-Allow-Methods": self.method,
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
        }
        return self._answer(204, "", {**allowed, "Access-Control-Max-Age": "600"} if self._is_allowed() else {})

    def _failure(self, status: int, code: str, message: str) -> Answer:
        body = {"success": False, "error": code, "message": message, "request_id": self.request.request_id}
        return self.body(status, body)

    def _is_allowed(self) -> bool:
        return bool(self.allowed_origin) and self.request.headers.get("origin") == self.allowed_origin

    def _answer(self, status: int, body: str, headers: Mapping[str, str]) -> Answer:
        common = {"Content-Type": _JSON, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if self._is_allowed():
            common |= {
                "Access-Control-Allow-Origin": self.allowed_origin,
                "Access-Control-Expose-Headers": "Retry-After",
            }
        return {"statusCode": status, "headers": {**common, **headers}, "body": body}


def fits(answer: Answer) -> bool:
    """Whether Lambda will take an answer: it counts the bytes of the JSON, with all that is escaped in it."""
    return len(json.dumps(answer, ensure_ascii=False).encode()) <= MAX_ANSWER
