"""What the command line works with in its tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.account import Account, deploy, without_aws


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Account]:
    """An account with the stack deployed; what commands keep for the user goes into the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with without_aws(monkeypatch):
        yield deploy(capsys)
