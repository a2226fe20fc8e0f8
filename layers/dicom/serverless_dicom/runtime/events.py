"""The events that call a function -> what happened.

S3 itself, EventBridge, and a queue that either filled tell of a change in three shapes; a person who calls a function
by hand may use the first two.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import unquote_plus

from serverless_dicom.change import ObjectChange
from serverless_dicom.errors import InvalidEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["created", "deleted"]

_DETAIL_TYPES: dict[str, Kind] = {"Object Created": "created", "Object Deleted": "deleted"}

_EXPECTED = "expected an S3 notification ('Records') or an EventBridge event of source aws.s3 ('detail')"


def object_changes(event: Any) -> list[ObjectChange]:
    """The changes that an S3 notification or an EventBridge event of S3 tells of.

    A notification's test event and changes of other things than content (tags, access, storage class) tell of none.
    Raises InvalidEvent.
    """
    if not isinstance(event, dict):
        raise InvalidEvent(f"the event is no JSON object: {_EXPECTED}")
    if event.get("Event") == "s3:TestEvent":
        return []
    try:
        if isinstance(event.get("Records"), list):
            return [change for record in event["Records"] if (change := _of_notification(record))]
        if isinstance(event.get("detail"), dict) and event.get("source") == "aws.s3":
            change = _of_event_bridge(event["detail-type"], event["detail"])
            return [change] if change else []
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidEvent(f"the event lacks or garbles {error}: {_EXPECTED}") from error
    raise InvalidEvent(f"the event is of no known shape: {_EXPECTED}")


def queued_changes(body: str) -> list[ObjectChange]:
    """The changes that the body of a queue's message tells of. Raises InvalidEvent."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise InvalidEvent(f"the message is not JSON: {_EXPECTED}") from error
    return object_changes(event)


def is_batch(event: Any) -> bool:
    """Whether the event is a batch of a queue's messages."""
    records = event.get("Records") if isinstance(event, dict) else None
    return bool(isinstance(records, list) and records and _source(records[0]) == "aws:sqs")


def _source(record: Any) -> Any:
    return record.get("eventSource") if isinstance(record, dict) else None


def _of_notification(record: Mapping[str, Any]) -> ObjectChange | None:
    """A record of S3's notification, in which keys are URL-encoded with `+` for a space."""
    name = record["eventName"].removeprefix("s3:")
    bucket, entity = record["s3"]["bucket"], record["s3"]["object"]
    marker = name.endswith("DeleteMarkerCreated")
    if name.startswith("ObjectCreated:"):
        kind: Kind = "created"
    elif name.startswith(("ObjectRemoved:", "LifecycleExpiration:")):
        kind = "deleted"
    else:
        return None
    return _change(bucket, unquote_plus(entity["key"]), kind, entity, None if marker else entity.get("versionId"))


def _of_event_bridge(detail_type: str, detail: Mapping[str, Any]) -> ObjectChange | None:
    """An event of S3 on EventBridge, in which keys are plain."""
    kind = _DETAIL_TYPES.get(detail_type)
    if kind is None:
        return None
    entity, marker = detail["object"], detail.get("deletion-type") == "Delete Marker Created"
    return _change(detail["bucket"], entity["key"], kind, entity, None if marker else entity.get("version-id"))


def _change(bucket: Any, key: Any, kind: Kind, entity: Mapping[str, Any], version: Any) -> ObjectChange:
    """The change, if what it is made of is text. Raises TypeError."""
    name, sequencer = bucket["name"], entity.get("sequencer")
    for value, needed in ((name, True), (key, True), (sequencer, False), (version, False)):
        if not isinstance(value, str | None) or (needed and not value):
            raise TypeError("a name, a key, a sequencer or a version that is no text")
    return ObjectChange(name, key, kind, sequencer or None, version or None)


def changed_studies(event: Any, prefix: str) -> dict[str, str]:
    """The studies of which rows changed whose sort keys begin with `prefix`, each with its first sequence number.

    Of a batch of DynamoDB's stream, which tells of the summary's own rows too; or, with empty sequence numbers, of
    `{"StudyInstanceUIDs": […]}`. Raises InvalidEvent.
    """
    named = event.get("StudyInstanceUIDs") if isinstance(event, dict) else None
    if isinstance(named, list) and all(isinstance(study, str) and study for study in named):
        return dict.fromkeys(named, "")
    found: dict[str, str] = {}
    try:
        for record in event["Records"]:
            keys = record["dynamodb"]["Keys"]
            if keys["SortKey"]["S"].startswith(prefix):
                found.setdefault(keys["StudyInstanceUID"]["S"], record["dynamodb"]["SequenceNumber"])
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidEvent(
            f"expected records of a DynamoDB stream or 'StudyInstanceUIDs': {type(error).__name__} {error}"
        ) from error
    return found
