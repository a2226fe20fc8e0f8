"""What a path or a URL stands for: the objects there, and what each one's picture is to be called."""

# ruff: noqa: PLC0415 - what URLs need is not imported for files
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from serverless_dicom.errors import InvalidRequest, ServerlessDicomError
from serverless_dicom_cli.places import NOTHING_FOUND, SCHEME, S3Place, files
from serverless_dicom_cli.problems import cause_of, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_dicom_cli.aws import Aws

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_USERINFO = re.compile(r"//[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Input:
    """An object to draw: where it is, how it is called to people, and its name, the path of its picture but the suffix.

    What is shown of a URL has neither credentials nor a query.
    """

    place: str
    shown: str
    name: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A path that stands for nothing, and why."""

    shown: str
    code: str
    message: str


def is_url(place: str) -> bool:
    """Whether a place is addressed by a URL, `s3://` included."""
    return _URL.match(place) is not None


def inputs(paths: tuple[str, ...], aws: Aws) -> Iterator[Input | Missing]:
    """Yield what the paths stand for: a file or object by its own name, those below a folder by their path below it."""
    for path in paths:
        if path.startswith(SCHEME):
            yield from _of_s3(path, aws)
        elif is_url(path):
            yield _of_url(path)
        else:
            yield from _of_files(path)


def _of_files(path: str) -> Iterator[Input | Missing]:
    root, found = Path(path), False
    for file in files(root):
        found = True
        name = file.name if file == root else file.relative_to(root).as_posix()
        yield Input(str(file), str(file), name or "dicom")
    if not found:
        yield Missing(path, NOTHING_FOUND, "the folder is empty")


def _of_s3(url: str, aws: Aws) -> Iterator[Input | Missing]:
    place = S3Place.of(url)
    if not place.is_prefix:
        yield _named(url, url, place.key.rpartition("/")[2])
        return
    from serverless_dicom.faults import translated

    found = False
    try:
        with translated(f"listing {url}"):
            for key in place.keys(aws.s3):
                found = True
                object_url = f"{SCHEME}{place.bucket}/{key}"
                yield _named(object_url, object_url, key.removeprefix(place.key))
    except ServerlessDicomError as error:
        yield Missing(url, error.code, explain(cause_of(error)))
        return
    if not found:
        yield Missing(url, NOTHING_FOUND, "no key begins so")


def _of_url(url: str) -> Input | Missing:
    from serverless_dicom.sources.address import parse_address

    try:
        address = parse_address(url)
    except ServerlessDicomError as error:
        return Missing(_USERINFO.sub("//", url.partition("?")[0]), error.code, str(error))
    return _named(url, address.shown, unquote(address.path.rpartition("/")[2]) or address.host)


def _named(place: str, shown: str, name: str) -> Input | Missing:
    """An object of that name, unless the name would lead out of the folder that pictures are written to."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if not parts or ".." in parts or "\0" in name:
        return Missing(
            shown, InvalidRequest.code, "its name is none that a file may have: download it, then convert it"
        )
    return Input(place, shown, "/".join(parts))
