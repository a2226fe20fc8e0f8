"""What lies below a prefix of a bucket, and which of it is DICOM."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from serverless_dicom.archive.places import Place
from serverless_dicom.archive.sharding import QUOTAS, Limits, StoredFile
from serverless_dicom.errors import (
    DicomDirectory,
    EmptyObject,
    FileTooLarge,
    NotDicom,
    ObjectNotFound,
    TooManyFiles,
)
from serverless_dicom.faults import error_code, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_s3 import S3Client

MAX_LISTED = 250_000
"""Files of one import at most: as many as can be looked at while a function may run."""

HEAD = 512
"""Bytes that are read of each file: preamble, prefix and the SOP class of the file meta information (PS3.10 7.1)."""

AT_ONCE = 32
"""Files that are looked at, at once."""

_DIRECTORY = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"
"""(0002,0002) Media Storage SOP Class UID of a DICOMDIR."""

_DICOMDIR = "it is a DICOMDIR: it lists other files, which are imported on their own"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not imported, and why."""

    key: str
    code: str
    message: str


def listed(client: S3Client, place: Place, most: int = MAX_LISTED) -> tuple[Place, list[StoredFile]]:
    """The files of a place in the order of their keys, and the folder that they are in or the file that was meant.

    Raises TooManyFiles, ObjectNotFound for a bucket that is not there, or TransientError.
    """
    with translated(f"listing {place.uri}"):
        if place.prefix and not place.prefix.endswith("/"):
            first = client.list_objects_v2(Bucket=place.bucket, Prefix=place.prefix, MaxKeys=1).get("Contents", [])
            if first and first[0]["Key"] == place.prefix:
                return place, [StoredFile(place.prefix, first[0]["Size"])]
            place = Place(place.bucket, f"{place.prefix}/")
        files: list[StoredFile] = []
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.prefix):
            files += [
                StoredFile(found["Key"], found["Size"])
                for found in page.get("Contents", [])
                if found["Size"] or not found["Key"].endswith("/")  # the mark of a folder
            ]
            if len(files) > most:
                raise TooManyFiles(
                    f"{place.uri} holds more than {most:,} files: import the folders below it one by one"
                )
    return place, files


def measured(client: S3Client, bucket: str, keys: Sequence[str]) -> list[StoredFile]:
    """Files by their keys, those that are gone left out. Raises TransientError."""

    def measure(key: str) -> StoredFile | None:
        try:
            with translated(f"reading s3://{bucket}/{key}"):
                return StoredFile(key, client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        except ObjectNotFound:
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [file for file in pool.map(measure, keys) if file]


def looked_at(
    client: S3Client, bucket: str, files: Sequence[StoredFile], seconds: float, limits: Limits = QUOTAS
) -> Iterator[tuple[StoredFile, Skipped | None]]:
    """Each file with why it is not imported, or None where it is: it has the prefix of a DICOM file (PS3.10 7.1).

    Raises TooManyFiles where that takes longer than `seconds`, or TransientError.
    """
    deadline = time.monotonic() + seconds
    pending: deque[tuple[StoredFile, Future[Skipped | None]]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for file in files:
                pending.append((file, pool.submit(_verdict, client, bucket, file, limits.file_size)))
                if len(pending) == 4 * AT_ONCE:
                    first, future = pending.popleft()
                    yield first, future.result()
                if time.monotonic() > deadline:
                    raise TooManyFiles(
                        f"{len(files):,} files are more than can be looked at in {seconds:.0f} seconds: import the "
                        "folders below one by one"
                    )
            for first, future in pending:
                yield first, future.result()
        finally:
            for _, future in pending:
                future.cancel()


def _verdict(client: S3Client, bucket: str, file: StoredFile, most: int) -> Skipped | None:
    if not file.size:
        return Skipped(file.key, EmptyObject.code, "it has 0 bytes")
    if file.size > most:
        return Skipped(file.key, FileTooLarge.code, f"it has {file.size:,} bytes, and HealthImaging takes {most:,}")
    try:
        head = _head(client, bucket, file)
    except ObjectNotFound:
        return Skipped(file.key, ObjectNotFound.code, "it was removed while the import was planned")
    if head[128:132] != b"DICM":
        return Skipped(file.key, NotDicom.code, "it has not the prefix DICM at byte 128")
    if _DIRECTORY in head:
        return Skipped(file.key, DicomDirectory.code, _DICOMDIR)
    return None


def _head(client: S3Client, bucket: str, file: StoredFile) -> bytes:
    with translated(f"reading s3://{bucket}/{file.key}"):
        try:
            body = client.get_object(Bucket=bucket, Key=file.key, Range=f"bytes=0-{HEAD - 1}")["Body"]
            return body.read(HEAD)
        except ClientError as error:
            if error_code(error) != "InvalidRange":  # it was emptied meanwhile
                raise
            return b""
