"""The measured process of `batch`: `python -m benchmarks.worker WAY WHERE FOLDER BATCHES`.

WAY is `handler`, the function with a queue's batches, or `obvious`. WHERE is `emulator`, or `memory`: peers of boto3's
clients that hold everything in this process, so that only the worker's own work is left. FOLDER holds the objects of a
batch. Prints the seconds and the CPU seconds of each batch after a first one.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydicom import dcmread

from benchmarks.process import ROOT
from serverless_dicom.header.record import HEADERS
from serverless_dicom.runtime import clients

BUCKET = "inbox"


@dataclass(slots=True)
class MemoryS3:
    """What a worker asks of S3, out of memory."""

    objects: dict[str, bytes]

    def get_object(self, *, Key: str, Range: str = "", **_rest: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """An object, or its first bytes."""
        data = self.objects[Key]
        start, _dash, stop = Range.removeprefix("bytes=").partition("-")
        body = data[int(start) : int(stop) + 1] if Range else data
        return {
            "Body": io.BytesIO(body),
            "ContentRange": f"bytes {start}-{stop}/{len(data)}",
            "ContentLength": len(body),
            "ETag": '"0123456789abcdef0123456789abcdef"',
            "LastModified": datetime.now(UTC),
        }


@dataclass(slots=True)
class MemoryTables:
    """What a worker asks of DynamoDB, out of memory; items by table and key."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def get_item(self, *, TableName: str, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        """An item of the ledger."""
        found = self.items.get((TableName, Key["S3Uri"]["S"]))
        return {"Item": found} if found else {}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803
        """Puts, whatever their conditions: there is one worker."""
        for write in TransactItems:
            self.put_item(**{name: write["Put"][name] for name in ("TableName", "Item")})

    def put_item(self, *, TableName: str, Item: dict[str, Any]) -> None:  # noqa: N803
        """One item."""
        self.items[TableName, Item["S3Uri"]["S"]] = Item


def batches(keys: list[str], count: int) -> Iterator[dict[str, Any]]:
    """Events of a queue with a message an object, each newer than all before: an old one would change nothing."""
    for _ in range(count):
        yield {"Records": [_message(key, time.time_ns()) for key in keys]}


def _message(key: str, now: int) -> dict[str, Any]:
    event = {
        "version": "0",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": {"name": BUCKET},
            "object": {"key": key, "sequencer": f"{now:016X}"},
        },
    }
    return {
        "messageId": f"{key}-{now}",
        "receiptHandle": "handle",
        "body": json.dumps(event),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:queue",
        "awsRegion": "us-east-1",
    }


def _handler(s3: Any, tables: Any) -> Callable[[dict[str, Any]], None]:
    sys.path.insert(0, str(ROOT / "functions" / "index_object"))
    module: Any = importlib.import_module("handler")
    ledger = module.Ledger(tables, module.settings.objects_table, module.settings.metadata_table)
    module.indexer = module.Indexer(s3, ledger, module.settings.header_bucket)
    context = SimpleNamespace(
        function_name="benchmark",
        memory_limit_in_mb=1769,
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:benchmark",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: 60_000,
    )

    def work(event: dict[str, Any]) -> None:
        answer = module.handler(event, context)
        if answer["batchItemFailures"]:
            raise RuntimeError(str(answer))

    return work


def _obvious(s3: Any, tables: Any) -> Callable[[dict[str, Any]], None]:
    def work(event: dict[str, Any]) -> None:
        for record in event["Records"]:
            detail = json.loads(record["body"])["detail"]
            bucket, key = detail["bucket"]["name"], detail["object"]["key"]
            dataset = dcmread(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
            item = {keyword: {"S": str(dataset.get(keyword, ""))} for keyword in HEADERS}
            tables.put_item(TableName="obvious", Item={"S3Uri": {"S": f"s3://{bucket}/{key}"}, **item})

    return work


def main(way: str, where: str, folder: str, count: int) -> None:
    """Measure one way."""
    files = {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.dcm"))}
    s3: Any = clients.s3() if where == "emulator" else MemoryS3(files)
    tables: Any = clients.dynamodb() if where == "emulator" else MemoryTables()
    work = {"handler": _handler, "obvious": _obvious}[way](s3, tables)
    seconds, own = [], []
    for event in batches(list(files), count + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        work(event)
        seconds.append(time.perf_counter() - wall)
        own.append(time.process_time() - cpu)
    print(json.dumps({"seconds": seconds[1:], "cpu": own[1:]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
