"""The functions as Lambda starts them: each handler module loaded anew, in the environment of its function."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from tests.stack import HEADERS, Stack

ROOT = Path(__file__).parents[2]
_number = count()


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a function of its call."""

    function_name: str
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:IndexObject:live"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        """How long it may still run."""
        return 900_000


@dataclass
class Function:
    """A function that can be invoked; its answer has to be JSON, as Lambda's has."""

    name: str
    handler: Callable[[Any, Any], Any]

    def __call__(self, event: Any) -> Any:
        """Invoke it."""
        return json.loads(json.dumps(self.handler(json.loads(json.dumps(event)), Context(self.name))))


@pytest.fixture
def start(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Function]:
    """Start a function by its folder's name."""
    variables = {
        "METADATA_TABLE": stack.metadata_table,
        "OBJECTS_TABLE": stack.objects_table,
        "HEADER_BUCKET": HEADERS,
        "POWERTOOLS_METRICS_NAMESPACE": "ServerlessDicom",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def started(name: str) -> Function:
        # Powertools keeps a logger for each service, and with it the stdout of the test that was first.
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"{name}-{next(_number)}")
        path = ROOT / "functions" / name / "handler.py"
        spec = importlib.util.spec_from_file_location(f"{name}_handler", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return Function(name, module.handler)

    return started


@contextmanager
def refused(client: Any, operation: str, *containing: str) -> Iterator[None]:
    """AWS refuses an operation whose request has one of the texts in its URL or body, until this ends."""

    def refuse(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]] | None:
        told = unquote(params["url"]) + str(params["body"])
        if containing and not any(text in told for text in containing):
            return None
        return SimpleNamespace(status_code=403), {"Error": {"Code": "AccessDenied", "Message": "told to"}}

    client.meta.events.register_first(f"before-call.{operation}", refuse)
    try:
        yield
    finally:
        client.meta.events.unregister(f"before-call.{operation}", refuse)


@pytest.fixture
def event() -> Callable[[str], Any]:
    """A sample event by its file's name."""
    return lambda name: json.loads((ROOT / "events" / f"{name}.json").read_text())
