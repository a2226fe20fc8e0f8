"""The demo's files into the archive, by the API."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from local.api import SECONDS, call
from local.errors import LocalError
from local.picture import token
from local.place import Place
from local.samples import DAMAGED, FOR_DEMO, PREFIX
from local.stack import Stack

SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import; `counts` and `failures` are the API's."""

    counts: dict[str, int]
    failures: list[dict[str, Any]]
    seconds: float

    @property
    def is_right(self) -> bool:
        """Say whether all files but the damaged one are there, and every frame is what it was."""
        whole = len(FOR_DEMO) - 1
        refused = [str(failure["file"]).rpartition("/")[2] for failure in self.failures]
        return self.counts["imported"] == whole and refused == [DAMAGED] and not self.counts["framesMismatched"]


def import_samples(place: Place, stack: Stack) -> Imported:
    """Import what the demo has uploaded to the inbox, and wait for the end.

    Raises:
        LocalError: the API refused something, or the import came to no end.

    """
    caller, api = token(place, stack), stack.outputs["ApiUrl"]
    began = time.monotonic()
    source = {"source": f"s3://{stack.outputs['InboxBucket']}/{PREFIX}"}
    job = call(f"{api}/imports", caller, json.dumps(source).encode())
    while (found := call(f"{api}/imports/{job['jobId']}", caller))["status"] not in {"complete", "partial", "failed"}:
        if time.monotonic() - began > SECONDS:
            raise LocalError(f"the import is {found['status']} after {SECONDS} s; CloudWatch Logs may tell why")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if found["error"]:
        raise LocalError(f"the import ended as {found['status']}: {found['error']['message']}")
    return Imported(found["counts"], found["failures"], time.monotonic() - began)
