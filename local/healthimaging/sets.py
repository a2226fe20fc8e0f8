"""Image sets as they are read: their properties, versions, metadata and frames."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from local.healthimaging.datastores import Datastores, arn_of, given
from local.healthimaging.faults import conflict, internal, not_found
from local.healthimaging.frames import HTJ2K_RPCL, VIDEO, boxed
from local.healthimaging.options import Options
from local.healthimaging.paging import page
from local.healthimaging.protocol import Stream
from local.healthimaging.state import State

Json = dict[str, Any]

READABLE_WHILE_LOCKED = {"COPYING_WITH_READ_ONLY_ACCESS"}

_JPEG = "1.2.840.10008.1.2.4."
CONTENT_TYPES = {
    "1.2.840.10008.1.2.1": "application/octet-stream",
    f"{_JPEG}50": "image/jpeg",
    f"{_JPEG}90": "image/j2c",
    f"{_JPEG}91": "image/j2c",
    f"{_JPEG}112": "image/jxl",
    HTJ2K_RPCL: "image/jph",
    f"{_JPEG}203": "image/jphc",
    **dict.fromkeys(VIDEO, "video/mp4"),
    **{f"{_JPEG}{last}": "video/mpeg" for last in (100, "100.1", 101, "101.1")},
    **{f"{_JPEG}{last}": "video/H256" for last in (107, 108)},
}
"""By botocore's description of GetImageFrame, which spells the last one so."""


class Sets:
    """The image sets of all data stores, for reading."""

    def __init__(self, state: State, datastores: Datastores, options: Options) -> None:
        """Read what is in a state."""
        self._state, self._datastores, self._options = state, datastores, options
        self._chance, self._lock = random.Random(options.seed), threading.Lock()  # noqa: S311 - of failures for tests

    def get(self, parameters: Json) -> Json:
        """Tell the properties of one version of an image set (GetImageSet)."""
        row = self.version(parameters)
        return {
            "datastoreId": parameters["datastoreId"],
            **properties(row),
            "imageSetWorkflowStatus": row["workflow"],
            "imageSetArn": arn_of(parameters["datastoreId"], row["image_set"]),
            "lastAccessedAt": row["accessed"] or row["created"],
            "storageTier": "FREQUENT_ACCESS",
        }

    def versions(self, parameters: Json) -> Json:
        """List the versions of an image set, the newest first (ListImageSetVersions)."""
        self.known(parameters)
        query = "SELECT * FROM versions WHERE image_set = ? ORDER BY version DESC LIMIT ? OFFSET ?"
        rows, token = page(self._state, parameters, query, parameters["imageSetId"])
        told = [properties(row) | {"ImageSetWorkflowStatus": row["workflow"]} for row in rows]
        return {"imageSetPropertiesList": told, **given(nextToken=token)}

    def metadata(self, parameters: Json) -> Stream:
        """Send the metadata of one version of an image set (GetImageSetMetadata)."""
        row = self.version(parameters)
        if row["state"] == "LOCKED" and row["workflow"] not in READABLE_WHILE_LOCKED:
            raise conflict(f"The image set is LOCKED: {row['workflow']}")
        if row["metadata"] is None:  # deleted, or a copy that never came to be
            raise not_found("Image set does not exist")
        self._accessed(row["image_set"])
        return Stream(self._state.metadata(row["metadata"]), "application/json", "gzip")

    def frame(self, parameters: Json) -> Stream:
        """Send one frame (GetImageFrame)."""
        if self._options.failing_frames and self._is_unlucky():
            raise internal("This request fails by chance, as the service was told to let some")
        wanted = parameters["imageFrameInformation"]["imageFrameId"]
        query = (
            "SELECT file, offset, length, syntax FROM frames JOIN image_sets ON image_sets.id = image_set"
            " WHERE image_set = ? AND frame = ? AND datastore = ?"
        )
        row = self._state.one(query, parameters["imageSetId"], wanted, parameters["datastoreId"])
        if row is None:
            self.known(parameters)
            raise not_found("Image frame does not exist")
        data = self._state.frames_of(row["file"], row["offset"], row["length"])
        if row["syntax"] == HTJ2K_RPCL and self._options.frames == "jph":
            data = boxed(data)
        return Stream(data, CONTENT_TYPES.get(row["syntax"], "application/octet-stream"))

    def known(self, parameters: Json, name: str = "imageSetId") -> Any:
        """Return the row of an image set. Raises Fault."""
        query = "SELECT * FROM image_sets WHERE id = ? AND datastore = ?"
        row = self._state.one(query, parameters[name], parameters["datastoreId"])
        if row is None:
            self._datastores.known(parameters["datastoreId"])
            raise not_found("Image set does not exist")
        return row

    def version(self, parameters: Json) -> Any:
        """Return the row of the version that a request names, or of the latest. Raises Fault."""
        version = int(parameters.get("versionId", self.known(parameters)["version"]))
        query = (
            "SELECT versions.*, image_sets.accessed FROM versions JOIN image_sets ON image_sets.id = image_set"
            " WHERE image_set = ? AND versions.version = ?"
        )
        row = self._state.one(query, self.known(parameters)["id"], min(version, 2**62))
        if row is None:
            raise not_found("Image set version does not exist")
        return row

    def _accessed(self, image_set: str) -> None:
        with self._state.changing() as rows:
            rows.execute("UPDATE image_sets SET accessed = ? WHERE id = ?", (time.time(), image_set))

    def _is_unlucky(self) -> bool:
        with self._lock:
            return self._chance.random() < self._options.failing_frames


def properties(row: Any) -> Json:
    """Return what is told of a version in every answer."""
    return {
        "imageSetId": row["image_set"],
        "versionId": str(row["version"]),
        "imageSetState": row["state"],
        "createdAt": row["created"],
        "updatedAt": row["updated"],
        "isPrimary": bool(row["is_primary"]),
        **given(
            deletedAt=row["deleted"],
            message=row["message"],
            overrides={"forced": bool(row["forced"])} if row["forced"] is not None else None,
        ),
    }
