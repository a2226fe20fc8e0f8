"""Events on EventBridge, as HealthImaging sends them: at best effort, each within a moment, or not at all."""

from __future__ import annotations

import json
import queue
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.environment import ACCOUNT, REGION
from local.outputs import session

SOURCE = "aws.medical-imaging"
HEADER = "x-on-behalf-of"
"""By which the emulator that runs beside it, if it is this stack's, knows the service."""
VERSION = "1.0"

Json = dict[str, Any]


def as_the_service(client: Any, datastore: str = "*") -> None:
    """Let the emulator take a client's calls for the service's own, on behalf of a data store."""

    def tell(params: Json, **_: Any) -> None:
        params["headers"][HEADER] = f"arn:aws:medical-imaging:{REGION}:{ACCOUNT}:datastore/{datastore}"

    client.meta.events.register("before-call", tell)


class Events:
    """A thread that sends what happens."""

    def __init__(self, endpoint_url: str | None) -> None:
        """Send to the EventBridge there, or nowhere."""
        self._client: Any = None
        if endpoint_url is not None:
            config = Config(proxies={}, connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
            self._client = session().client("events", endpoint_url=endpoint_url, config=config)
            as_the_service(self._client)
        self._waiting: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="events")
        self._thread.start()

    def close(self) -> None:
        """Send what there is, and end."""
        self._waiting.put(None)
        self._thread.join()

    def of_a_datastore(self, row: Any) -> None:
        """Tell that a data store is what its row says."""
        titles = {"CREATING": "Creating", "ACTIVE": "Created", "DELETING": "Deleting", "DELETED": "Deleted"}
        detail = {"datastoreId": row["id"], "datastoreName": row["name"], "datastoreStatus": row["status"]}
        self._put(f"Data Store {titles[row['status']]}", row["id"], detail)

    def of_a_job(self, row: Any) -> None:
        """Tell that an import job is what its row says."""
        detail = {
            "datastoreId": row["datastore"],
            "jobId": row["id"],
            "jobName": row["name"],
            "jobStatus": row["status"],
            "inputS3Uri": row["input"],
            "outputS3Uri": row["output"],
        }
        if row["message"]:
            detail["message"] = row["message"]
        self._put(f"Import Job {row['status'].replace('_', ' ').title()}", row["datastore"], detail)

    def of_an_image_set(self, row: Any) -> None:
        """Tell that a version of an image set is what its row says; the row names the data store, too."""
        detail = {
            "datastoreId": row["datastore"],
            "imagesetId": row["image_set"],
            "imageSetState": row["state"],
            "imageSetWorkflowStatus": row["workflow"],
            "imageSetVersion": str(row["version"]),
            "isPrimary": bool(row["is_primary"]),
        }
        self._put(f"Image Set {row['workflow'].replace('_', ' ').title()}", row["datastore"], detail, row["image_set"])

    def _put(self, title: str, datastore: str, detail: Json, image_set: str | None = None) -> None:
        if self._client is None:
            return
        arn = f"arn:aws:medical-imaging:{REGION}:{ACCOUNT}:datastore/{datastore}"
        entry = {
            "Source": SOURCE,
            "DetailType": title,
            "Time": datetime.now(UTC),
            "Resources": [arn if image_set is None else f"{arn}/imageset/{image_set}"],
            "Detail": json.dumps({"imagingVersion": VERSION, **detail}),
        }
        self._waiting.put(entry)

    def _work(self) -> None:
        while (entry := self._waiting.get()) is not None:
            try:
                told = self._client.put_events(Entries=[entry])["Entries"][0].get("ErrorCode")
            except (ClientError, BotoCoreError) as error:
                told = type(error).__name__
            if told is not None:
                print(f"event {entry['DetailType']!r} was not sent: {told}", file=sys.stderr, flush=True)
