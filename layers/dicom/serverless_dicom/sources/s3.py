"""Objects of S3, read with the caller's own permissions: so only of buckets that an operator named."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from serverless_dicom.errors import SourceNotAllowed
from serverless_dicom.sources.stored import StoredRanges, told_as_source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.sources.address import Address
    from serverless_dicom.sources.deadline import Deadline


class S3Source:
    """Objects of the buckets on a list, opened by `open_object(bucket, key, version_id)`.

    However a URL names an object, with or without a signature in its query, the list and the role of whoever opens it
    decide. An entry is a bucket, or a bucket and the beginning of its keys: `bucket/prefix`.
    """

    def __init__(
        self, allowed_buckets: Collection[str], open_object: Callable[[str, str, str | None], ByteRanges]
    ) -> None:
        """Open nothing yet."""
        self._allowed = [entry.partition("/")[::2] for entry in allowed_buckets if entry]
        self._open = open_object

    @contextmanager
    def open(self, address: Address, deadline: Deadline) -> Iterator[ByteRanges]:
        """The object's bytes. Raises SourceNotAllowed, ObjectNotFound, SourceFailed or SourceTimeout."""
        if not any(address.bucket == bucket and address.key.startswith(prefix) for bucket, prefix in self._allowed):
            raise SourceNotAllowed(
                f"{address.shown} is in no bucket that may be read; an operator may name it in the parameter "
                "AllowedBuckets"
            )
        with told_as_source(deadline):
            ranges = self._open(address.bucket, address.key, address.version_id)
        yield StoredRanges(ranges, deadline)
