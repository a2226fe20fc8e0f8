"""Hosts of S3 and R2 -> the bucket and the key that a URL there means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from serverless_dicom.errors import InvalidRequest

BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
"""A bucket's name; capitals and underscores are of the oldest ones."""

_AWS = re.compile(r"(?P<labels>.+)\.amazonaws\.com(?:\.cn)?")
_REGION = r"[a-z]{2}(?:-[a-z]+)+-[0-9]+"
_ENDPOINT = re.compile(
    rf"(?:(?P<bucket>.+)\.)?(?:s3(?:[.-]{_REGION}|\.dualstack\.{_REGION}|-external-1)?"
    rf"|s3-fips(?:\.dualstack)?\.{_REGION}|s3-accelerate(?:\.dualstack)?)"
)
_R2 = ".r2.cloudflarestorage.com"
_JURISDICTIONS = ("eu", "fedramp")


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket and a key of S3, as they stood in a URL."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class R2Place:
    """A bucket and a key of R2, and the account's address, which its S3 API answers at."""

    bucket: str
    key: str
    endpoint: str


def place_of(host: str, path: str) -> S3Place | R2Place | None:
    """What a host and a path mean in S3 or R2, still percent-encoded; None for any other host.

    Raises InvalidRequest for hosts of S3 that mean something else: access points, websites, directory buckets.
    """
    if host.endswith(_R2):
        return _of_r2(host.removesuffix(_R2).split("."), path)
    labels = _AWS.fullmatch(host)
    if not labels or not any(label.startswith("s3") for label in labels["labels"].split(".")):
        return None
    found = _ENDPOINT.fullmatch(labels["labels"])
    if not found:
        raise InvalidRequest("url: this host of S3 is not understood; expected s3://bucket/key")
    return S3Place(*_bucket_and_key(found["bucket"], path))


def _of_r2(labels: list[str], path: str) -> R2Place:
    """`<account>` or `<account>.<jurisdiction>`, before either of which the bucket may stand."""
    jurisdiction = [labels.pop()] if len(labels) > 1 and labels[-1] in _JURISDICTIONS else []
    account = labels.pop()
    endpoint = "https://" + ".".join([account, *jurisdiction]) + _R2
    return R2Place(*_bucket_and_key(".".join(labels), path), endpoint)


def _bucket_and_key(bucket: str | None, path: str) -> tuple[str, str]:
    key = path.removeprefix("/")
    if bucket:
        return bucket, key
    first, _, rest = key.partition("/")
    return first, rest
