"""Data stores, and the tags of all that has an ARN."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from local.environment import ACCOUNT, REGION
from local.healthimaging.changes import Changes
from local.healthimaging.events import Events
from local.healthimaging.faults import conflict, invalid, not_found, over_quota
from local.healthimaging.paging import page
from local.healthimaging.state import State

Json = dict[str, Any]

MOST_TAGS = 50
MOST_DATASTORES = 10


def given(**values: Any) -> Json:
    """Return the values that are there."""
    return {name: value for name, value in values.items() if value is not None}


def arn_of(datastore: str, image_set: str | None = None) -> str:
    """Return the name of a data store, or of an image set in it, among all of AWS's."""
    name = f"arn:aws:medical-imaging:{REGION}:{ACCOUNT}:datastore/{datastore}"
    return name if image_set is None else f"{name}/imageset/{image_set}"


class Datastores:
    """The data stores of the account."""

    def __init__(self, state: State, changes: Changes, events: Events) -> None:
        """Know how data stores come to be and end."""
        self._state, self._changes, self._events = state, changes, events
        changes.kinds["create datastore"] = self._created
        changes.kinds["delete datastore"] = self._deleted

    def create(self, parameters: Json) -> Json:
        """Make a data store, or tell of the one that the same request has made (CreateDatastore)."""
        request = json.dumps({name: parameters[name] for name in sorted(parameters)})
        if same := self._state.one("SELECT * FROM datastores WHERE token = ?", parameters["clientToken"]):
            if same["request"] != request:
                raise conflict("The clientToken was used with other parameters")
            return {"datastoreId": same["id"], "datastoreStatus": same["status"]}
        if len(self._state.all("SELECT 1 FROM datastores WHERE status != 'DELETED'")) >= MOST_DATASTORES:
            raise over_quota(f"The account has {MOST_DATASTORES} data stores")
        identity, now, tags = secrets.token_hex(16), time.time(), parameters.get("tags", {})
        _check_tags(tags)
        with self._state.changing() as rows:
            rows.execute(
                "INSERT INTO datastores VALUES (?, ?, 'CREATING', ?, ?, ?, ?, ?, ?, ?)",
                (
                    identity,
                    parameters.get("datastoreName", identity),
                    now,
                    now,
                    parameters.get("kmsKeyArn"),
                    parameters.get("lambdaAuthorizerArn"),
                    parameters.get("losslessStorageFormat", "HTJ2K"),
                    parameters["clientToken"],
                    request,
                ),
            )
            rows.executemany("INSERT INTO tags VALUES (?, ?, ?)", [(arn_of(identity), *tag) for tag in tags.items()])
            self._changes.begin("create datastore", identity)
        self._events.of_a_datastore(self._row(identity))
        return {"datastoreId": identity, "datastoreStatus": "CREATING"}

    def get(self, parameters: Json) -> Json:
        """Tell of one data store (GetDatastore)."""
        row = self._row(parameters["datastoreId"])
        more = given(kmsKeyArn=row["kms_key"], lambdaAuthorizerArn=row["authorizer"])
        return {"datastoreProperties": {**_summary(row), "losslessStorageFormat": row["format"], **more}}

    def list(self, parameters: Json) -> Json:
        """List data stores, the newest first (ListDatastores)."""
        status = parameters.get("datastoreStatus")
        query = "SELECT * FROM datastores WHERE ? IS NULL OR status = ? ORDER BY created DESC, id LIMIT ? OFFSET ?"
        rows, token = page(self._state, parameters, query, status, status)
        return {"datastoreSummaries": [_summary(row) for row in rows], **given(nextToken=token)}

    def delete(self, parameters: Json) -> Json:
        """Delete a data store that is empty (DeleteDatastore)."""
        identity = parameters["datastoreId"]
        with self._state.changing() as rows:
            row = self._row(identity)
            if row["status"] in {"DELETING", "DELETED"}:
                return {"datastoreId": identity, "datastoreStatus": row["status"]}
            if row["status"] != "ACTIVE":
                raise conflict(f"The data store is {row['status']}")
            if self._state.one("SELECT 1 FROM image_sets WHERE datastore = ? AND state != 'DELETED'", identity):
                raise conflict("The data store is not empty: delete its image sets first")
            if self._state.one("SELECT 1 FROM jobs WHERE datastore = ? AND ended IS NULL", identity):
                raise conflict("The data store has import jobs that have not ended")
            rows.execute("UPDATE datastores SET status = 'DELETING', updated = ? WHERE id = ?", (time.time(), identity))
            self._changes.begin("delete datastore", identity)
        self._events.of_a_datastore(self._row(identity))
        return {"datastoreId": identity, "datastoreStatus": "DELETING"}

    def known(self, identity: str) -> None:
        """Refuse a data store that is not there, or not any more. Raises Fault."""
        if self._row(identity)["status"] == "DELETED":
            raise not_found("Datastore does not exist")

    def active(self, identity: str) -> None:
        """Refuse a data store that takes no changes. Raises Fault."""
        self.known(identity)
        if (status := self._row(identity)["status"]) != "ACTIVE":
            raise conflict(f"The data store is {status}")

    def list_tags(self, parameters: Json) -> Json:
        """Tell the tags of a resource (ListTagsForResource)."""
        arn = self._resource(parameters)
        return {"tags": {row["key"]: row["value"] for row in self._state.all("SELECT * FROM tags WHERE arn = ?", arn)}}

    def tag(self, parameters: Json) -> Json:
        """Give a resource tags, in the place of those of the same key (TagResource)."""
        arn, tags = self._resource(parameters), parameters["tags"]
        with self._state.changing() as rows:
            _check_tags(self.list_tags(parameters)["tags"] | tags)
            rows.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", [(arn, *tag) for tag in tags.items()])
        return {}

    def untag(self, parameters: Json) -> Json:
        """Take tags from a resource (UntagResource)."""
        arn = self._resource(parameters)
        with self._state.changing() as rows:
            rows.executemany(
                "DELETE FROM tags WHERE arn = ? AND key = ?", [(arn, key) for key in parameters["tagKeys"]]
            )
        return {}

    def _resource(self, parameters: Json) -> str:
        arn = str(parameters["resourceArn"])
        datastore, _, image_set = arn.partition(":datastore/")[2].partition("/imageset/")
        query = "SELECT 1 FROM image_sets WHERE datastore = ? AND id = ? AND state != 'DELETED'"
        if arn != arn_of(datastore, image_set or None):
            raise not_found("Resource does not exist")
        self.known(datastore)
        if image_set and self._state.one(query, datastore, image_set) is None:
            raise not_found("Resource does not exist")
        return arn

    def _created(self, identity: str, _: Json) -> None:
        with self._state.changing() as rows:
            rows.execute("UPDATE datastores SET status = 'ACTIVE', updated = ? WHERE id = ?", (time.time(), identity))
        self._events.of_a_datastore(self._row(identity))

    def _deleted(self, identity: str, _: Json) -> None:
        with self._state.changing() as rows:
            rows.execute("UPDATE datastores SET status = 'DELETED', updated = ? WHERE id = ?", (time.time(), identity))
            rows.execute("DELETE FROM tags WHERE arn = ?", (arn_of(identity),))
        self._events.of_a_datastore(self._row(identity))

    def _row(self, identity: str) -> Any:
        row = self._state.one("SELECT * FROM datastores WHERE id = ?", identity)
        if row is None:
            raise not_found("Datastore does not exist")
        return row


def _check_tags(tags: Json) -> None:
    if len(tags) > MOST_TAGS:
        raise invalid(f"A resource has {MOST_TAGS} tags at most")


def _summary(row: Any) -> Json:
    return {
        "datastoreId": row["id"],
        "datastoreName": row["name"],
        "datastoreStatus": row["status"],
        "datastoreArn": arn_of(row["id"]),
        "createdAt": row["created"],
        "updatedAt": row["updated"],
    }
