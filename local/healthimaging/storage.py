"""Where an import reads and writes: S3 by the job's role, or this machine's own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.healthimaging.instances import Refused

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class JobFailed(Exception):
    """A job that cannot go on; the text is for GetDICOMImportJob."""


class Found(NamedTuple):
    """A file that may be imported: its name, and its length in bytes."""

    name: str
    size: int


class Storage(Protocol):
    """What a job reads from and writes to."""

    def found(self) -> Iterator[Found]:
        """Yield what there is to import. Raises JobFailed."""
        ...

    def read(self, name: str) -> bytes:
        """Return one file. Raises Refused."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write one file of the results. Raises JobFailed."""
        ...


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Return the two parts of `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class S3:
    """A prefix of a bucket, and another for the results."""

    def __init__(self, client: S3Client, source: str, target: str) -> None:
        """Read below `source` and write below `target`, both s3://bucket/prefix/."""
        self._client = client
        self._bucket, self._prefix = bucket_and_key(source)
        self._results, self._folder = bucket_and_key(target)

    def found(self) -> Iterator[Found]:
        """Yield the objects below the prefix, but those that only stand for folders."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        try:
            for page in pages:
                for entry in page.get("Contents", []):
                    if not entry["Key"].endswith("/"):
                        yield Found(entry["Key"], entry["Size"])
        except (ClientError, BotoCoreError) as error:
            raise JobFailed(f"The input could not be listed: {_told(error)}") from error

    def read(self, name: str) -> bytes:
        """Return an object's bytes."""
        try:
            with self._client.get_object(Bucket=self._bucket, Key=name)["Body"] as body:
                return bytes(body.read())
        except ClientError as error:
            kind = "AccessDeniedException" if _told(error) == "AccessDenied" else "ResourceNotFoundException"
            raise Refused(f"The object could not be read: {_told(error)}", kind) from error
        except BotoCoreError as error:
            raise Refused(f"The object could not be read: {_told(error)}", "InternalServerException") from error

    def write(self, name: str, data: bytes) -> None:
        """Put an object below the results' prefix."""
        try:
            self._client.put_object(Bucket=self._results, Key=f"{self._folder}{name}", Body=data)
        except (ClientError, BotoCoreError) as error:
            raise JobFailed(f"The results could not be written: {_told(error)}") from error


class Files:
    """Files of this machine, and a folder for the results."""

    def __init__(self, paths: Iterable[Path], results: Path) -> None:
        """Import `paths`; results go below `results`."""
        self._paths, self._results = {str(path): path for path in paths}, results

    def found(self) -> Iterator[Found]:
        """Yield the files; one that is not there has no bytes, and is refused when it is read."""
        for name, path in self._paths.items():
            yield Found(name, path.stat().st_size if path.is_file() else 0)

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        try:
            return self._paths[name].read_bytes()
        except OSError as error:
            raise Refused(f"The file could not be read: {error.strerror}", "ResourceNotFoundException") from error

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the results."""
        path = self._results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _told(error: ClientError | BotoCoreError) -> str:
    """Return what went wrong, without anything that the caller said."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
