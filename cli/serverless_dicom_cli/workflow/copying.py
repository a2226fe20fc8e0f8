"""The files of a public study -> copies in a bucket of one's own, without their bytes coming here if that may be."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import click
from botocore.exceptions import ClientError

from serverless_dicom_cli.problems import service_code
from serverless_dicom_cli.workflow.studies import BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from serverless_dicom_cli.workflow.studies import Study

AT_ONCE = 16
"""Objects that are copied at once."""

MEDIA_TYPE = "application/dicom"


@dataclass(frozen=True, slots=True)
class Copying:
    """A study's files, to be copied into a folder of a bucket; `public` asks without credentials."""

    public: S3Client
    s3: S3Client
    study: Study
    bucket: str
    folder: str

    @property
    def uri(self) -> str:
        """The folder of the copies."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def prefix(self) -> str:
        """What keys of the copies begin with."""
        return f"{self.folder}{self.study.prefix}"

    def files(self) -> dict[str, int]:
        """The study's files: bytes by key.

        Raises:
            click.ClickException: it has none.

        """
        found = sizes(self.public, BUCKET, self.study.prefix)
        if not found:
            raise click.ClickException(
                f"s3://{BUCKET}/{self.study.prefix} holds no files any more: choose another study"
            )
        return found

    def missing(self, files: dict[str, int]) -> list[str]:
        """The keys of those that have not been copied yet."""
        there = sizes(self.s3, self.bucket, self.prefix)
        return [key for key, size in files.items() if there.get(f"{self.folder}{key}") != size]

    def copy(self, keys: list[str]) -> Iterator[str]:
        """Copy files, and yield their keys as they are there."""
        pending: deque[Any] = deque()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                pending.extend(pool.submit(self._copied, key) for key in keys)
                while pending:
                    yield pending.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _copied(self, key: str) -> str:
        try:
            self.s3.copy_object(
                CopySource={"Bucket": BUCKET, "Key": key},
                Bucket=self.bucket,
                Key=f"{self.folder}{key}",
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
                ContentType=MEDIA_TYPE,
            )
        except ClientError as error:
            if service_code(error) != "AccessDenied":
                raise
            # Whoever may read in this account alone may not read there with a signature, but may without.
            data = self.public.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            self.s3.put_object(Bucket=self.bucket, Key=f"{self.folder}{key}", Body=data, ContentType=MEDIA_TYPE)
        return key


def sizes(client: S3Client, bucket: str, prefix: str) -> dict[str, int]:
    """Bytes of all objects whose keys begin so, by key."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}


def removed(client: S3Client, bucket: str, prefix: str) -> int:
    """Remove all objects whose keys begin so; returns how many there were.

    Raises:
        click.ClickException: one could not be removed.

    """
    keys = list(sizes(client, bucket, prefix))
    for start in range(0, len(keys), 1000):
        batch = [{"Key": key} for key in keys[start : start + 1000]]
        refused = client.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True}).get("Errors", [])  # type: ignore[typeddict-item] # of keys alone
        if refused:
            raise click.ClickException(f"s3://{bucket}/{refused[0].get('Key')} stays: {refused[0].get('Code')}")
    return len(keys)


def moment(client: S3Client, bucket: str) -> float:
    """What time it is there, in seconds since 1970: this machine's clock may be wrong."""
    answer = client.list_objects_v2(Bucket=bucket, MaxKeys=1)
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
