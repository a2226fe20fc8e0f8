"""What takes its time: changes that a request begins, and that end later, also after a restart."""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from local.healthimaging.state import State

Json = dict[str, Any]


class Changes:
    """One thread that carries out changes, in the order in which they began."""

    def __init__(self, state: State, delay: float) -> None:
        """Wait for `start`. Each change is carried out `delay` seconds after it began, at the earliest."""
        self._state, self._delay = state, delay
        self.kinds: dict[str, Callable[[str, Json], None]] = {}
        self._wake, self._ends = threading.Event(), False
        self._thread = threading.Thread(target=self._work, name="changes")
        self._idle = threading.Condition()

    def start(self) -> None:
        """Begin, with what an earlier run has left."""
        self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """End after the change that is being carried out."""
        self._ends = True
        self._wake.set()
        self._thread.join()

    def begin(self, kind: str, subject: str, **detail: Any) -> None:
        """Note a change, within the transaction that announces it."""
        with self._state.changing() as rows:
            rows.execute(
                "INSERT INTO changes (kind, subject, detail) VALUES (?, ?, ?)", (kind, subject, json.dumps(detail))
            )
        self._wake.set()

    def wait(self, seconds: float = 60) -> None:
        """Wait until all that began has ended."""
        deadline = time.monotonic() + seconds
        with self._idle:
            while self._state.one("SELECT 1 FROM changes") and time.monotonic() < deadline:
                self._idle.wait(0.05)

    def _work(self) -> None:
        while not self._ends:
            row = self._state.one("SELECT * FROM changes ORDER BY id")
            if row is None:
                self._wake.wait(1)
                self._wake.clear()
                continue
            if self._delay:
                time.sleep(self._delay)
            self._carry_out(row)
            with self._idle:
                self._idle.notify_all()

    def _carry_out(self, row: Any) -> None:
        try:
            with self._state.changing() as rows:
                self.kinds[row["kind"]](row["subject"], json.loads(row["detail"]))
                rows.execute("DELETE FROM changes WHERE id = ?", (row["id"],))
        except Exception as error:  # noqa: BLE001 - what fails is over, too
            print("".join(traceback.format_tb(error.__traceback__)), type(error).__name__, file=sys.stderr, flush=True)
            with self._state.changing() as rows:
                rows.execute("DELETE FROM changes WHERE id = ?", (row["id"],))
