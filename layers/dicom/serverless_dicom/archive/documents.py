"""What an import writes down, as JSON and NDJSON below `imports/{jobId}/` of the results bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import ObjectNotFound, TransientError
from serverless_dicom.faults import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents in a bucket whose keys begin with `prefix`; every method may raise TransientError."""

    client: S3Client
    bucket: str
    prefix: str = ""

    @classmethod
    def of_import(cls, client: S3Client, bucket: str, job_id: str) -> Documents:
        """Those of one import."""
        return cls(client, bucket, f"imports/{job_id}/")

    def uri(self, name: str = "") -> str:
        """Where a document is, for people and for HealthImaging."""
        return f"s3://{self.bucket}/{self.prefix}{name}"

    def write(self, name: str, document: Any) -> None:
        """Write a document as JSON, in place of one of that name."""
        self._put(name, json.dumps(document).encode(), "application/json")

    def write_lines(self, name: str, rows: Iterable[Any]) -> None:
        """Write a document of one JSON value a line."""
        self._put(name, "".join(f"{json.dumps(row)}\n" for row in rows).encode(), "application/x-ndjson")

    def read(self, name: str) -> Any:
        """A JSON document; None where there is none."""
        data = self._get(name)
        try:
            return None if data is None else json.loads(data)
        except ValueError as error:
            raise TransientError(f"reading {self.uri(name)}: it is no JSON") from error

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The JSON objects of a document, one a line; none where there is no such document."""
        for line in (self._get(name) or b"").splitlines():
            try:
                row = json.loads(line) if line.strip() else None
            except ValueError as error:
                raise TransientError(f"reading {self.uri(name)}: a line is no JSON") from error
            if isinstance(row, dict):
                yield row

    def names(self, beginning: str) -> list[str]:
        """The names that begin so, in order."""
        with translated(f"listing {self.uri(beginning)}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{self.prefix}{beginning}"
            )
            return [found["Key"][len(self.prefix) :] for page in pages for found in page.get("Contents", [])]

    def _put(self, name: str, data: bytes, media_type: str) -> None:
        with translated(f"writing {self.uri(name)}"):
            self.client.put_object(Bucket=self.bucket, Key=f"{self.prefix}{name}", Body=data, ContentType=media_type)

    def _get(self, name: str) -> bytes | None:
        try:
            with translated(f"reading {self.uri(name)}"):
                return self.client.get_object(Bucket=self.bucket, Key=f"{self.prefix}{name}")["Body"].read()
        except ObjectNotFound:
            return None
