"""Importing 500 instances on the local stack from end to end, against HealthImaging's job alone."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.config import Config

from benchmarks.pictures import build_series
from benchmarks.process import SCRATCH
from benchmarks.tables import show, table
from benchmarks.uploads import deployed
from local.outputs import DIRECT, session
from local.stack import Stack

INSTANCES = 500
SENDERS = 16
POLL = 0.1
"""Seconds between two looks at a job."""


def run() -> bool:
    """Measure and print; False where the import was not complete, or a frame was not verified."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    with deployed() as running:
        uploaded(running, build_series(SCRATCH / "source", INSTANCES))
        alone = by_itself(running)
        seconds, counts = whole(running)
    shutil.rmtree(SCRATCH)
    total = sum(seconds.values())
    rows = [[f"the import, {name}", f"{took:.1f}", ""] for name, took in seconds.items()]
    rows += [["the import", f"{total:.1f}", f"{total / alone:.1f}x"], ["HealthImaging's job alone", f"{alone:.1f}", ""]]
    table(f"{INSTANCES} instances of 512 x 512 x 16 bits, from the call to the end", ["what", "s", "ratio"], rows)
    show(f"  {json.dumps(counts)}")
    return bool(counts["imported"] == INSTANCES and counts["framesVerified"] == INSTANCES)


def uploaded(running: Stack, folder: Path) -> None:
    """Put the instances into the import bucket."""
    client = session().client("s3", endpoint_url=running.outputs["endpointUrl"], config=DIRECT)

    def put(path: Path) -> None:
        client.put_object(Bucket=running.outputs["ImportBucket"], Key=f"imports/{path.name}", Body=path.read_bytes())

    with ThreadPoolExecutor(SENDERS) as threads:
        list(threads.map(put, sorted(folder.iterdir())))


def by_itself(running: Stack) -> float:
    """Seconds of HealthImaging's own job, into a data store of its own."""
    outputs = running.outputs
    config = DIRECT.merge(Config(inject_host_prefix=False))
    client: Any = session().client("medical-imaging", endpoint_url=outputs["healthImagingUrl"], config=config)
    datastore = client.create_datastore(datastoreName="alone")["datastoreId"]
    began = time.monotonic()
    job = client.start_dicom_import_job(
        dataAccessRoleArn=outputs["ImportRoleArn"],
        datastoreId=datastore,
        inputS3Uri=f"s3://{outputs['ImportBucket']}/imports/",
        outputS3Uri=f"s3://{outputs['ResultsBucket']}/imports/alone/",
    )["jobId"]
    while (state := status(client, datastore, job)) not in {"COMPLETED", "FAILED"}:
        time.sleep(POLL)
    if state == "FAILED":
        raise RuntimeError(state)
    return time.monotonic() - began


def status(client: Any, datastore: str, job: str) -> str:
    """How far HealthImaging's job is."""
    return str(client.get_dicom_import_job(datastoreId=datastore, jobId=job)["jobProperties"]["jobStatus"])


def whole(running: Stack) -> tuple[dict[str, float], dict[str, int]]:
    """Seconds of an import by its states, and what it counted."""
    outputs = running.outputs
    client = session().client("lambda", endpoint_url=outputs["endpointUrl"], config=DIRECT)

    def ask(function: str, request: dict[str, str]) -> dict[str, Any]:
        answer = client.invoke(FunctionName=outputs[function], Payload=json.dumps(request).encode())
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found

    job = ask("StartImportFunction", {"source": f"s3://{outputs['ImportBucket']}/imports/"})
    seconds: dict[str, float] = {}
    since = time.monotonic()
    while job["status"] not in {"complete", "partial", "failed"}:
        before = job["status"]
        time.sleep(POLL)
        job = ask("GetImportFunction", {"jobId": job["jobId"]})
        now = time.monotonic()
        seconds[before] = seconds.get(before, 0) + now - since
        since = now
    return seconds, job["counts"]
