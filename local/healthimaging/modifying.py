"""Image sets that are updated, copied and deleted: LOCKED at once, changed a little later, never left in between."""

from __future__ import annotations

import json
import secrets
import time
from sqlite3 import Connection
from typing import Any

from local.healthimaging import copying, documents
from local.healthimaging.changes import Changes
from local.healthimaging.datastores import arn_of
from local.healthimaging.faults import conflict, invalid, not_found
from local.healthimaging.grouping import primary_of, values_of
from local.healthimaging.sets import Sets
from local.healthimaging.state import State
from local.healthimaging.updating import Rejected, Rules, parsed, removed, updated
from local.healthimaging.versions import Versions

Json = dict[str, Any]


class Modifying:
    """The operations that change image sets."""

    def __init__(self, state: State, sets: Sets, changes: Changes, versions: Versions) -> None:
        """Know how changes end."""
        self._state, self._sets, self._changes, self._versions = state, sets, changes, versions
        for kind, ended in (("update", self._updated), ("copy", self._copied), ("delete", self._deleted)):
            changes.kinds[kind] = ended

    def update(self, parameters: Json) -> Json:
        """Begin to update the metadata of an image set (UpdateImageSetMetadata)."""
        updates, whole_study = (
            parameters["updateImageSetMetadataUpdates"],
            parameters.get("includeStudyImageSets", False),
        )
        told = {name: _text(blob) for name, blob in updates.get("DICOMUpdates", {}).items()}
        for name, text in told.items():
            parsed(text, name)
        if "DICOMUpdates" in updates and not told:
            raise invalid("DICOMUpdates has neither updatableAttributes nor removableAttributes")
        force = parameters.get("force", False)
        with self._state.changing() as rows:
            row = self._unlocked(parameters, "imageSetId", parameters["latestVersionId"])
            revert = updates.get("revertToVersionId")
            if revert is not None and not 1 <= int(revert) < row["version"]:
                raise invalid("revertToVersionId is not a previous version of the image set")
            others = self._others(row) if whole_study else []
            detail = {"updates": told, "revert": revert, "force": force, "study": whole_study}
            for each in (row, *others):
                workflow = "UPDATING" if each is row else "UPDATING_FOR_STUDY_CONSISTENCY"
                self._versions.begin(rows, each, workflow, forced=force or None)
            self._changes.begin("update", row["id"], **detail, others=[each["id"] for each in others])
            latest = self._versions.latest(row["id"])
            return {
                "datastoreId": parameters["datastoreId"],
                "imageSetId": row["id"],
                "latestVersionId": str(latest["version"]),
                "imageSetState": latest["state"],
                "imageSetWorkflowStatus": latest["workflow"],
                "createdAt": latest["created"],
                "updatedAt": latest["updated"],
            }

    def copy(self, parameters: Json) -> Json:
        """Begin to copy an image set, into a new one or into another (CopyImageSet)."""
        told, datastore = parameters["copyImageSetInformation"], parameters["datastoreId"]
        source, destination = told["sourceImageSet"], told.get("destinationImageSet")
        text = source.get("DICOMCopies", {}).get("copiableAttributes")
        copies = None if text is None else parsed(text, "copiableAttributes")
        force, promote = parameters.get("force", False), parameters.get("promoteToPrimary", False)
        if destination is not None and promote:
            raise invalid("promoteToPrimary is for copies without a destinationImageSet")
        if destination is not None and destination["imageSetId"] == parameters["sourceImageSetId"]:
            raise invalid("sourceImageSet and destinationImageSet are the same")
        with self._state.changing() as rows:
            row = self._unlocked(parameters, "sourceImageSetId", source["latestVersionId"])
            if promote and row["is_primary"]:
                raise invalid("The image set is primary already")
            target = self._destination(rows, destination, row, promote=promote, force=force)
            self._versions.lock(rows, row)
            detail = {"source": row["id"], "sops": copying.chosen(copies), "force": force, "promote": promote}
            self._changes.begin("copy", target, **detail)
            return {
                "datastoreId": datastore,
                "sourceImageSetProperties": self._versions.properties(datastore, row["id"]),
                "destinationImageSetProperties": self._versions.properties(datastore, target),
            }

    def delete(self, parameters: Json) -> Json:
        """Begin to delete an image set with all its versions (DeleteImageSet)."""
        with self._state.changing() as rows:
            row = self._unlocked(parameters, "imageSetId")
            self._versions.lock(rows, row, "DELETING")
            self._changes.begin("delete", row["id"])
        return {
            "datastoreId": parameters["datastoreId"],
            "imageSetId": row["id"],
            "imageSetState": "LOCKED",
            "imageSetWorkflowStatus": "DELETING",
        }

    def _updated(self, image_set: str, detail: Json) -> None:
        """End an update: of the image set, and of the others of its study."""
        with self._state.changing() as rows:
            sets = [image_set, *detail["others"]]
            try:
                changed = [self._changed(each, detail) for each in sets]
                if not detail["study"] and detail["revert"] is None:
                    self._check_consistent(rows, image_set, changed[0])
            except Rejected as reason:
                for each in sets:
                    self._versions.end(rows, each, "UPDATE_FAILED", message=str(reason))
            else:
                for each, document in zip(sets, changed, strict=True):
                    self._versions.end(rows, each, "UPDATED", document)

    def _changed(self, image_set: str, detail: Json) -> Json:
        row = self._versions.latest(image_set)
        if detail["revert"] is not None:
            return self._versions.document(image_set, int(detail["revert"]))
        document = self._versions.document(image_set, row["version"] - 1)
        rules = Rules(detail["force"], bool(row["is_primary"]), detail["study"])
        told = {name: json.loads(text) for name, text in detail["updates"].items()}
        if "removableAttributes" in told:
            document = removed(document, told["removableAttributes"], rules)
        return updated(document, told["updatableAttributes"], rules) if "updatableAttributes" in told else document

    def _check_consistent(self, rows: Connection, image_set: str, document: Json) -> None:
        """Refuse a document that other primary image sets of the study, or the series, disagree with."""
        row = self._versions.image_set(image_set)
        if row["is_primary"] and not primary_of(rows, row["datastore"], values_of(document), besides=image_set)[0]:
            raise Rejected("The image set conflicts with primary image sets of the data store")

    def _copied(self, image_set: str, detail: Json) -> None:
        """End a copy: at the destination, and at the source, which is as it was."""
        with self._state.changing() as rows:
            row, source = self._versions.latest(image_set), self._versions.latest(detail["source"])
            try:
                document = copying.subset(self._versions.document(source["image_set"]), detail["sops"], image_set)
                if detail["promote"]:
                    self._check_consistent(rows, image_set, document)
                if row["version"] > 1:
                    before = self._versions.document(image_set, row["version"] - 1)
                    document = copying.merged(document, before, force=detail["force"])
            except Rejected as reason:
                self._versions.end(rows, image_set, "COPY_FAILED", message=str(reason))
            else:
                self._copy_frames(rows, source["image_set"], image_set, document)
                self._versions.end(rows, image_set, "COPIED", document)
            self._versions.unlock(rows, source)

    def _copy_frames(self, rows: Connection, source: str, target: str, document: Json) -> None:
        rows.executemany(
            "INSERT OR IGNORE INTO frames SELECT ?, frame, file, offset, length, syntax FROM frames"
            " WHERE image_set = ? AND frame = ?",
            [(target, source, frame) for frame in documents.frame_ids([document])],
        )

    def _deleted(self, image_set: str, _: Json) -> None:
        """End a deletion; files go once the rows that name them are gone."""
        with self._state.changing() as rows:
            now = time.time()
            files = {row["file"] for row in self._state.all("SELECT file FROM frames WHERE image_set = ?", image_set)}
            named = self._state.all("SELECT DISTINCT metadata FROM versions WHERE image_set = ?", image_set)
            row = self._versions.image_set(image_set)
            rows.execute("DELETE FROM frames WHERE image_set = ?", (image_set,))
            rows.execute("DELETE FROM tags WHERE arn = ?", (arn_of(row["datastore"], image_set),))
            rows.execute("UPDATE image_sets SET state = 'DELETED', updated = ? WHERE id = ?", (now, image_set))
            rows.execute(
                "UPDATE versions SET state = 'DELETED', workflow = 'DELETED', deleted = ?, updated = ?, metadata = NULL"
                " WHERE image_set = ?",
                (now, now, image_set),
            )
            self._state.forget_frames(files)
            for each in named:
                if each["metadata"] is not None:
                    self._state.forget_metadata(each["metadata"])
        self._versions.tell(image_set)

    def _unlocked(self, parameters: Json, name: str, latest: str | None = None) -> Any:
        """Return the row of an image set that may be changed, whose latest version the caller knows. Raises Fault."""
        row = self._sets.known(parameters, name)
        if row["state"] == "DELETED":
            raise not_found("Image set does not exist")
        if latest is not None and int(latest) != row["version"]:
            raise conflict(f"The latest version of the image set is {row['version']}")
        if row["state"] == "LOCKED":
            raise conflict("The image set is LOCKED")
        return row

    def _others(self, row: Any) -> list[Any]:
        """Return the other image sets of a study, none of which may be LOCKED. Raises Fault."""
        query = "SELECT * FROM image_sets WHERE datastore = ? AND study = ? AND id != ? AND state != 'DELETED'"
        others = self._state.all(query, row["datastore"], row["study"], row["id"])
        if any(other["state"] == "LOCKED" for other in others):
            raise conflict("Another image set of the study is LOCKED")
        return others

    def _destination(self, rows: Connection, told: Json | None, source: Any, *, promote: bool, force: bool) -> str:
        """Return the image set that is copied into, LOCKED: the one that is told, the primary one, or a new one."""
        datastore, existing = source["datastore"], None
        if told is not None:
            existing = self._unlocked({"datastoreId": datastore, **told}, "imageSetId", told["latestVersionId"])
        elif promote:
            _, found = primary_of(rows, datastore, values_of(self._versions.document(source["id"])))
            existing = self._unlocked({"datastoreId": datastore, "imageSetId": found}, "imageSetId") if found else None
        if existing is None:
            identity, now = secrets.token_hex(16), time.time()
            rows.execute(
                "INSERT INTO image_sets SELECT ?, datastore, 0, 'LOCKED', ?, ?, ?, NULL, grouping, study, series,"
                " patient, accession, study_id, study_moment, instances, tags FROM image_sets WHERE id = ?",
                (identity, promote, now, now, source["id"]),
            )
            existing = self._versions.image_set(identity)
        self._versions.begin(rows, existing, "COPYING", forced=force or None)
        return str(existing["id"])


def _text(blob: bytes) -> str:
    try:
        return blob.decode()
    except UnicodeDecodeError as error:
        raise invalid("DICOMUpdates is not UTF-8") from error
