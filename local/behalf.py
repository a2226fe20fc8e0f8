"""Requests to the emulator that a service of AWS would make itself, which an account's own users may not.

HealthImaging sends events of a source that begins with `aws.`, and takes roles whose trust depends on the account that
it works for. The emulator knows its own services; one that runs beside it says by a header for what it acts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import eventbridge

from local.environment import ACCOUNT

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]
Application = Callable[[Scope, Channel, Channel], Awaitable[None]]

HEADER = "x-on-behalf-of"
SERVICES = frozenset({"medical-imaging"})

AN_ARNS = 4
"""Colons, at least."""

_source: ContextVar[str | None] = ContextVar("source", default=None)
"""The ARN of the resource that a service acts for."""


def told_by_header(application: Application) -> Application:
    """Wrap an ASGI application so that a request's service is known while it is answered."""

    async def received(scope: Scope, receive: Channel, send: Channel) -> None:
        arn = dict(scope.get("headers", [])).get(HEADER.encode(), b"").decode("latin-1")
        _source.set(arn if arn.count(":") > AN_ARNS and arn.split(":")[2] in SERVICES else None)
        await application(scope, receive, send)

    return received


def admit() -> None:
    """Let the emulator take events of services, and know the account that they assume roles for."""
    put_events, evaluate = eventbridge._put_events, iam_evaluator.evaluate_trust_policy  # noqa: SLF001 - no other way

    def put(data: Any, allow_aws_source: bool = False) -> Any:
        return put_events(data, allow_aws_source or _source.get() is not None)

    def trusts(trust_doc: Any, caller_arn: str, ctx: Any = None) -> bool:
        if ctx is not None and _source.get() is not None:
            known = {**ctx.service_context, "aws:sourceaccount": ACCOUNT, "aws:sourcearn": _source.get()}
            ctx = dataclasses.replace(ctx, service_context=known)
        return bool(evaluate(trust_doc, caller_arn, ctx))

    eventbridge._put_events, iam_evaluator.evaluate_trust_policy = put, trusts  # noqa: SLF001 - no other way
