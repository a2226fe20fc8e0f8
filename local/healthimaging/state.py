"""What the service keeps: rows in SQLite, frames and metadata in files that a committed row points to.

A file is written whole before the row that names it is committed, and its name is used once: whoever is killed leaves
files that no row names, which the next start removes, and never a row without its file.
"""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS datastores (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    kms_key TEXT, authorizer TEXT, format TEXT, token TEXT UNIQUE, request TEXT);
CREATE TABLE IF NOT EXISTS tags (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, datastore TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, role TEXT NOT NULL,
    input TEXT NOT NULL, output TEXT NOT NULL, submitted REAL NOT NULL, ended REAL, message TEXT, configuration TEXT,
    token TEXT NOT NULL, request TEXT NOT NULL, report TEXT, UNIQUE (datastore, token));
CREATE TABLE IF NOT EXISTS image_sets (
    id TEXT PRIMARY KEY, datastore TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
    is_primary INTEGER NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, accessed REAL,
    grouping TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL, patient TEXT, accession TEXT, study_id TEXT,
    study_moment TEXT, instances INTEGER, tags TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS of_a_study ON image_sets (datastore, study);
CREATE TABLE IF NOT EXISTS versions (
    image_set TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, workflow TEXT NOT NULL,
    is_primary INTEGER NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, deleted REAL, message TEXT,
    forced INTEGER, metadata TEXT, PRIMARY KEY (image_set, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS frames (
    image_set TEXT NOT NULL, frame TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL,
    length INTEGER NOT NULL, syntax TEXT NOT NULL, PRIMARY KEY (image_set, frame)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS of_a_file ON frames (file);
CREATE TABLE IF NOT EXISTS changes (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL);
"""


GROWN = (("image_sets", "instances", "INTEGER"),)
"""Columns that a folder from before they were thought of lacks."""

SPOILT = 0x55
"""The bits that change in a byte that is spoilt."""


class State:
    """A folder of the service's own: one process at a time has it."""

    def __init__(self, folder: Path) -> None:
        """Open what is there, or begin.

        Raises:
            BlockingIOError: another process has it.

        """
        self._frames, self._metadata = folder / "frames", folder / "metadata"
        for part in (self._frames, self._metadata):
            part.mkdir(parents=True, exist_ok=True)
        self._held = (folder / "lock").open("w")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._held.close()
            raise
        self._lock = threading.RLock()
        self._rows = sqlite3.connect(folder / "rows.db", check_same_thread=False, isolation_level=None)
        self._rows.row_factory = sqlite3.Row
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = NORMAL")
        self._rows.executescript(TABLES)
        self._grow()
        self._forget_nameless()

    def close(self) -> None:
        """Let go of the folder."""
        with self._lock:
            self._rows.close()
        self._held.close()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Make all changes to rows within, or none of them."""
        with self._lock:
            if self._rows.in_transaction:
                yield self._rows
                return
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield self._rows
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def all(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Return the rows that a query finds."""
        with self._lock:
            return self._rows.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row that a query finds."""
        with self._lock:
            row: sqlite3.Row | None = self._rows.execute(query, values).fetchone()
            return row

    def keep_frames(self, name: str, data: bytes) -> None:
        """Write the frames of one instance, one after the other, into a file."""
        path = self._frame_file(name)
        try:
            path.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)

    def frames_of(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file of frames."""
        with self._frame_file(name).open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(length)

    def frame_file(self, name: str) -> Path:
        """Return where the frames of an instance are."""
        return self._frame_file(name)

    def forget_frames(self, names: set[str]) -> None:
        """Remove the files of frames that no row names any more."""
        for name in names:
            if self.one("SELECT 1 FROM frames WHERE file = ?", name) is None:
                self._frame_file(name).unlink(missing_ok=True)

    def keep_metadata(self, name: str, data: bytes) -> None:
        """Write the metadata of one version of an image set."""
        (self._metadata / name).write_bytes(data)

    def metadata(self, name: str) -> bytes:
        """Return the metadata of one version of an image set."""
        return (self._metadata / name).read_bytes()

    def forget_metadata(self, name: str) -> None:
        """Remove the metadata of one version of an image set."""
        (self._metadata / name).unlink(missing_ok=True)

    def _grow(self) -> None:
        """Bring the tables of an earlier version to what they are now."""
        for table, column, kind in GROWN:
            if column not in {row["name"] for row in self._rows.execute(f"PRAGMA table_info({table})")}:
                self._rows.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    def _frame_file(self, name: str) -> Path:
        return self._frames / name[:2] / name

    def _forget_nameless(self) -> None:
        """Remove files that were written for rows that never came."""
        named = {row[0] for row in self.all("SELECT DISTINCT file FROM frames")}
        for path in self._frames.glob("*/*"):
            if path.name not in named:
                path.unlink()
        named = {row[0] for row in self.all("SELECT metadata FROM versions")}
        for path in self._metadata.iterdir():
            if path.name not in named:
                path.unlink()


@contextmanager
def opened(folder: Path | None, temporary: str) -> Iterator[State]:
    """Open a state for a while; what is in `temporary` is removed at the end where no folder is given."""
    state = State(folder or Path(temporary))
    try:
        yield state
    finally:
        state.close()
        if folder is None:
            with suppress(OSError):
                shutil.rmtree(temporary)


def spoil(path: Path, offset: int, length: int) -> None:
    """Change one byte in the middle of a frame in a file, for those who look whether anybody notices."""
    with path.open("r+b") as file:
        file.seek(offset + length // 2)
        old = file.read(1)[0]
        file.seek(offset + length // 2)
        file.write(bytes([old ^ SPOILT]))
