"""A change of an object -> the tables: the one rule by which rows come, change and go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from serverless_dicom.errors import ObjectNotFound, RejectedObject, TransientError
from serverless_dicom.faults import translated
from serverless_dicom.header import read_header
from serverless_dicom.stores.ledger import Entry, Ledger
from serverless_dicom.stores.objects import S3Object
from serverless_dicom.stores.rows import ObjectRow, object_row

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from serverless_dicom.change import ObjectChange

Result: TypeAlias = Literal["indexed", "rejected", "deleted", "unchanged"]

ATTEMPTS = 5
"""Times that an object is looked at again because another worker changed its entry meanwhile."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change led to; `error` says why an object was rejected, or that it is not there."""

    uri: str
    result: Result
    error: RejectedObject | ObjectNotFound | None = None


@dataclass(frozen=True, slots=True)
class Indexer:
    """Applies changes, in any order and any number of times.

    A change older than the newest known one of its object changes nothing. One that says "created" makes the tables
    tell what the bucket holds now; one that says "deleted" removes the object, unless only a version of it went or
    nobody knows when. What was read is written only if nobody wrote in between.
    """

    s3: S3Client
    ledger: Ledger
    header_bucket: str

    def apply(self, change: ObjectChange) -> Outcome:
        """Apply one change. Raises TransientError."""
        put = set[str | None]()
        for _ in range(ATTEMPTS):
            seen = self.ledger.entry(change.uri)
            if seen and seen.obsolete_header_key and not (seen := self._tidied(change.uri, seen)):
                continue
            if seen and change.order and change.order <= seen.order:
                self._remove(change.uri, put - {seen.header_key})
                return Outcome(change.uri, "unchanged")
            order = change.order or (seen.order if seen else "")
            try:
                outcome, entry, new = self._look(change, seen, order)
            except ObjectNotFound:  # it went while it was read
                continue
            if entry is None:
                return outcome
            if new and new.header_key:
                self._keep(change.uri, new)
                put.add(new.header_key)
            if self._write(change.uri, seen, entry, new):
                self._remove(change.uri, put - {entry.header_key})
                return outcome
        raise TransientError(f"{change.uri} kept changing while it was indexed")

    def _look(
        self, change: ObjectChange, seen: Entry | None, order: str
    ) -> tuple[Outcome, Entry | None, ObjectRow | None]:
        """What the bucket holds now, and what the tables have to say of it; no entry where they know nothing of it."""
        uri = change.uri
        if change.kind == "deleted" and change.order and change.version_id is None:
            return Outcome(uri, "deleted"), Entry("deleted", order), None
        try:
            found = S3Object.open(self.s3, change.bucket, change.key)
        except ObjectNotFound as error:
            known = change.kind == "deleted" or seen
            outcome = Outcome(uri, "deleted", None if change.kind == "deleted" else error)
            return outcome, Entry("deleted", order) if known else None, None
        try:
            new = object_row(read_header(found, uri), found, uri, order)
        except RejectedObject as error:
            entry = Entry("rejected", order, found.version_id, reason_code=error.code, reason=str(error))
            return Outcome(uri, "rejected", error), entry, None
        row = new.row
        entry = Entry("indexed", order, found.version_id, row["StudyInstanceUID"], row["SortKey"], new.header_key)
        return Outcome(uri, "indexed"), entry, new

    def _write(self, uri: str, seen: Entry | None, entry: Entry, new: ObjectRow | None) -> bool:
        """Write the tables, then remove the large header that they no longer point to.

        Until it is removed the ledger remembers it: a delivery that ends halfway is finished by the next.
        """
        if seen and seen.header_key != entry.header_key:
            entry = replace(entry, obsolete_header_key=seen.header_key)
        written = self.ledger.write(uri, seen, entry, new.row if new else None)
        if written and written.obsolete_header_key:
            self._tidied(uri, written)
        return written is not None

    def _tidied(self, uri: str, entry: Entry) -> Entry | None:
        """The entry without its obsolete header, which is removed; None where somebody else changed it."""
        self._remove(uri, {entry.obsolete_header_key})
        return self.ledger.write(uri, entry, replace(entry, obsolete_header_key=None), None)

    def _keep(self, uri: str, new: ObjectRow) -> None:
        """Put a large header where the row will point to."""
        with translated(f"keeping the header of {uri}"):
            self.s3.put_object(
                Bucket=self.header_bucket,
                Key=str(new.header_key),
                Body=new.header,
                ContentType="application/dicom+json",
                ContentEncoding="gzip",
            )

    def _remove(self, uri: str, header_keys: set[str | None]) -> None:
        """Remove large headers to which no row points."""
        with translated(f"removing an old header of {uri}"):
            for key in header_keys - {None}:
                self.s3.delete_object(Bucket=self.header_bucket, Key=str(key))
