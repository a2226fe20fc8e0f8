"""What will be imported, said before anything is: which files of a place, and in which shards."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.archive.listing import listed, looked_at, measured
from serverless_dicom.archive.places import Place
from serverless_dicom.archive.sharding import Shard, packed, shards
from serverless_dicom.errors import FileTooLarge, NothingToImport

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from serverless_dicom.archive.documents import Documents

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


def planned(client: S3Client, documents: Documents, source: Place, staging_bucket: str, seconds: float) -> Plan:
    """List the source, look at each file, split what there is into shards, and write the plan down.

    An import of single objects has them in the document LIST; they are copied, and so is one that was named itself.
    Raises NothingToImport, TooManyFiles, ObjectNotFound or TransientError.
    """
    place, keys = source, [str(row["key"]) for row in documents.lines(LIST)]
    if keys:
        files = measured(client, place.bucket, keys)
    else:
        place, files = listed(client, source)
    verdicts = list(looked_at(client, place.bucket, files, seconds))
    documents.write_lines(SKIPPED, (asdict(verdict) for _, verdict in verdicts if verdict))
    reasons = Counter(verdict.code for _, verdict in verdicts if verdict)
    good = {file.key for file, verdict in verdicts if not verdict}
    if not good:
        told = ", ".join(f"{number} {code}" for code, number in sorted(reasons.items())) or "nothing at all"
        raise NothingToImport(f"{place.uri} holds no DICOM file that can be imported, but {told}")
    if keys or not place.is_folder:
        split = packed(file for file in files if file.key in good)
    else:
        split = shards(place.prefix, files)
    wanted = [shard for shard in split if any(file.key in good for file in shard.files)]
    staging = Place(staging_bucket, f"staging/{documents.prefix.removeprefix('imports/')}")
    tasks = tuple(_task(documents, number, shard, (place, staging), good) for number, shard in enumerate(wanted))
    documents.write(PLAN, tasks)
    counts = {"found": len(files), "bytes": sum(file.size for file in files)}
    refused = reasons.pop(FileTooLarge.code, 0)
    return Plan(counts | {"skipped": reasons.total(), "failed": refused}, dict(reasons), tasks)


def _task(
    documents: Documents, number: int, shard: Shard, places: tuple[Place, Place], good: set[str]
) -> dict[str, Any]:
    """A shard as the workflow has it; the keys of one that is copied are in a document of their own."""
    place, staging = places
    importable = [file.key for file in shard.files if file.key in good]
    is_copied = shard.prefix is None
    source = Place(place.bucket, shard.prefix or "").uri
    if is_copied:
        documents.write(f"keys/{number}.json", importable)
    return {
        "number": number,
        "source": source,
        "input": Place(staging.bucket, f"{staging.prefix}{number}/").uri if is_copied else source,
        "copied": is_copied,
        "files": len(importable) if is_copied else len(shard.files),
        "importable": len(importable),
        "bytes": shard.size,
    }
