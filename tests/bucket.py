"""A bucket whose every change is told, in each shape in which S3 tells of it."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote_plus

from serverless_dicom.change import ObjectChange


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as AWS tells of it. `deletion` is how EventBridge calls a deletion, None for a creation."""

    bucket: str
    key: str
    sequencer: str
    version_id: str | None
    deletion: str | None = None

    @property
    def change(self) -> ObjectChange:
        """The change as the core has it."""
        version = None if self.deletion == "Delete Marker Created" else self.version_id
        return ObjectChange(self.bucket, self.key, "deleted" if self.deletion else "created", self.sequencer, version)

    def event_bridge(self) -> dict[str, Any]:
        entity = {"key": self.key, "size": 1, "etag": "0" * 32, "sequencer": self.sequencer}
        if self.version_id:
            entity["version-id"] = self.version_id
        detail = {"version": "0", "bucket": {"name": self.bucket}, "object": entity, "request-id": "C3D13FE58DE4C810"}
        if self.deletion:
            detail |= {"reason": "DeleteObject", "deletion-type": self.deletion}
        return {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": "Object Deleted" if self.deletion else "Object Created",
            "source": "aws.s3",
            "account": "000000000000",
            "time": "2024-02-29T10:11:12Z",
            "region": "us-east-1",
            "resources": [f"arn:aws:s3:::{self.bucket}"],
            "detail": detail,
        }

    def record(self) -> dict[str, Any]:
        name = "ObjectCreated:Put"
        if self.deletion:
            marker = self.deletion == "Delete Marker Created"
            name = "ObjectRemoved:DeleteMarkerCreated" if marker else "ObjectRemoved:Delete"
        entity = {"key": quote_plus(self.key, safe="/"), "sequencer": self.sequencer}
        if self.version_id:
            entity["versionId"] = self.version_id
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": "2024-02-29T10:11:12.000Z",
            "eventName": name,
            "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": self.bucket}, "object": entity},
        }

    def notification(self) -> dict[str, Any]:
        return {"Records": [self.record()]}


def batch(*bodies: Any) -> dict[str, Any]:
    """The messages of a queue with these bodies; their ids are `message-0` and so on."""
    return {
        "Records": [
            {
                "messageId": f"message-{index}",
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": "0" * 32,
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:IndexQueue",
                "awsRegion": "us-east-1",
            }
            for index, body in enumerate(bodies)
        ]
    }


@dataclass
class Bucket:
    """A bucket of S3, changed through here so that every change is known."""

    s3: Any
    name: str
    changes: list[Change] = field(default_factory=list)
    _clock: Any = field(default_factory=lambda: count(1))

    def put(self, key: str, body: bytes) -> Change:
        done = self.s3.put_object(Bucket=self.name, Key=key, Body=body)
        return self._tell(key, done.get("VersionId"))

    def delete(self, key: str) -> Change:
        """Delete the object: where the bucket has versions, this puts a delete marker on them."""
        done = self.s3.delete_object(Bucket=self.name, Key=key)
        marker = done.get("DeleteMarker")
        return self._tell(key, done.get("VersionId"), "Delete Marker Created" if marker else "Permanently Deleted")

    def delete_version(self, key: str, version_id: str | None) -> Change:
        self.s3.delete_object(Bucket=self.name, Key=key, VersionId=version_id)
        return self._tell(key, version_id, "Permanently Deleted")

    def _tell(self, key: str, version_id: str | None, deletion: str | None = None) -> Change:
        now = next(self._clock)
        sequencer = f"00655F{now:04X}" + "1B" * (now % 3)  # of several lengths, as they are
        self.changes.append(Change(self.name, key, sequencer, version_id, deletion))
        return self.changes[-1]
