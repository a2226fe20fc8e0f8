"""What became of an import as a whole: its shards first, then the verdicts of the frames, then one status."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from serverless_dicom.archive.planning import PLAN, SKIPPED
from serverless_dicom.errors import (
    CannotImport,
    FileTooLarge,
    FramesDiffer,
    ImportInterrupted,
    ImportJobFailed,
    NothingImported,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from serverless_dicom.archive.documents import Documents

Status: TypeAlias = Literal["complete", "partial", "failed"]

BATCHES, FAILURES, WARNINGS, REPORT = "batches.json", "failures.ndjson", "warnings.ndjson", "report.json"
"""Documents: what is verified at once; the files that failed or were taken with a warning; the sum of it all."""

MAX_BATCH = 1_000
"""Instances of the image sets that one call verifies, unless one image set has more."""

AT_ONCE = 10
"""Batches that are verified at once, by the workflow's definition: each has its share of the allowed rate."""

MAX_TOLD = 100
"""Failures, warnings and frames that a job's row names, of each."""

MAX_TOLD_BYTES = 40_000
"""Bytes of JSON that these take at most, of each: keys may be long, and rows may not."""

THREADS = 16


@dataclass(frozen=True, slots=True)
class Summary:
    """What a job's row says in the end."""

    status: Status
    counts: dict[str, int]
    failures: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    frames: list[dict[str, Any]]
    """Frames that are not what was imported."""
    error: CannotImport | None


@dataclass(frozen=True, slots=True)
class Gathering:
    """What all shards together came to; `batches` of image sets are to be verified, `lost` shards have said nothing."""

    counts: dict[str, int]
    batches: int
    lost: int


def gathered(documents: Documents) -> Gathering:
    """Put together what the shards have written down, and what is to be verified.

    An image set that several shards have added to is verified once, in its newest version.
    """
    shards = [documents.read(f"shards/{task['number']}/outcome.json") for task in documents.read(PLAN) or []]
    image_sets: dict[str, dict[str, Any]] = {}
    for made in chain.from_iterable(shard["image_sets"] for shard in shards if shard):
        one = image_sets.setdefault(made["image_set_id"], {"id": made["image_set_id"], "version": "", "instances": 0})
        one["version"] = max(one["version"], made["version"] or "", key=lambda text: (len(text), text))
        one["instances"] += made["instances"]
    batches = list(_batches(list(image_sets.values())))
    documents.write(BATCHES, batches)
    refused = [row for row in documents.lines(SKIPPED) if row["code"] == FileTooLarge.code]
    told = ({"file": row["key"], "code": row["code"], "message": row["message"]} for row in refused)
    documents.write_lines(FAILURES, chain(told, _of_shards(documents, FAILURES, len(shards))))
    documents.write_lines(WARNINGS, _of_shards(documents, WARNINGS, len(shards)))
    numbers = Counter({"failed": len(refused)})
    for shard in shards:
        numbers.update(shard["numbers"] if shard else {})
    counts = {name: numbers[name] for name in ("imported", "failed", "warnings")}
    lost = sum(1 for shard in shards if not shard)
    return Gathering(counts | {"imageSets": len(image_sets)}, len(batches), lost)


def summed_up(documents: Documents) -> Summary:
    """The end of an import whose shards and image sets are done with, or were given up."""
    gathering = gathered(documents)
    counts = dict(gathering.counts)
    image_sets = [one for batch in documents.read(BATCHES) or [] for one in batch["imageSets"]]
    with ThreadPoolExecutor(THREADS) as pool:
        verified = list(pool.map(lambda one: documents.read(f"verified/{one['id']}.json") or {}, image_sets))
    unfinished = [one for one in verified if not one or one["next"] is not None]
    counts["framesVerified"] = sum(one.get("verified", 0) for one in verified)
    counts["framesMismatched"] = sum(one.get("mismatched", 0) for one in verified)
    frames = _first(chain.from_iterable(one.get("examples", []) for one in verified))
    failures, warnings = _first(documents.lines(FAILURES)), _first(documents.lines(WARNINGS))
    status, error = _verdict(counts, failures, frames, gathering.lost, unfinished)
    return Summary(status, counts, failures, warnings, frames, error)


def _verdict(
    counts: dict[str, int],
    failures: list[dict[str, Any]],
    frames: list[dict[str, Any]],
    lost: int,
    unfinished: list[dict[str, Any]],
) -> tuple[Status, CannotImport | None]:
    if counts["framesMismatched"]:
        one, wrong, all_frames = frames[0], counts["framesMismatched"], counts["framesVerified"]
        return "failed", FramesDiffer(
            f"{wrong} of {all_frames} stored frames are not what was imported, first frame {one['frame']} of instance "
            f"{one['instance']} ({one['imageFrameId']} of image set {one['imageSetId']}): {one['reason']}"
        )
    if not counts["imported"]:
        whole = next((one for one in failures if one["code"] == ImportJobFailed.code), None)
        if whole:
            return "failed", ImportJobFailed(whole["message"])
        return "failed", NothingImported(f"HealthImaging took none of the files: {counts['failed']} failed")
    if lost or unfinished:
        why = next((f": {one['error']}" for one in unfinished if one.get("error")), "")
        return "partial", ImportInterrupted(
            f"{lost} shards were given up, and {len(unfinished)} image sets could not be verified to the end{why}"
        )
    return ("partial" if counts["failed"] else "complete"), None


def _first(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first rows, as many as a job's row can name."""
    found: list[dict[str, Any]] = []
    size = 0
    for row in islice(rows, MAX_TOLD):
        size += len(json.dumps(row, ensure_ascii=False).encode())
        if size > MAX_TOLD_BYTES:
            break
        found.append(row)
    return found


def _of_shards(documents: Documents, name: str, shards: int) -> Iterator[dict[str, Any]]:
    """The lines that all shards have written down under a name."""
    return chain.from_iterable(documents.lines(f"shards/{number}/{name}") for number in range(shards))


def _batches(image_sets: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Image sets by as many as one call verifies; `share` of the allowed rate is each one's."""
    batches: list[list[dict[str, Any]]] = []
    size = 0
    for one in image_sets:
        if not batches or size + one["instances"] > MAX_BATCH:
            batches.append([])
            size = 0
        batches[-1].append(one)
        size += one["instances"]
    for number, batch in enumerate(batches):
        yield {"number": number, "imageSets": batch, "share": min(len(batches), AT_ONCE)}
