"""A URL -> its bytes, from S3, R2, FTP or HTTP, as far as they may be fetched."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from serverless_dicom.errors import SourceNotAllowed
from serverless_dicom.sources.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.sources.address import Address


class Source(Protocol):
    """Where bytes come from: one method, and a peer of it for each kind of address."""

    def open(self, address: Address, deadline: Deadline) -> AbstractContextManager[ByteRanges]:
        """The bytes at an address, to be read until the deadline.

        Raises ObjectNotFound, SourceNotAllowed, SourceTooLarge, SourceFailed or SourceTimeout; so do reads.
        """
        ...


@contextmanager
def open_source(address: Address, sources: Mapping[str, Source], seconds: float) -> Iterator[ByteRanges]:
    """The bytes at an address; `sources` is the registry, by its kind: `{"s3": S3Source(…), "http": …}`.

    `seconds` limit opening and all reads together. Nothing is left over at the end: neither a connection, nor a thread,
    nor a file. Raises what a source's `open` raises.
    """
    source = sources.get(address.kind)
    if source is None:
        raise SourceNotAllowed(f"nothing is fetched from sources of type {address.kind}")
    with source.open(address, Deadline(seconds)) as ranges:
        yield ranges
