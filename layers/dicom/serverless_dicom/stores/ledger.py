"""Table IndexedObjects: what is known of every object of the buckets, and the transaction that changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from serverless_dicom.faults import error_code, translated

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
    """What the ledger says of an object: the order of its newest change, and the row it stands in, if any.

    `obsolete_header_key` is a large header that has yet to be removed, `updated_at` when this was written.
    """

    state: State
    order: str
    version_id: str | None = None
    study_instance_uid: str | None = None
    sort_key: str | None = None
    header_key: str | None = None
    obsolete_header_key: str | None = None
    reason_code: str | None = None
    reason: str | None = None
    updated_at: str = ""

    @property
    def row_key(self) -> Row:
        """The key of the object's row."""
        return {"StudyInstanceUID": self.study_instance_uid, "SortKey": self.sort_key}


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
        return Entry(
            state=row["State"],
            order=row["Sequencer"],
            version_id=row.get("VersionId"),
            study_instance_uid=row.get("StudyInstanceUID"),
            sort_key=row.get("SortKey"),
            header_key=row.get("HeaderKey"),
            obsolete_header_key=row.get("ObsoleteHeaderKey"),
            reason_code=row.get("ReasonCode"),
            reason=row.get("Reason"),
            updated_at=row["UpdatedAt"],
        )

    def write(self, uri: str, seen: Entry | None, entry: Entry, row: Row | None) -> Entry | None:
        """Replace what was `seen` of an object by `entry`, and its row by `row`; all of it or nothing.

        Returns the entry as it was written, or None where the ledger no longer says what was seen: look again. Raises
        TransientError.
        """
        now = datetime.now(UTC)
        entry = replace(entry, updated_at=now.isoformat(timespec="microseconds"))
        writes: list[Any] = [{"Put": self._put(uri, seen, entry, now + KEEP_DELETED)}]
        if row:
            writes.append({"Put": {"TableName": self.metadata_table, "Item": to_item(row)}})
        if seen and seen.sort_key and seen.row_key != entry.row_key:
            writes.append({"Delete": {"TableName": self.metadata_table, "Key": to_item(seen.row_key)}})
        with translated(f"recording {uri}"):
            try:
                self.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if _condition_failed(error):
                    return None
                raise
        return entry

    def _put(self, uri: str, seen: Entry | None, entry: Entry, expiry: datetime) -> dict[str, Any]:
        row = {
            "S3Uri": uri,
            "State": entry.state,
            "Sequencer": entry.order,
            "VersionId": entry.version_id,
            "StudyInstanceUID": entry.study_instance_uid,
            "SortKey": entry.sort_key,
            "HeaderKey": entry.header_key,
            "ObsoleteHeaderKey": entry.obsolete_header_key,
            "ReasonCode": entry.reason_code,
            "Reason": entry.reason,
            "UpdatedAt": entry.updated_at,
            "ExpiresAt": int(expiry.timestamp()) if entry.state == "deleted" else None,
        }
        put: dict[str, Any] = {
            "TableName": self.objects_table,
            "Item": to_item({name: value for name, value in row.items() if value is not None}),
            "ConditionExpression": "attribute_not_exists(S3Uri)",
        }
        if seen:
            put["ConditionExpression"] = "UpdatedAt = :seen"
            put["ExpressionAttributeValues"] = to_item({":seen": seen.updated_at})
        return put


def _condition_failed(error: ClientError) -> bool:
    reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return error_code(error) == "TransactionCanceledException" and any(
        reason.get("Code") == "ConditionalCheckFailed" for reason in reasons
    )
