"""Table ImageAnalysisResults: the job of an upload, from the asking for it to what was found.

    pending ── claim ──> processing ── complete ──> complete
       │                    │    └───── fail ─────> error
       └── the clock ──> error <── the clock ──┘

Every arrow is one conditional write. Events come several times, late and at once, workers die, and callers look when
they like: whoever comes second finds the condition false, and nothing is written over.
"""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from botocore.exceptions import ClientError

from serverless_dicom.errors import (
    AnalysisInterrupted,
    JobBusy,
    JobNotFound,
    ServerlessDicomError,
    TransientError,
    UploadMissing,
)
from serverless_dicom.faults import error_code, translated
from serverless_dicom.stores.ledger import from_item, to_item
from serverless_dicom.stores.numbers import with_decimals, without_decimals

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from serverless_dicom.stores.rows import Row

Status: TypeAlias = Literal["pending", "processing", "complete", "error"]

UPLOAD_SECONDS = 300
"""How long the URL of an upload works."""

GRACE_SECONDS = 600
"""How long the event of an upload is waited for after that: a large one may begin at the last moment."""

LEASE_SECONDS = 90
"""How long a worker has a job for itself: longer than its function may run."""

RETRY_SECONDS = 420
"""How long a job that a worker gave back waits for the next one: longer than the queue takes to deliver again."""

KEEP_SECONDS = 24 * 60 * 60
"""How long a job is known. DynamoDB deletes late, so whoever reads looks at the time too."""

MAX_WAIT = 5
"""Seconds at most between two looks at a job."""

ATTEMPTS = 5
"""Times that a job is read again because it changed while the clock judged it."""

NOT_FOUND = (
    "there is no such job: it was never made, belongs to somebody else, or has expired (jobs are kept for a day)"
)
"""One text, whatever the reason: it must not tell who has which jobs."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_CLAIMABLE = (
    "#ExpiresAt > :now AND (#Status = :pending OR (#Status = :error AND #ErrorCode = :missing)"
    " OR (#Status = :processing AND (attribute_not_exists(#ClaimToken) OR #LeaseUntil <= :now)))"
)
"""A job that waits, whose upload came later than anybody believed, or that no worker is at (any more)."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a job. Times are ISO 8601 in UTC, `created` the first of them in seconds since the epoch.

    `results` are JSON's values; they and the picture's key (in the results bucket) and media type are there if it is
    complete, code and message if it ended in an error.
    """

    job_id: str
    owner: str
    status: Status
    created_at: str
    updated_at: str
    created: float
    image_key: str | None = None
    image_type: str | None = None
    results: dict[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None

    def seconds_to_wait(self, now: float) -> int | None:
        """When it is worth to look again: sooner while a job is young, never when it has ended."""
        if self.status in ("complete", "error"):
            return None
        return max(1, min(MAX_WAIT, 1 + int(now - self.created) // 10))


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one worker to one job; `token` is what no other claim has."""

    job_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of all callers; every method raises TransientError where DynamoDB refuses. `now` is in epoch seconds."""

    client: DynamoDBClient
    table: str
    now: Callable[[], float] = time.time

    def create(self, owner: str) -> Job:
        """A new job that waits for its upload."""
        now, job_id = self.now(), str(uuid.uuid4())
        row: Row = {
            "JobId": job_id,
            "Owner": owner,
            "Status": "pending",
            "CreatedAt": _iso(now),
            "UpdatedAt": _iso(now),
            "UploadUntil": int(now) + UPLOAD_SECONDS,
            "ExpiresAt": int(now) + KEEP_SECONDS,
            "Attempts": 0,
        }
        with translated(f"creating job {job_id}"):
            self.client.put_item(TableName=self.table, Item=to_item(row))
        return _job(row)

    def find(self, job_id: str, owner: str) -> Job:
        """A caller's job. Raises JobNotFound, alike for every job that is not his.

        Where the time of a job is over that still waits or is worked at, this finds so, and writes it.
        """
        for _ in range(ATTEMPTS):
            row = self._read(job_id)
            if not row or row["Owner"] != owner or row["ExpiresAt"] <= self.now():
                raise JobNotFound(NOT_FOUND)
            verdict = self._verdict(row)
            if not verdict:
                return _job(row)
            seen = {":seen": row["Status"], ":until": row.get("LeaseUntil", 0)}
            unchanged = "#Status = :seen AND (attribute_not_exists(#LeaseUntil) OR #LeaseUntil = :until)"
            held, judged = self._change(job_id, _failure(verdict), unchanged, seen)
            if held:
                return _job(judged)
        raise TransientError(f"job {job_id} kept changing while it was read")

    def claim(self, job_id: str) -> Claim | None:
        """Take a job to work at it; None where there is nothing to do: it is unknown, has expired or has ended.

        Raises JobBusy while another worker has it. One that ended because its upload was missing can still be taken.
        """
        claim, now = Claim(job_id, str(uuid.uuid4())), int(self.now())
        changes = {"Status": "processing", "ClaimToken": claim.token, "LeaseUntil": now + LEASE_SECONDS}
        changes |= {"ErrorCode": None, "ErrorMessage": None}
        asked = {":now": now, ":pending": "pending", ":processing": "processing", ":error": "error"}
        asked |= {":missing": UploadMissing.code, ":one": 1}
        held, row = self._change(job_id, changes, _CLAIMABLE, asked, " ADD #Attempts :one")
        if held or _is_of(row, claim, "processing"):
            return claim
        if row.get("Status") == "processing" and row["ExpiresAt"] > now:
            raise JobBusy(f"another worker is at job {job_id}")
        return None

    def complete(self, claim: Claim, results: dict[str, Any], image_key: str, image_type: str) -> bool:
        """Keep what was found. False where the job is no longer this claim's: nothing is kept then."""
        changes = {"Results": with_decimals(results), "ImageKey": image_key, "ImageType": image_type}
        return self._end(claim, "complete", changes)

    def fail(self, claim: Claim, error: ServerlessDicomError) -> bool:
        """Keep why there are no results. False where the job is no longer this claim's."""
        return self._end(claim, "error", _failure(error))

    def release(self, claim: Claim) -> None:
        """Give a job back, to be taken again at once; one that nobody takes within RETRY_SECONDS was interrupted."""
        changes = {"ClaimToken": None, "LeaseUntil": int(self.now()) + RETRY_SECONDS}
        self._change(claim.job_id, changes, *_claimed(claim))

    def _end(self, claim: Claim, status: Status, changes: Row) -> bool:
        held, row = self._change(claim.job_id, {"Status": status} | changes, *_claimed(claim))
        return held or _is_of(row, claim, status)

    def _verdict(self, row: Row) -> ServerlessDicomError | None:
        """What the clock says of a job that has not ended."""
        if row["Status"] == "pending" and row["UploadUntil"] + GRACE_SECONDS <= self.now():
            minutes = UPLOAD_SECONDS // 60
            return UploadMissing(f"no file came within the {minutes} minutes that its URL worked: upload it anew")
        if row["Status"] == "processing" and row["LeaseUntil"] <= self.now():
            return AnalysisInterrupted("the analysis ended before it had a result: upload the file anew")
        return None

    def _read(self, job_id: str) -> Row:
        """A job's row, empty where there is none. What is no id is looked up all the same: it takes as long."""
        key = {"JobId": {"S": job_id if _ID.fullmatch(job_id) else "none"}}
        with translated("reading a job"):
            item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return from_item(item or {})

    def _change(self, job_id: str, changes: Row, condition: str, asked: Row, addition: str = "") -> tuple[bool, Row]:
        """Change attributes, or remove those that become None, if the condition holds.

        Whether it held, and the row: as it is then, or as it was found. A condition may be false because this very call
        came through before, and its answer did not: the client tries again. Rows tell by their claim.
        """
        changes = {"UpdatedAt": _iso(self.now())} | changes
        values = asked | {f":{name}": value for name, value in changes.items() if value is not None}
        update = "SET " + ", ".join(f"#{name} = :{name}" for name, value in changes.items() if value is not None)
        removed = ", ".join(f"#{name}" for name, value in changes.items() if value is None)
        update += addition + (f" REMOVE {removed}" if removed else "")
        with translated(f"changing job {job_id}"):
            try:
                answer = self.client.update_item(
                    TableName=self.table,
                    Key={"JobId": {"S": job_id}},
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={f"#{name}": name for name in re.findall(r"#(\w+)", update + condition)},
                    ExpressionAttributeValues=to_item(values),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                found: Any = error.response
                return False, from_item(found.get("Item", {}))
        return True, from_item(answer["Attributes"])


def _claimed(claim: Claim) -> tuple[str, Row]:
    """The condition that a job is still a claim's."""
    return "#Status = :processing AND #ClaimToken = :token", {":processing": "processing", ":token": claim.token}


def _is_of(row: Row, claim: Claim, status: Status) -> bool:
    """Whether a row is as this claim, and no other, has made it."""
    return row.get("ClaimToken") == claim.token and row.get("Status") == status


def _failure(error: ServerlessDicomError) -> Row:
    return {"Status": "error", "ErrorCode": error.code, "ErrorMessage": str(error)}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _job(row: Row) -> Job:
    return Job(
        job_id=row["JobId"],
        owner=row["Owner"],
        status=row["Status"],
        created_at=row["CreatedAt"],
        updated_at=row["UpdatedAt"],
        created=datetime.fromisoformat(row["CreatedAt"]).timestamp(),
        image_key=row.get("ImageKey"),
        image_type=row.get("ImageType"),
        results=without_decimals(row["Results"]) if "Results" in row else None,
        error_code=row.get("ErrorCode"),
        error_message=row.get("ErrorMessage"),
    )
