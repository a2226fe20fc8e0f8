"""The sources of one installation, by kind: what an operator allows, and who opens objects of stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serverless_dicom.sources.ftp import FtpSource
from serverless_dicom.sources.guard import Guard
from serverless_dicom.sources.http import HttpSource
from serverless_dicom.sources.r2 import R2Source
from serverless_dicom.sources.s3 import S3Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.sources import Source


def registry(
    *,
    buckets: tuple[Collection[str], Callable[[str, str, str | None], ByteRanges]],
    accounts: tuple[Collection[str], Callable[[str, str, str], ByteRanges]],
    hosts: Collection[str],
    ftp: bool,
) -> dict[str, Source]:
    """The four sources.

    `buckets` of S3 and `accounts` of R2 that may be read, each with what opens an object there; `hosts` and networks
    that are fetched from though they are not public; whether anything is fetched by FTP. Raises InvalidSetting.
    """
    guard = Guard(hosts)
    return {
        "s3": S3Source(*buckets),
        "r2": R2Source(*accounts),
        "ftp": FtpSource(guard, allowed=ftp),
        "http": HttpSource(guard),
    }
