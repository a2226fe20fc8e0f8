"""Requests to the emulator that a service of AWS would make itself, which an account's own users may not.

HealthImaging sends events of a source that begins with `aws.`, and takes roles whose trust depends on the account that
it works for. The emulator knows its own services; one that runs beside it says by a header for what it acts. It also
asks who its own callers are, and what their policies let them do.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_evaluator
from ministack.services import eventbridge

from local.environment import ACCOUNT, REGION

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]
Application = Callable[[Scope, Channel, Channel], Awaitable[None]]

HEADER = "x-on-behalf-of"
PERMISSION = "/_local/permission"
SERVICES = frozenset({"medical-imaging"})

AN_ARNS = 4
"""Colons, at least."""

_source: ContextVar[str | None] = ContextVar("source", default=None)
"""The ARN of the resource that a service acts for."""


def beside_services(application: Application) -> Application:
    """Wrap an ASGI application: a request's service is known while it is answered, and may ask about its callers."""

    async def received(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] == "http" and scope["path"] == PERMISSION:
            await _tell_permission(scope, send)
            return
        arn = dict(scope.get("headers", [])).get(HEADER.encode(), b"").decode("latin-1")
        _source.set(arn if arn.count(":") > AN_ARNS and arn.split(":")[2] in SERVICES else None)
        await application(scope, receive, send)

    return received


async def _tell_permission(scope: Scope, send: Channel) -> None:
    asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    key, action, resource = (asked.pop(name, "") for name in ("key", "action", "resource"))
    body = json.dumps(permission(key, action, resource, asked)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def permission(key: str, action: str, resource: str, context: Mapping[str, str]) -> dict[str, str]:
    """Return the `decision` about an access key: Allow, Deny, ImplicitDeny, or Unknown, and whose it is: `principal`.

    `context`: condition keys, in small letters, and their values.
    """
    principal = iam_evaluator.resolve_principal(key, ACCOUNT)
    if isinstance(principal, iam_evaluator.AuthError):
        return {"decision": "Unknown", "principal": ""}
    if principal.policies is None:
        return {"decision": "Allow", "principal": principal.arn}
    evaluated = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=REGION,
        service_context={"aws:tagkeys": None, **context},
        principal_keys=principal.keys,
    )
    decision = iam_evaluator.evaluate(evaluated, principal.policies, *principal.limits).decision
    return {"decision": decision, "principal": principal.arn}


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
