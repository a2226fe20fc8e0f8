"""The tables and buckets of template.yaml, made in moto, and what is in them."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import Binary
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from serverless_dicom.stores.indexing import Indexer
from serverless_dicom.stores.ledger import Ledger, from_item
from serverless_dicom.stores.rows import Row
from serverless_dicom.stores.studies import Studies

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
REGION = "us-east-1"
INBOX = "serverless-dicom-inbox-000000000000-us-east-1"
HEADERS = "serverless-dicom-headers-000000000000-us-east-1"
UPLOADS = "serverless-dicom-uploads-000000000000-us-east-1"
RESULTS = "serverless-dicom-results-000000000000-us-east-1"
IMPORTS = "serverless-dicom-imports-000000000000-us-east-1"
CLOCK = {"UpdatedAt", "ExpiresAt"}
"""Attributes of the ledger that tell when it was written."""


@cache
def _resources() -> dict[str, Any]:
    resources: dict[str, Any] = yaml_parse(TEMPLATE.read_text())["Resources"]
    return resources


@cache
def _client(service: str) -> Any:
    return boto3.client(service, REGION)  # type: ignore[call-overload]


def resource(logical_id: str) -> dict[str, Any]:
    """The properties of a resource of the template."""
    properties: dict[str, Any] = _resources()[logical_id]["Properties"]
    return properties


@dataclass(frozen=True, slots=True)
class Stack:
    """What is deployed, in moto."""

    s3: Any
    dynamodb: Any
    metadata_table: str = "DicomMetadata"
    objects_table: str = "IndexedObjects"
    results_table: str = "ImageAnalysisResults"
    imports_table: str = "ImportJobs"

    @property
    def indexer(self) -> Indexer:
        return self.indexer_of(self.s3, self.dynamodb)

    def indexer_of(self, s3: Any, dynamodb: Any) -> Indexer:
        """An indexer that calls these clients, which may be peers of the real ones."""
        return Indexer(s3, Ledger(dynamodb, self.objects_table, self.metadata_table), HEADERS)

    @property
    def studies(self) -> Studies:
        return Studies(self.dynamodb, self.metadata_table)

    def job(self, job_id: str) -> Row:
        """The row of a job in table ImageAnalysisResults."""
        found = self.dynamodb.get_item(TableName=self.results_table, Key={"JobId": {"S": job_id}})
        return from_item(found["Item"])

    def rows(self) -> list[Row]:
        """All rows of table DicomMetadata, by their keys."""
        return sorted(self._scan(self.metadata_table), key=lambda row: (row["StudyInstanceUID"], row["SortKey"]))

    def objects(self) -> list[Row]:
        return [row for row in self.rows() if row["RowType"] == "object"]

    def ledger(self) -> dict[str, Row]:
        """All rows of table IndexedObjects, by S3 URI, without the time."""
        return {
            row["S3Uri"]: {name: value for name, value in row.items() if name not in CLOCK}
            for row in self._scan(self.objects_table)
        }

    def tables(self) -> tuple[list[Row], dict[str, Row]]:
        return self.rows(), self.ledger()

    def header_keys(self) -> set[str]:
        """The keys of the large headers."""
        return {entry["Key"] for entry in self.s3.list_objects_v2(Bucket=HEADERS).get("Contents", [])}

    def headers(self) -> dict[str, Any]:
        """The large headers by their keys."""
        bodies = {key: self.s3.get_object(Bucket=HEADERS, Key=key)["Body"].read() for key in self.header_keys()}
        return {key: json.loads(gzip.decompress(body)) for key, body in bodies.items()}

    def forget(self) -> None:
        """Empty both tables and the header bucket; the inbox stays as it is."""
        for table, keys in ((self.metadata_table, ("StudyInstanceUID", "SortKey")), (self.objects_table, ("S3Uri",))):
            for item in self.dynamodb.scan(TableName=table)["Items"]:
                self.dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})
        for key in self.header_keys():
            self.s3.delete_object(Bucket=HEADERS, Key=key)

    def _scan(self, table: str) -> list[Row]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table)
        rows = [from_item(item) for page in pages for item in page["Items"]]
        return [{name: _plain(value) for name, value in row.items()} for row in rows]


def header_of(row: Row) -> dict[str, Any]:
    """The whole header in an object's row."""
    header: dict[str, Any] = json.loads(gzip.decompress(row["Header"]))
    return header


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, Binary) else value


@contextmanager
def deployed() -> Iterator[Stack]:
    """The stack, empty, for as long as moto stands in for AWS."""
    with mock_aws():
        s3, dynamodb = _client("s3"), _client("dynamodb")
        for logical_id in ("DicomMetadata", "IndexedObjects", "ImageAnalysisResults", "ImportJobs"):
            names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
            properties = resource(logical_id)
            dynamodb.create_table(
                TableName=logical_id, **{name: properties[name] for name in names if name in properties}
            )
        buckets = {"InboxBucket": INBOX, "HeaderBucket": HEADERS, "UploadBucket": UPLOADS, "ResultsBucket": RESULTS}
        buckets["ImportBucket"] = IMPORTS
        for logical_id, bucket in buckets.items():
            s3.create_bucket(Bucket=bucket)
            if versioning := resource(logical_id).get("VersioningConfiguration"):
                s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
        yield Stack(s3, dynamodb)
