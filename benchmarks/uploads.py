"""From an upload to its result on the local stack, against Rekognition's stand-in alone; and 100 uploads at once."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

from pydicom import examples

from benchmarks.process import SCRATCH
from benchmarks.tables import milliseconds, show, table
from local import stack
from local.errors import LocalError
from local.outputs import DIRECT, session
from local.picture import token
from local.place import Place
from local.processes import PORTS, check_free
from local.stack import Stack

ROUNDS = 7
AT_ONCE = 100
SENDERS = 8
POLL = 0.02
"""Seconds between two looks at a job."""

SECONDS = 600


@dataclass(frozen=True, slots=True)
class Caller:
    """A user of the API."""

    url: str
    token: str

    def call(self, path: str, body: Any = None) -> Any:
        """The answer of the API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, {"Authorization": self.token})  # noqa: S310 - the stack's own
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)

    def upload(self, data: bytes) -> str:
        """Upload a file for analysis; its job."""
        asked = self.call("/uploads", {"fileName": "image", "fileType": "application/dicom"})
        kind = {"Content-Type": asked["fileType"]}
        put = urllib.request.Request(asked["uploadUrl"], data, kind, method="PUT")  # noqa: S310
        urllib.request.urlopen(put, timeout=60).close()  # noqa: S310
        return str(asked["jobId"])

    def result(self, job: str, wait: float) -> Any:
        """A job that has ended, looked at every `wait` seconds."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            found = self.call(f"/results/{job}")
            if found["status"] in {"complete", "error"}:
                return found
            time.sleep(wait)
        raise TimeoutError(job)


def run() -> bool:
    """Measure and print; False where an upload of many did not end, or was looked at twice."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    with deployed() as running:
        caller = Caller(running.outputs["ApiUrl"], token(Place(SCRATCH), running))
        data = examples.get_path("ct").read_bytes()
        one_by_one(running, caller, data)
        complete = many(running, caller, data)
    shutil.rmtree(SCRATCH)
    return complete


def one_by_one(running: Stack, caller: Caller, data: bytes) -> None:
    """Time uploads, one after the other, and what Rekognition's stand-in takes of it."""
    client = session().client("rekognition", endpoint_url=running.outputs["rekognitionUrl"], config=DIRECT)
    with urllib.request.urlopen(caller.result(caller.upload(data), POLL)["imageUrl"], timeout=60) as answer:  # noqa: S310
        picture = answer.read()
    whole, alone = [], []
    for _ in range(ROUNDS):
        began = time.monotonic()
        caller.result(caller.upload(data), POLL)
        whole.append(time.monotonic() - began)
        began = time.monotonic()
        client.detect_labels(Image={"Bytes": picture}, MaxLabels=20, MinConfidence=70)
        client.detect_text(Image={"Bytes": picture})
        alone.append(time.monotonic() - began)
    rows = [["upload to result", milliseconds(median(whole)), f"{median(whole) / median(alone):.1f}x"]]
    rows += [["its two calls of Rekognition's stand-in", milliseconds(median(alone)), ""]]
    table(f"A 128 x 128 CT, medians of {ROUNDS} interleaved rounds", ["what", "ms", "ratio"], rows)


def many(running: Stack, caller: Caller, data: bytes) -> bool:
    """Upload many at once; whether each was analysed, and once."""
    began = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as threads:
        jobs = list(threads.map(lambda _: caller.upload(data), range(AT_ONCE)))
        uploaded = time.monotonic() - began
        states = Counter(found["status"] for found in threads.map(lambda job: caller.result(job, 0.5), jobs))
    took = time.monotonic() - began
    client = session().client("dynamodb", endpoint_url=running.outputs["endpointUrl"], config=DIRECT)
    rows = [
        client.get_item(TableName=running.outputs["ResultsTable"], Key={"JobId": {"S": job}})["Item"] for job in jobs
    ]
    attempts = Counter(row["Attempts"]["N"] for row in rows)
    show(f"{AT_ONCE} uploads by {SENDERS} senders: uploaded after {uploaded:.1f} s, all ended after {took:.1f} s")
    show(f"  states: {dict(states)}; attempts a job: {dict(attempts)}")
    return states == {"complete": AT_ONCE} and attempts == {"1": AT_ONCE}


@contextmanager
def deployed() -> Iterator[Stack]:
    """A stack of its own, from the template."""
    place = Place(SCRATCH)
    place.folder.mkdir(parents=True)
    try:
        yield stack.up(place, _free_ports(), tell=show)
    finally:
        stack.down(place)


def _free_ports() -> int:
    """The first of as many free ports in a row as a stack takes."""
    for port in range(4700, 4900, PORTS):
        with suppress(LocalError):
            check_free(range(port, port + PORTS))
            return port
    raise OSError("no ports from 4700 to 4900 are free")
