"""Fixtures that more than one folder needs."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bucket import Bucket
from tests.stack import INBOX, REGION, Stack, deployed

ROOT = Path(__file__).parent


@pytest.fixture
def away_from_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the user's own AWS, nor of a running local stack, reaches the test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture
def stack(away_from_aws: None) -> Iterator[Stack]:  # noqa: ARG001 - wanted for what it does
    with deployed() as stack:
        yield stack


@pytest.fixture
def inbox(stack: Stack) -> Bucket:
    return Bucket(stack.s3, INBOX)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests share a process, for its fixtures; those on the running stack one too, for there is one stack."""
    for item in items:
        group = "stack" if item.path.is_relative_to(ROOT / "system") else str(item.path.relative_to(ROOT))
        item.add_marker(pytest.mark.xdist_group(group))
