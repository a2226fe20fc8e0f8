"""The headers of local files and of objects in S3, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from serverless_dicom.errors import RejectedObject, ServerlessDicomError
from serverless_dicom.faults import translated
from serverless_dicom.header import Header, read_header
from serverless_dicom.header.ranges import FileRanges
from serverless_dicom.stores.objects import S3Object
from serverless_dicom_cli.parallel import in_order
from serverless_dicom_cli.places import NOTHING_FOUND, SCHEME, UNREADABLE, S3Place, files, open_regular
from serverless_dicom_cli.problems import cause_of, explain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client

    from serverless_dicom_cli.aws import Aws


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one path: its header, or the code and the text of an error."""

    path: str
    header: Header | None = None
    code: str = ""
    message: str = ""


def readings(paths: Iterable[str], aws: Aws) -> Iterator[Reading]:
    """Read what the paths stand for, holding a few headers at a time however many there are."""
    for path in paths:
        nothing = True
        for reading in _of_s3(path, aws) if path.startswith(SCHEME) else _of_files(path):
            nothing = False
            yield reading
        if nothing:
            yield Reading(path, code=NOTHING_FOUND, message="nothing is there")


def _of_files(path: str) -> Iterator[Reading]:
    for file in files(Path(path)):
        try:
            with open_regular(file) as opened:
                header = read_header(FileRanges.of(opened), file.absolute().as_uri())
        except ServerlessDicomError as error:
            yield Reading(str(file), code=error.code, message=str(error))
        except OSError as error:
            yield Reading(str(file), code=UNREADABLE, message=error.strerror or type(error).__name__)
        else:
            yield Reading(str(file), header)


def _of_s3(url: str, aws: Aws) -> Iterator[Reading]:
    """Objects are opened several at once, which fetches most headers, and parsed one by one."""
    place = S3Place.of(url)
    try:
        with translated(f"listing {url}" if place.is_prefix else f"reading {url}"):
            client = aws.s3
            keys = place.keys(client) if place.is_prefix else [place.key]
            for key, found in in_order(partial(_opened, client, place.bucket), keys):
                yield _of_object(f"{SCHEME}{place.bucket}/{key}", found)
    except ServerlessDicomError as error:
        yield Reading(url, code=error.code, message=explain(cause_of(error)))


def _of_object(uri: str, found: S3Object | ServerlessDicomError) -> Reading:
    try:
        if isinstance(found, ServerlessDicomError):
            raise found
        return Reading(uri, read_header(found, uri))
    except RejectedObject as error:
        return Reading(uri, code=error.code, message=str(error))
    except ServerlessDicomError as error:
        return Reading(uri, code=error.code, message=explain(cause_of(error)))


def _opened(client: S3Client, bucket: str, key: str) -> tuple[str, S3Object | ServerlessDicomError]:
    try:
        return key, S3Object.open(client, bucket, key)
    except ServerlessDicomError as error:
        return key, error
