"""Calls of the stack's API, as programs make them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from local.errors import LocalError

SECONDS = 120


def call(url: str, caller: str, body: bytes | None = None) -> Any:
    """Return what the API answers to a GET, or to a POST of JSON.

    Raises:
        LocalError: it refused.

    """
    headers = {"Authorization": caller, "Content-Type": "application/json"}
    return json.loads(_answer(urllib.request.Request(url, data=body, headers=headers)))  # noqa: S310 - the stack's own


def send(url: str, media_type: str, content: bytes) -> None:
    """Upload to a URL that was signed for it."""
    _answer(urllib.request.Request(url, data=content, headers={"Content-Type": media_type}, method="PUT"))  # noqa: S310


def _answer(request: urllib.request.Request) -> bytes:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=SECONDS) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        path = request.selector.partition("?")[0]
        told = error.read().decode(errors="replace")
        raise LocalError(f"{request.get_method()} {path} answered {error.code}: {told}") from error
