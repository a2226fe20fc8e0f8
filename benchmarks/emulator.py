"""The emulator of AWS on a free port, with the buckets and tables that a worker needs, empty."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from benchmarks.process import CREDENTIALS, SCRATCH
from local import emulator, environment
from local.place import Place

BUCKET = "inbox"
KEYS = {"metadata": ("StudyInstanceUID", "SortKey"), "objects": ("S3Uri",), "obvious": ("S3Uri",)}
"""The tables and their keys; indexes are the emulator's business, and no part of what a worker does."""


@contextmanager
def emulated() -> Iterator[str]:
    """Run the emulator; the URL of its endpoint."""
    place = Place(SCRATCH / "emulator")
    place.folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    os.environ |= CREDENTIALS
    emulator.start(place, port)
    try:
        url = environment.endpoint(port)
        boto3.client("s3", endpoint_url=url).create_bucket(Bucket=BUCKET)
        tables = boto3.client("dynamodb", endpoint_url=url)
        for name, keys in KEYS.items():
            tables.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": key, "KeyType": "RANGE" if index else "HASH"} for index, key in enumerate(keys)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            )
        yield url
    finally:
        emulator.stop(place)
