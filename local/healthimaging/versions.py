"""The versions of image sets as they are written: begun LOCKED, ended with a document or a reason."""

from __future__ import annotations

import time
from sqlite3 import Connection
from typing import Any

from local.healthimaging import documents
from local.healthimaging.datastores import arn_of
from local.healthimaging.events import Events
from local.healthimaging.grouping import write_searched
from local.healthimaging.state import State
from local.healthimaging.updating import Rejected

Json = dict[str, Any]


class Versions:
    """The versions of all image sets."""

    def __init__(self, state: State, events: Events) -> None:
        """Tell of each change."""
        self._state, self._events = state, events

    def image_set(self, identity: str) -> Any:
        """Return the row of an image set that is there."""
        return self._state.one("SELECT * FROM image_sets WHERE id = ?", identity)

    def begin(self, rows: Connection, row: Any, workflow: str, *, forced: bool | None) -> None:
        """Make the next version of an image set, LOCKED and without metadata."""
        now, version = time.time(), row["version"] + 1
        rows.execute(
            "INSERT INTO versions (image_set, version, state, workflow, is_primary, created, updated, forced)"
            " VALUES (?, ?, 'LOCKED', ?, ?, ?, ?, ?)",
            (row["id"], version, workflow, row["is_primary"], row["created"], now, forced),
        )
        rows.execute(
            "UPDATE image_sets SET version = ?, state = 'LOCKED', updated = ? WHERE id = ?", (version, now, row["id"])
        )
        self.tell(row["id"])

    def end(
        self, rows: Connection, image_set: str, workflow: str, document: Json | None = None, message: str | None = None
    ) -> None:
        """Let the latest version have a document of its own, or that of the one before, and unlock it."""
        row, now = self.latest(image_set), time.time()
        if document is None:
            before = self._state.one(
                "SELECT metadata FROM versions WHERE image_set = ? AND version = ?", image_set, row["version"] - 1
            )
            metadata = before["metadata"] if before else None
            if metadata is None:  # a copy that never came to be is nobody's primary one
                rows.execute("UPDATE image_sets SET is_primary = 0 WHERE id = ?", (image_set,))
                rows.execute("UPDATE versions SET is_primary = 0 WHERE image_set = ?", (image_set,))
        else:
            metadata = f"{image_set}-{row['version']}"
            self._state.keep_metadata(metadata, documents.packed(document))
            write_searched(rows, image_set, document)
        rows.execute(
            "UPDATE versions SET state = 'ACTIVE', workflow = ?, metadata = ?, message = ?, updated = ?"
            " WHERE image_set = ? AND version = ?",
            (workflow, metadata, message, now, image_set, row["version"]),
        )
        rows.execute("UPDATE image_sets SET state = 'ACTIVE', updated = ? WHERE id = ?", (now, image_set))
        self.tell(image_set)

    def lock(self, rows: Connection, row: Any, workflow: str = "COPYING_WITH_READ_ONLY_ACCESS") -> None:
        """Lock the latest version of an image set as it is."""
        where = (workflow, row["id"], row["version"])
        rows.execute("UPDATE image_sets SET state = 'LOCKED' WHERE id = ?", (row["id"],))
        rows.execute("UPDATE versions SET state = 'LOCKED', workflow = ? WHERE image_set = ? AND version = ?", where)
        self.tell(row["id"])

    def unlock(self, rows: Connection, version: Any) -> None:
        """Unlock a version that was copied from."""
        where = (version["image_set"], version["version"])
        rows.execute("UPDATE image_sets SET state = 'ACTIVE' WHERE id = ?", where[:1])
        rows.execute(
            "UPDATE versions SET state = 'ACTIVE', workflow = 'COPIED' WHERE image_set = ? AND version = ?", where
        )
        self.tell(version["image_set"])

    def latest(self, image_set: str) -> Any:
        """Return the row of the latest version."""
        return self._state.one("SELECT * FROM versions WHERE image_set = ? ORDER BY version DESC", image_set)

    def document(self, image_set: str, version: int | None = None) -> Json:
        """Return the metadata of a version, of the latest unless told. Raises Rejected."""
        query = "SELECT metadata FROM versions WHERE image_set = ? AND version = ?"
        row = self._state.one(query, image_set, version or self.latest(image_set)["version"])
        if row is None or row["metadata"] is None:
            raise Rejected("The version has no metadata")
        return documents.unpacked(self._state.metadata(row["metadata"]))

    def properties(self, datastore: str, image_set: str) -> Json:
        """Return what a copy is told of by."""
        row = self.latest(image_set)
        return {
            "imageSetId": image_set,
            "latestVersionId": str(row["version"]),
            "imageSetArn": arn_of(datastore, image_set),
            "createdAt": row["created"],
            "updatedAt": row["updated"],
            "imageSetState": row["state"],
            "imageSetWorkflowStatus": row["workflow"],
        }

    def tell(self, image_set: str) -> None:
        """Send the event of an image set as it is."""
        query = (
            "SELECT versions.*, datastore FROM versions JOIN image_sets ON id = image_set WHERE id = ?"
            " ORDER BY versions.version DESC"
        )
        self._events.of_an_image_set(self._state.one(query, image_set))
