"""Fixtures that more than one folder needs."""

import os
from collections.abc import Iterator

import pytest

from tests.bucket import Bucket
from tests.stack import INBOX, REGION, Stack, deployed


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
