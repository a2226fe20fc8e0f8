"""The page as a bucket holds it: each file with its type and how long a browser may keep it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from serverless_dicom_cli.aws import Stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
"""A browser compiles WebAssembly, and runs modules, only where the type says so."""

START = "index.html"
CONFIGURATION = "config.json"
API = "/live"
"""Where the distribution has the API, beside the page."""

DIGEST = re.compile(r"-[A-Z0-9]{8}\.[a-z0-9.]+$")
"""In a name: what the file holds never changes under it."""

FOR_EVER, NOT_AT_ALL = "public, max-age=31536000, immutable", "no-cache"
AT_ONCE = 1000
"""Objects that S3 deletes in one call."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page; its `name` is its path below the page's address."""

    name: str
    content: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """What a browser is told of it."""
        return TYPES.get(Path(self.name).suffix, "application/octet-stream")

    @property
    def cache_control(self) -> str:
        """How long a browser may keep it without asking."""
        return FOR_EVER if DIGEST.search(self.name) else NOT_AT_ALL


def page(folder: Path) -> list[File]:
    """Return the files of a page that was built into a folder; raises click.ClickException where none is there."""
    if not (folder / START).is_file():
        raise click.ClickException(f"{folder} holds no page, for {START} is missing: `make site` builds one")
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = {path: path.relative_to(folder) for path in paths}
    return [
        File(name.as_posix(), path.read_bytes())
        for path, name in names.items()
        if name.as_posix() != CONFIGURATION and not any(part.startswith(".") for part in name.parts)
    ]


def configuration(stack: Stack, login_url: str) -> File:
    """Return what the page has to know of its stack."""
    login = {"url": login_url.rstrip("/"), "clientId": stack.output("SiteClientId")}
    known = {
        "api": API,
        "login": login,
        "maxUploadBytes": int(stack.output("MaxUploadBytes")),
        "archive": stack.has_output("DatastoreId"),
    }
    return File(CONFIGURATION, json.dumps(known, indent=2).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that holds the page and nothing else."""

    s3: S3Client
    name: str

    def replace(self, files: Iterable[File]) -> int:
        """Put files there, what names others after those, and remove all else; return how much that was."""
        new = sorted(files, key=lambda file: (not DIGEST.search(file.name), file.name == START, file.name))
        for file in new:
            self.s3.put_object(
                Bucket=self.name,
                Key=file.name,
                Body=file.content,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
            )
        old = sorted({*self._keys()} - {file.name for file in new})
        for begin in range(0, len(old), AT_ONCE):
            keys = [{"Key": key} for key in old[begin : begin + AT_ONCE]]
            answer = self.s3.delete_objects(Bucket=self.name, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
            if faults := answer.get("Errors"):
                raise click.ClickException(f"s3://{self.name}/{faults[0].get('Key')}: {faults[0].get('Message')}")
        return len(old)

    def _keys(self) -> Iterator[str]:
        for found in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            yield from (item["Key"] for item in found.get("Contents", []))
