"""An input -> its bytes, by range."""

# ruff: noqa: PLC0415 - what speaks with servers is imported for URLs only
from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from serverless_dicom.header.ranges import FileRanges
from serverless_dicom_cli.inputs import is_url
from serverless_dicom_cli.places import SCHEME, S3Place, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.sources import Source
    from serverless_dicom.sources.address import Address
    from serverless_dicom.sources.deadline import Deadline
    from serverless_dicom_cli.aws import Aws

SECONDS_TO_FETCH = 60.0
"""Of the wall clock, that all of the bytes that are needed of a URL may take."""

_SIGNATURE = "signature="


@contextmanager
def opened(place: str, aws: Aws) -> Iterator[ByteRanges]:
    """Open a file, an object of S3 with the user's own credentials, or what a URL addresses.

    Raises OSError for files, and what sources and stores raise.
    """
    if not is_url(place):
        with open_regular(Path(place)) as file:
            yield FileRanges.of(file)
        return
    from serverless_dicom.sources.deadline import Deadline

    deadline = Deadline(SECONDS_TO_FETCH)
    if place.startswith(SCHEME):
        found = S3Place.of(place)
        yield _stored(aws, found.bucket, found.key, None, deadline)
        return
    address = _address(place)
    if address.kind == "s3":
        yield _stored(aws, address.bucket, address.key, address.version_id, deadline)
        return
    with _source(address).open(address, deadline) as ranges:
        yield ranges


def _address(url: str) -> Address:
    """The address of a URL; where it is signed, its signature is asked for, and not the user's own credentials."""
    from serverless_dicom.sources.address import parse_address

    address, query = parse_address(url), url.partition("#")[0].partition("?")[2]
    if address.kind in {"s3", "r2"} and _SIGNATURE in query.lower():
        return replace(address, kind="http", target=f"{address.path}?{query}")
    return address


def _stored(aws: Aws, bucket: str, key: str, version_id: str | None, deadline: Deadline) -> ByteRanges:
    from serverless_dicom.sources.stored import StoredRanges, told_as_source
    from serverless_dicom.stores.objects import S3Object

    with told_as_source(deadline):
        return StoredRanges(S3Object.open(aws.s3, bucket, key, version_id), deadline)


def _source(address: Address) -> Source:
    """Where an address is fetched from. The user typed it, so it may lead anywhere; what it redirects to may not."""
    from serverless_dicom.sources.ftp import FtpSource
    from serverless_dicom.sources.guard import Guard
    from serverless_dicom.sources.http import HttpSource

    if address.kind == "r2":
        return _r2_source(address)
    host = f"[{address.host}]" if ":" in address.host else address.host
    guard = Guard([f"{host}:{address.port}"])
    return FtpSource(guard, allowed=True) if address.kind == "ftp" else HttpSource(guard)


def _r2_source(address: Address) -> Source:
    """The account that the URL names, with the keys of R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY."""
    import os

    from serverless_dicom.runtime.clients import r2, secrets
    from serverless_dicom.runtime.secrets import R2Keys
    from serverless_dicom.sources.r2 import R2Source
    from serverless_dicom.stores.objects import S3Object

    keys, account = R2Keys(os.environ, "", secrets), address.endpoint.removeprefix("https://").partition(".")[0]
    return R2Source([account], lambda endpoint, *name: S3Object.open(r2(endpoint, *keys()), *name))
