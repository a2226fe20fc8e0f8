"""What a path or an s3:// URL stands for: the files and objects there."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"

UNREADABLE = "unreadable"
NOTHING_FOUND = "nothing_found"
"""Codes of what is told of a path: it cannot be read, or nothing is there."""


@dataclass(frozen=True, slots=True)
class S3Place:
    """An object, or with a key that ends in `/` or is empty, all objects whose keys begin with it."""

    bucket: str
    key: str

    @classmethod
    def of(cls, url: str) -> S3Place:
        """Read a URL such as `s3://bucket/folder/`; raises click.UsageError."""
        bucket, _, key = url.removeprefix(SCHEME).partition("/")
        if not url.startswith(SCHEME) or not bucket:
            raise click.UsageError(f"expected s3://BUCKET or s3://BUCKET/PREFIX, got {url}")
        return cls(bucket, key)

    @property
    def is_prefix(self) -> bool:
        """Whether many objects may be meant."""
        return not self.key or self.key.endswith("/")

    def keys(self, client: S3Client, start_after: str = "") -> Iterator[str]:
        """Yield the keys that begin with this one in S3's order, a page at a time, without the marks of folders."""
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.key, StartAfter=start_after
        )
        for page in pages:
            for found in page.get("Contents", []):
                if not found["Key"].endswith("/") or found["Size"]:
                    yield found["Key"]


def files(path: Path) -> Iterator[Path]:
    """Yield a file itself, or all regular files below a folder by name; links to folders are not followed.

    A folder that cannot be listed is yielded itself: whoever opens it hears why.
    """
    if not path.is_dir():
        yield path
        return
    try:
        entries = sorted(path.iterdir())
    except OSError:
        yield path
        return
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            yield from files(entry)
        elif entry.is_file():
            yield entry


def open_regular(path: Path) -> BinaryIO:
    """Open a file; raises OSError, also for a pipe or a device, whose bytes cannot be had by range."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is no regular file", str(path))
    return path.open("rb")
