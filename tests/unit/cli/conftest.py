"""What the command line works with in its tests."""

from pathlib import Path

import pytest

from tests.stack import Stack
from tests.unit.cli.account import Account, account_of


@pytest.fixture
def account(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Account:
    """An account with the stack deployed; what commands keep for the user goes into the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return account_of(stack, capsys)
