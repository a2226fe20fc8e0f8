"""What will be imported, said before anything is: which files of a place, and in which shards."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.archive.listing import listed, looked_at, measured
from serverless_dicom.archive.places import Place
from serverless_dicom.archive.sharding import QUOTAS, Limits, Shard, packed, shards
from serverless_dicom.errors import FileTooLarge, NothingToImport, TooManyFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from serverless_dicom.archive.documents import Documents

MAX_SHARDS = 300
"""Shards of one import: its row names them all."""

PLAN, SKIPPED, LIST = "plan.json", "skipped.ndjson", "objects.ndjson"
"""Documents: the shards; the files that are not imported; the keys of an import that is of no prefix."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`counts` are files (found, skipped, failed: those that are too large) and bytes.

    `skipped` are files by the code of what is the matter with them. `shards` are what the workflow works at: number,
    source, what HealthImaging gets as its input, files, how many of them are importable, bytes, and whether they are
    copied first.
    """

    counts: dict[str, int]
    skipped: dict[str, int]
    shards: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans imports, and writes the plan down; copies will lie in `staging_bucket`."""

    client: S3Client
    documents: Documents
    staging_bucket: str
    limits: Limits = QUOTAS

    def plan(self, source: Place, seconds: float) -> Plan:
        """List the source, look at each file within `seconds`, and split what there is into shards.

        An import of single objects has them in the document LIST; they are copied, and so is one that was named itself.
        Raises NothingToImport, TooManyFiles, ObjectNotFound or TransientError.
        """
        place, keys = source, [str(row["key"]) for row in self.documents.lines(LIST)]
        if keys:
            files = measured(self.client, place.bucket, keys)
        else:
            place, files = listed(self.client, source)
        verdicts = list(looked_at(self.client, place.bucket, files, seconds, self.limits))
        self.documents.write_lines(SKIPPED, (asdict(verdict) for _, verdict in verdicts if verdict))
        reasons = Counter(verdict.code for _, verdict in verdicts if verdict)
        good = {file.key for file, verdict in verdicts if not verdict}
        if not good:
            told = ", ".join(f"{number} {code}" for code, number in sorted(reasons.items())) or "nothing at all"
            raise NothingToImport(f"{place.uri} holds no DICOM file that can be imported, but {told}")
        if keys or not place.is_folder:
            split = packed((file for file in files if file.key in good), self.limits)
        else:
            split = shards(place.prefix, files, self.limits)
        wanted = [shard for shard in split if any(file.key in good for file in shard.files)]
        if len(wanted) > MAX_SHARDS:
            raise TooManyFiles(
                f"{place.uri} takes {len(wanted)} jobs of HealthImaging, and one import has {MAX_SHARDS} at most: "
                "import the folders below it one by one"
            )
        tasks = tuple(self._task(number, shard, place.bucket, good) for number, shard in enumerate(wanted))
        self.documents.write(PLAN, tasks)
        counts = {"found": len(files), "bytes": sum(file.size for file in files)}
        refused = reasons.pop(FileTooLarge.code, 0)
        return Plan(counts | {"skipped": reasons.total(), "failed": refused}, dict(reasons), tasks)

    def _task(self, number: int, shard: Shard, bucket: str, good: set[str]) -> dict[str, Any]:
        """A shard as the workflow has it; the keys of one that is copied are in a document of their own."""
        importable = [file.key for file in shard.files if file.key in good]
        is_copied = shard.prefix is None
        source = Place(bucket, shard.prefix or "").uri
        job = self.documents.prefix.removeprefix("imports/")
        if is_copied:
            self.documents.write(f"keys/{number}.json", importable)
        return {
            "number": number,
            "source": source,
            "input": Place(self.staging_bucket, f"staging/{job}{number}/").uri if is_copied else source,
            "copied": is_copied,
            "files": len(importable) if is_copied else len(shard.files),
            "importable": len(importable),
            "bytes": shard.size,
        }
