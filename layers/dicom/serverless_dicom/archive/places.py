"""`s3://bucket/prefix` <-> a bucket and what keys begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from serverless_dicom.errors import SourceNotAllowed
from serverless_dicom.fields import Fields

EXAMPLE = '{"source": "s3://bucket/study/"}'
"""The request of an import."""

MAX_SOURCE = 1_024
"""Characters of a source."""

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket, and what keys begin with: a folder where that ends in `/` or is empty, else a folder or one object."""

    bucket: str
    prefix: str = ""

    @classmethod
    def of(cls, uri: str) -> Place | None:
        """The place that a URI names; None where it is none of S3."""
        found = _URI.fullmatch(uri)
        return cls(found[1], found[2] or "") if found else None

    @property
    def uri(self) -> str:
        """The place as a URI."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def is_folder(self) -> bool:
        """Whether everything below it is meant."""
        return not self.prefix or self.prefix.endswith("/")

    def key_of(self, name: str) -> str:
        """The key of a file as HealthImaging names it: as a key, as a URI, or below this prefix."""
        key = name.removeprefix(f"s3://{self.bucket}/").removeprefix("/")
        return key if key.startswith(self.prefix) else self.prefix + key


def parse_source(sent: Any, allowed_buckets: frozenset[str]) -> Place:
    """The place that a request for an import names.

    Raises InvalidRequest, which names each field that is wrong or unknown, or SourceNotAllowed for a bucket that no
    operator has named.
    """
    fields = Fields.of(sent, EXAMPLE)
    text = fields.text("source", "a place such as s3://bucket/study/", MAX_SOURCE)
    place = Place.of(text) if text else None
    if text and not place:
        fields.problems.append("source must be a place such as s3://bucket/study/, got something else")
    fields.finish()
    if not place or place.bucket not in allowed_buckets:
        raise SourceNotAllowed(
            "source is in no bucket that may be imported from; an operator may name it in the parameter AllowedBuckets"
        )
    return place
