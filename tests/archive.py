"""A data store that answers a client of boto3, for functions that make their client themselves."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from tests.image_sets import DataStore


@contextmanager
def answered_by(store: DataStore, client: Any) -> Iterator[None]:
    """The store answers all calls of a client, after botocore has checked what is sent, until this ends."""

    def keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["wanted"] = dict(params)

    def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.name).lower()
        return SimpleNamespace(status_code=200), getattr(store, name)(**context["wanted"])

    events = client.meta.events
    events.register("before-parameter-build.medical-imaging", keep)
    events.register_first("before-call.medical-imaging", answer)
    try:
        yield
    finally:
        events.unregister("before-parameter-build.medical-imaging", keep)
        events.unregister("before-call.medical-imaging", answer)
