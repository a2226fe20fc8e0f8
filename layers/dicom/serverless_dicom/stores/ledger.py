"""Table IndexedObjects: what is known of every object of the buckets, and the transaction that changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from serverless_dicom.stores.faults import error_code, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from serverless_dicom.stores.rows import Row

State: TypeAlias = Literal["indexed", "rejected", "deleted"]

KEEP_DELETED = timedelta(days=30)
"""How long a deleted object is remembered: longer than any queue holds an event of its creation."""

_TO_ITEM, _FROM_ITEM = TypeSerializer(), TypeDeserializer()


def to_item(row: Row) -> dict[str, Any]:
    """A row in DynamoDB's own form."""
    return {name: _TO_ITEM.serialize(value) for name, value in row.items()}


def from_item(item: Mapping[str, Any]) -> Row:
    """A row out of DynamoDB's own form."""
    return {name: _FROM_ITEM.deserialize(value) for name, value in item.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of an object: the order of its newest change, and the row it stands in, if any."""

    state: State
    order: str
    version_id: str | None = None
    study_instance_uid: str | None = None
    sort_key: str | None = None
    header_key: str | None = None
    reason_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The two tables, written together so that neither can say what the other does not."""

    client: DynamoDBClient
    objects_table: str
    metadata_table: str

    def entry(self, uri: str) -> Entry | None:
        """What is known of an object, read consistently. Raises TransientError."""
        with translated(f"looking up {uri}"):
            found = self.client.get_item(
                TableName=self.objects_table, Key={"S3Uri": {"S": uri}}, ConsistentRead=True
            ).get("Item")
        if not found:
            return None
        row = from_item(found)
        names = ("VersionId", "StudyInstanceUID", "SortKey", "HeaderKey", "ReasonCode", "Reason")
        return Entry(row["State"], row["Sequencer"], *(row.get(name) for name in names))

    def write(self, uri: str, seen: Entry | None, entry: Entry, row: Row | None) -> bool:
        """Replace what was `seen` of an object by `entry`, and its row by `row`; all of it or nothing.

        Returns False where the ledger no longer says what was seen: look again. Raises TransientError.
        """
        writes: list[Any] = [{"Put": self._put(uri, seen, entry)}]
        if row:
            writes.append({"Put": {"TableName": self.metadata_table, "Item": to_item(row)}})
        if seen and seen.sort_key and (seen.study_instance_uid, seen.sort_key) != (
            entry.study_instance_uid,
            entry.sort_key,
        ):
            key = {"StudyInstanceUID": seen.study_instance_uid, "SortKey": seen.sort_key}
            writes.append({"Delete": {"TableName": self.metadata_table, "Key": to_item(key)}})
        with translated(f"recording {uri}"):
            try:
                self.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if _condition_failed(error):
                    return False
                raise
        return True

    def _put(self, uri: str, seen: Entry | None, entry: Entry) -> dict[str, Any]:
        now = datetime.now(UTC)
        row = {
            "S3Uri": uri,
            "State": entry.state,
            "Sequencer": entry.order,
            "VersionId": entry.version_id,
            "StudyInstanceUID": entry.study_instance_uid,
            "SortKey": entry.sort_key,
            "HeaderKey": entry.header_key,
            "ReasonCode": entry.reason_code,
            "Reason": entry.reason,
            "UpdatedAt": now.isoformat(timespec="seconds"),
            "ExpiresAt": int((now + KEEP_DELETED).timestamp()) if entry.state == "deleted" else None,
        }
        put: dict[str, Any] = {
            "TableName": self.objects_table,
            "Item": to_item({name: value for name, value in row.items() if value is not None}),
            "ConditionExpression": "attribute_not_exists(S3Uri)",
        }
        if seen:
            # The sort key as well: an object looked at without a sequencer may change its row under the same one.
            put["ConditionExpression"] = "Sequencer = :order AND #state = :state"
            put["ExpressionAttributeNames"] = {"#state": "State"}
            put["ExpressionAttributeValues"] = to_item({":order": seen.order, ":state": seen.state})
            if seen.sort_key:
                put["ConditionExpression"] += " AND SortKey = :row"
                put["ExpressionAttributeValues"] |= to_item({":row": seen.sort_key})
        return put


def _condition_failed(error: ClientError) -> bool:
    reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return error_code(error) == "TransactionCanceledException" and any(
        reason.get("Code") == "ConditionalCheckFailed" for reason in reasons
    )
