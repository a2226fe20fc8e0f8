"""Table ImportJobs: an import into HealthImaging, from the asking for it to what was verified.

    pending ──> planning ──> importing ──> verifying ──> complete | partial | failed
       └────────────┴────────────┴────────────┴──────────> failed

The workflow writes, callers read. A job that has ended does not change any more, whoever comes late. Beside the jobs
stand the tasks of the workflow that wait for one of HealthImaging's jobs, by that one's id.
"""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from botocore.exceptions import ClientError

from serverless_dicom.errors import ImportInterrupted, JobNotFound, ServerlessDicomError
from serverless_dicom.faults import error_code, translated
from serverless_dicom.stores.ledger import from_item, to_item
from serverless_dicom.stores.numbers import with_decimals, without_decimals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from serverless_dicom.stores.rows import Row

Status: TypeAlias = Literal["pending", "planning", "importing", "verifying", "complete", "partial", "failed"]

ENDED = frozenset({"complete", "partial", "failed"})

KEEP_SECONDS = 90 * 24 * 60 * 60
"""How long a job is known. DynamoDB deletes late, so whoever reads looks at the time too."""

START_SECONDS = 900
"""How long a job may wait for its workflow to begin."""

MAX_SECONDS = 2 * 24 * 60 * 60
"""How long an import may take, by the workflow's own time limit."""

MAX_SOURCE = 200
"""Characters of a shard's source in the row, which has to hold all shards."""

MAX_MESSAGE = 300
"""Characters of what is said of a shard that failed."""

MAX_WAIT = 10
"""Seconds at most between two looks at a job."""

NOT_FOUND = "there is no such import: it was never asked for, belongs to somebody else, or has expired (after 90 days)"
"""One text, whatever the reason: it must not tell who has which jobs."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOT_ENDED = "attribute_exists(#JobId) AND NOT #Status IN (:complete, :partial, :failed)"
_ENDINGS = {f":{status}": status for status in ENDED}


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What is known of an import. Times are ISO 8601 in UTC; what JSON has is as JSON has it.

    `counts` are files (found, skipped, imported, failed, warnings), bytes, image sets, and frames (verified and
    mismatched); `skipped` are files by the code of why; `shards` are HealthImaging's jobs; the other lists hold the
    first of each kind.
    """

    job_id: str
    owner: str
    source: str
    status: Status
    created_at: str
    updated_at: str
    created: float
    counts: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    shards: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    error_code: str | None = None
    error_message: str | None = None

    def seconds_to_wait(self, now: float) -> int | None:
        """When it is worth to look again: sooner while a job is young, never when it has ended."""
        return None if self.status in ENDED else max(1, min(MAX_WAIT, 1 + int(now - self.created) // 20))


@dataclass(frozen=True, slots=True)
class ImportJobs:
    """The imports of all callers; every method raises TransientError where DynamoDB refuses. `now` is epoch seconds."""

    client: DynamoDBClient
    table: str
    now: Callable[[], float] = time.time

    def create(self, owner: str, source: str, job_id: str | None = None) -> ImportJob:
        """A new import that waits for its workflow; one that has this id already stays as it is."""
        now = self.now()
        row: Row = {
            "JobId": job_id or str(uuid.uuid4()),
            "Owner": owner,
            "Source": source,
            "Status": "pending",
            "CreatedAt": _iso(now),
            "UpdatedAt": _iso(now),
            "ExpiresAt": int(now) + KEEP_SECONDS,
            "Shards": {},
        }
        with translated(f"creating import {row['JobId']}"):
            try:
                self.client.put_item(
                    TableName=self.table, Item=to_item(row), ConditionExpression="attribute_not_exists(JobId)"
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                return self.find(str(row["JobId"]), owner)
        return _job(row)

    def find(self, job_id: str, owner: str) -> ImportJob:
        """A caller's import. Raises JobNotFound, alike for every one that is not his.

        One whose workflow never began, or is over without a word, has failed.
        """
        key = {"JobId": {"S": job_id if _ID.fullmatch(job_id) else "none"}}
        with translated("reading an import"):
            item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        row = from_item(item or {})
        if not row or row["Owner"] != owner or row["ExpiresAt"] <= self.now():
            raise JobNotFound(NOT_FOUND)
        age = self.now() - _seconds(row["CreatedAt"])
        if row["Status"] not in ENDED and age > (START_SECONDS if row["Status"] == "pending" else MAX_SECONDS):
            row |= {"Status": "failed"} | _failure(ImportInterrupted("the import ended without a word: import anew"))
        return _job(row)

    def advance(self, job_id: str, status: Status, changes: Mapping[str, Any] | None = None) -> bool:
        """Change the status, and attributes with it; False where the import has ended."""
        return self._set(job_id, {"Status": status} | dict(changes or {}))

    def planned(
        self, job_id: str, counts: dict[str, int], skipped: dict[str, int], shards: list[dict[str, Any]]
    ) -> bool:
        """Keep what will be imported, and go on to it; of a shard, what people want to know."""
        found = {
            f"{number:04}": {
                "number": number,
                "source": _shortened(shard["source"], MAX_SOURCE),
                "copied": shard["copied"],
                "files": shard["files"],
                "bytes": shard["bytes"],
                "status": "pending",
            }
            for number, shard in enumerate(shards)
        }
        return self.advance(job_id, "importing", {"Counts": counts, "Skipped": skipped, "Shards": found})

    def shard(self, job_id: str, number: int, changes: dict[str, Any]) -> bool:
        """Change what is known of a shard."""
        short = {
            name: _shortened(value, MAX_MESSAGE) if isinstance(value, str) else value for name, value in changes.items()
        }
        return self._set(job_id, {f"Shards.{number:04}.{name}": value for name, value in short.items()})

    def verified(self, job_id: str, frames: int) -> None:
        """Count frames for those who watch; the end has the number that is exact."""
        self._set(job_id, {}, "ADD FramesSoFar :frames", {":frames": frames})

    def fail(self, job_id: str, error: ServerlessDicomError) -> bool:
        """Keep why an import failed; False where it has ended."""
        return self.advance(job_id, "failed", _failure(error))

    def end(self, job_id: str, status: Status, changes: dict[str, Any], error: ServerlessDicomError | None) -> bool:
        """Keep how an import ended; `changes` are Counts, Failures, Warnings and Frames. False where it had ended."""
        return self.advance(job_id, status, changes | (_failure(error) if error else {}))

    def await_end(self, import_id: str, token: str) -> bool:
        """Keep the token of the task that waits for a job of HealthImaging; whether that one is known to have ended."""
        return "Ended" in self._mark(import_id, {"Token": token})

    def note_end(self, import_id: str) -> str | None:
        """Keep that a job of HealthImaging has ended; the token of the task that waits for it, if one does."""
        token = self._mark(import_id, {"Ended": True}).get("Token")
        return None if token is None else str(token)

    def _mark(self, import_id: str, attributes: Row) -> Row:
        """Write attributes of a job of HealthImaging and read them all in one go: of two writers one sees the other."""
        values: Row = attributes | {"ExpiresAt": int(self.now()) + 7 * 24 * 60 * 60}
        with translated("marking a job of HealthImaging"):
            answer = self.client.update_item(
                TableName=self.table,
                Key={"JobId": {"S": f"healthimaging/{import_id}"}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues=to_item({f":{name}": value for name, value in values.items()}),
                ReturnValues="ALL_NEW",
            )
        return from_item(answer["Attributes"])

    def _set(self, job_id: str, changes: Row, addition: str = "", added: Row | None = None) -> bool:
        """Set attributes, by their paths, of an import that has not ended; False where it has."""
        changes = {"UpdatedAt": _iso(self.now())} | changes
        paths = {path: ".".join(f"#{part}" for part in path.split(".")) for path in changes}
        names = {part for path in changes for part in path.split(".")} | {"JobId", "Status"}
        update = "SET " + ", ".join(f"{path} = :v{at}" for at, path in enumerate(paths.values()))
        with translated(f"changing import {job_id}"):
            try:
                self.client.update_item(
                    TableName=self.table,
                    Key={"JobId": {"S": job_id}},
                    UpdateExpression=f"{update} {addition}",
                    ConditionExpression=_NOT_ENDED,
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                    ExpressionAttributeValues=to_item(
                        _ENDINGS
                        | (added or {})
                        | {f":v{at}": with_decimals(value) for at, value in enumerate(changes.values())}
                    ),
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                return False
        return True


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _failure(error: ServerlessDicomError) -> Row:
    return {"ErrorCode": error.code, "ErrorMessage": str(error)}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _job(row: Row) -> ImportJob:
    plain = without_decimals(row)
    counts = plain.get("Counts", {})
    if "FramesSoFar" in plain:
        counts = {"framesVerified": plain["FramesSoFar"]} | counts
    shards = plain.get("Shards", {})
    return ImportJob(
        job_id=row["JobId"],
        owner=row["Owner"],
        source=row["Source"],
        status=row["Status"],
        created_at=row["CreatedAt"],
        updated_at=row["UpdatedAt"],
        created=_seconds(row["CreatedAt"]),
        counts=counts,
        skipped=plain.get("Skipped", {}),
        shards=[shards[number] for number in sorted(shards)],
        failures=plain.get("Failures", []),
        warnings=plain.get("Warnings", []),
        frames=plain.get("Frames", []),
        error_code=row.get("ErrorCode"),
        error_message=row.get("ErrorMessage"),
    )
