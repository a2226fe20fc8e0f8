"""Peers that answer clients which a function has made itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore import xform_name

from tests.peers import refusal


@contextmanager
def answered(client: Any, peer: Any) -> Iterator[None]:
    """All calls of a client are the peer's, after botocore has checked what is sent, until this ends."""
    service = client.meta.service_model.service_id.hyphenize()

    def keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["wanted"] = dict(params)

    def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        return SimpleNamespace(status_code=200), getattr(peer, xform_name(model.name))(**context["wanted"])

    events = client.meta.events
    events.register(f"before-parameter-build.{service}", keep)
    events.register_first(f"before-call.{service}", answer)
    try:
        yield
    finally:
        events.unregister(f"before-parameter-build.{service}", keep)
        events.unregister(f"before-call.{service}", answer)


@dataclass
class StepFunctions:
    """Keeps the executions that were started and the tokens that were resumed; `away` refuses all."""

    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    resumed: list[str] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    away: bool = False

    def start_execution(self, **wanted: Any) -> dict[str, Any]:
        self._look("StartExecution")
        if wanted["name"] in self.executions:
            raise refusal("ExecutionAlreadyExists", "StartExecution")
        self.executions[wanted["name"]] = wanted
        return {"executionArn": wanted["stateMachineArn"], "startDate": 0}

    def send_task_success(self, **wanted: Any) -> dict[str, Any]:
        self._look("SendTaskSuccess")
        if wanted["taskToken"] not in self.waiting:
            raise refusal("TaskTimedOut", "SendTaskSuccess")
        self.waiting.discard(wanted["taskToken"])
        self.resumed.append(wanted["taskToken"])
        return {}

    def _look(self, operation: str) -> None:
        if self.away:
            raise refusal("ServiceUnavailable", operation)
