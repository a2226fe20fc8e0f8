"""Pages of answers: a token is opaque to its bearer, and good for the request that it was given for."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from local.healthimaging.faults import invalid
from local.healthimaging.state import State

MOST = 50

Json = dict[str, Any]


def page(state: State, parameters: Json, query: str, *values: Any) -> tuple[list[Any], str | None]:
    """Return one page of rows and the token of the next; the query ends with `LIMIT ? OFFSET ?`.

    Raises:
        Fault: the token is not one of this request's.

    """
    most = parameters.get("maxResults", MOST)
    offset = _offset(parameters)
    rows = state.all(query, *values, most + 1, offset)
    return rows[:most], _token(parameters, offset + most) if len(rows) > most else None


def _offset(parameters: Json) -> int:
    token = parameters.get("nextToken")
    if token is None:
        return 0
    try:
        told = json.loads(base64.urlsafe_b64decode(token))
        digest, offset = told["of"], int(told["at"])
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("Invalid nextToken") from error
    if digest != _digest(parameters) or offset < 0:
        raise invalid("Invalid nextToken")
    return offset


def _token(parameters: Json, offset: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"at": offset, "of": _digest(parameters)}).encode()).decode()


def _digest(parameters: Json) -> str:
    """Digest what a request asks for, whatever page of it."""
    asked = {name: value for name, value in parameters.items() if name not in {"nextToken", "maxResults"}}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
