"""Import jobs: started, told of, and carried out one after the other beside the requests."""

from __future__ import annotations

import json
import queue
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from local.environment import ACCOUNT
from local.healthimaging.datastores import Datastores, given
from local.healthimaging.events import Events
from local.healthimaging.faults import conflict, invalid, not_found, over_quota
from local.healthimaging.importing import Importer
from local.healthimaging.paging import page
from local.healthimaging.roles import Account
from local.healthimaging.state import State
from local.healthimaging.storage import Files, JobFailed, Storage

Json = dict[str, Any]

AT_ONCE = 100
"""Import jobs that have not ended, of one data store."""

LOCAL_INPUT = "s3://files-of-this-machine/"
LOCAL_ROLE = "arn:aws:iam::000000000000:role/none"


class Jobs:
    """The import jobs of all data stores."""

    def __init__(
        self,
        state: State,
        datastores: Datastores,
        importer: Importer,
        account: Account | None,
        events: Events,
    ) -> None:
        """Go on with the jobs that have not ended. `account` is where their buckets and roles are, if anywhere."""
        self._state, self._datastores, self._importer = state, datastores, importer
        self._account, self._events = account, events
        self._local: dict[str, Storage] = {}
        self._ended = threading.Condition()
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        for row in state.all("SELECT id FROM jobs WHERE ended IS NULL ORDER BY submitted"):
            self._waiting.put(row["id"])
        self._thread = threading.Thread(target=self._work, name="import jobs")
        self._thread.start()

    def close(self) -> None:
        """Stop where it is: what has not ended goes on after the next start."""
        self._importer.close()
        self._waiting.put(None)
        self._thread.join()

    def start(self, parameters: Json) -> Json:
        """Start an import job, or tell of the one that the same request has started (StartDICOMImportJob)."""
        datastore = parameters["datastoreId"]
        self._datastores.active(datastore)
        request = json.dumps({name: parameters[name] for name in sorted(parameters)})
        if same := self._started(datastore, parameters["clientToken"], request):
            return same
        if "importConfiguration" in parameters:
            raise invalid("importConfiguration: the import of DICOM JSON metadata is not simulated here")
        if self._account is None:
            raise invalid("dataAccessRoleArn: this service was started without an endpoint of S3")
        running = self._state.one("SELECT count(*) FROM jobs WHERE datastore = ? AND ended IS NULL", datastore)
        if running is not None and running[0] >= AT_ONCE:
            raise over_quota(f"{AT_ONCE} import jobs of the data store have not ended")
        if parameters.get("inputOwnerAccountId", ACCOUNT) != ACCOUNT:
            raise invalid("inputOwnerAccountId: the input bucket belongs to another account")
        self._account.check(parameters["dataAccessRoleArn"], datastore)
        return self._submit(parameters, request)

    def import_files(self, datastore: str, paths: Iterable[Path], results: Path) -> str:
        """Import files of this machine by a job of their own, and return its id."""
        self._datastores.active(datastore)
        parameters = {
            "datastoreId": datastore,
            "dataAccessRoleArn": LOCAL_ROLE,
            "inputS3Uri": LOCAL_INPUT,
            "outputS3Uri": LOCAL_INPUT,
            "clientToken": secrets.token_hex(16),
        }
        return str(self._submit(parameters, "", Files(paths, results))["jobId"])

    def wait(self, job: str) -> Json:
        """Wait for a job's end and return its properties."""
        while True:
            with self._ended:
                row = self._state.one("SELECT * FROM jobs WHERE id = ?", job)
                if row is not None and row["ended"] is not None:
                    return _properties(row)
                self._ended.wait(1)

    def report(self, job: str) -> Json:
        """Return what a job that has ended did with each file."""
        row = self._state.one("SELECT report FROM jobs WHERE id = ?", job)
        return json.loads(row["report"] or "{}") if row else {}

    def get(self, parameters: Json) -> Json:
        """Tell of one job (GetDICOMImportJob)."""
        self._datastores.known(parameters["datastoreId"])
        query = "SELECT * FROM jobs WHERE datastore = ? AND id = ?"
        row = self._state.one(query, parameters["datastoreId"], parameters["jobId"])
        if row is None:
            raise not_found("Import job does not exist")
        return {"jobProperties": _properties(row)}

    def list(self, parameters: Json) -> Json:
        """List jobs, the newest first (ListDICOMImportJobs)."""
        datastore, status = parameters["datastoreId"], parameters.get("jobStatus")
        self._datastores.known(datastore)
        query = (
            "SELECT * FROM jobs WHERE datastore = ? AND (? IS NULL OR status = ?)"
            " ORDER BY submitted DESC, id LIMIT ? OFFSET ?"
        )
        rows, token = page(self._state, parameters, query, datastore, status, status)
        summaries = [_summary(row) for row in rows]
        return {"jobSummaries": summaries, **given(nextToken=token)}

    def _started(self, datastore: str, token: str, request: str) -> Json | None:
        row = self._state.one("SELECT * FROM jobs WHERE datastore = ? AND token = ?", datastore, token)
        if row is None:
            return None
        if row["request"] != request:
            raise conflict("The clientToken was used with other parameters")
        return _submitted(row)

    def _submit(self, parameters: Json, request: str, storage: Storage | None = None) -> Json:
        job, datastore = secrets.token_hex(16), parameters["datastoreId"]
        folder = f"{parameters['outputS3Uri'].rstrip('/')}/{datastore}-DicomImport-{job}/"
        if storage is not None:
            self._local[job] = storage
        with self._state.changing() as rows:
            rows.execute(
                "INSERT INTO jobs (id, datastore, name, status, role, input, output, submitted, token, request)"
                " VALUES (?, ?, ?, 'SUBMITTED', ?, ?, ?, ?, ?, ?)",
                (
                    job,
                    datastore,
                    parameters.get("jobName", job),
                    parameters["dataAccessRoleArn"],
                    parameters["inputS3Uri"],
                    folder,
                    time.time(),
                    parameters["clientToken"],
                    request,
                ),
            )
        row = self._row(job)
        self._events.of_a_job(row)
        self._waiting.put(job)
        return _submitted(row)

    def _work(self) -> None:
        """Carry out one job after the other."""
        while (job := self._waiting.get()) is not None:
            self._carry_out(job)

    def _carry_out(self, job: str) -> None:
        try:
            self._change(job, "IN_PROGRESS")
            row = self._row(job)
            self._importer.run(row, self._storage(row))
        except JobFailed as error:
            if not self._importer.ends:
                self._change(job, "FAILED", str(error))
        except Exception as error:  # noqa: BLE001 - a job ends, whatever happens
            if not self._importer.ends:
                print(
                    "".join(traceback.format_tb(error.__traceback__)), type(error).__name__, file=sys.stderr, flush=True
                )
                self._change(job, "FAILED", f"Internal error: {type(error).__name__}")
        else:
            self._change(job, "COMPLETED")

    def _storage(self, row: Any) -> Storage:
        if row["input"] == LOCAL_INPUT:
            storage = self._local.pop(row["id"], None)
            if storage is None:
                raise JobFailed("The service was restarted while it imported files of this machine")
            return storage
        if self._account is None:
            raise JobFailed("The service was started without an endpoint of S3")
        return self._account.storage(row)

    def _change(self, job: str, status: str, message: str | None = None) -> None:
        ended = time.time() if status in {"COMPLETED", "FAILED"} else None
        with self._state.changing() as rows:
            rows.execute(
                "UPDATE jobs SET status = ?, message = ?, ended = ? WHERE id = ?", (status, message, ended, job)
            )
        self._events.of_a_job(self._row(job))
        with self._ended:
            self._ended.notify_all()

    def _row(self, job: str) -> Any:
        return self._state.one("SELECT * FROM jobs WHERE id = ?", job)


def _submitted(row: Any) -> Json:
    return {
        "datastoreId": row["datastore"],
        "jobId": row["id"],
        "jobStatus": "SUBMITTED",
        "submittedAt": row["submitted"],
    }


def _summary(row: Any) -> Json:
    return {
        "jobId": row["id"],
        "jobName": row["name"],
        "jobStatus": row["status"],
        "datastoreId": row["datastore"],
        "dataAccessRoleArn": row["role"],
        "submittedAt": row["submitted"],
        **given(endedAt=row["ended"], message=row["message"]),
    }


def _properties(row: Any) -> Json:
    return _summary(row) | {"inputS3Uri": row["input"], "outputS3Uri": row["output"]}
