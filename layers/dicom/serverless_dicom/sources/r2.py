"""Objects of Cloudflare R2, by its S3 API: only of accounts that an operator named."""

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


class R2Source:
    """Objects of the accounts on a list, opened by `open_object(endpoint, bucket, key)`.

    The endpoint is the account's own, `https://<account>[.<jurisdiction>].r2.cloudflarestorage.com`.
    """

    def __init__(self, accounts: Collection[str], open_object: Callable[[str, str, str], ByteRanges]) -> None:
        """Open nothing yet."""
        self._accounts = frozenset(account.lower() for account in accounts if account)
        self._open = open_object

    @contextmanager
    def open(self, address: Address, deadline: Deadline) -> Iterator[ByteRanges]:
        """The object's bytes. Raises SourceNotAllowed, ObjectNotFound, SourceFailed or SourceTimeout."""
        account = address.endpoint.removeprefix("https://").partition(".")[0]
        if account not in self._accounts:
            raise SourceNotAllowed(
                f"{address.shown} is of no R2 account that may be read; an operator may name it in the parameter "
                "R2AccountIds"
            )
        with told_as_source(deadline):
            ranges = self._open(address.endpoint, address.bucket, address.key)
        yield StoredRanges(ranges, deadline)
