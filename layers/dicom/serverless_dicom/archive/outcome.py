"""What HealthImaging wrote of an import job: its manifest and its NDJSON -> what became of each file.

Sources disagree on whether the output place that GetDICOMImportJob returns already ends in the job's own folder, so
both places are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.places import Place
from serverless_dicom.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3 import S3Client

MANIFEST = "job-output-manifest.json"
MAX_MESSAGE = 500
"""Characters of a message of HealthImaging that are kept."""

_PARTS = {
    "success": ("successOutputS3Uri", "SUCCESS/success.ndjson"),
    "failure": ("failureOutputS3Uri", "FAILURE/failure.ndjson"),
    "warning": ("warningsOutputS3Uri", "WARNING/warning.ndjson"),
}


@dataclass(frozen=True, slots=True)
class Note:
    """What HealthImaging says of a file that it refused, or took with a warning; `key` is the file's in the bucket."""

    key: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class MadeImageSet:
    """An image set that an import made, or gave a new version, and how many instances of it came from there."""

    image_set_id: str
    version: str | None
    is_primary: bool
    instances: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Files by number, and those that are worth a word. `failed` may be more than there are notes of failures."""

    scanned: int
    imported: int
    failed: int
    image_sets: tuple[MadeImageSet, ...]
    failures: tuple[Note, ...]
    warnings: tuple[Note, ...]


def outcome_of(client: S3Client, job: Mapping[str, Any]) -> Outcome:
    """What became of a job that is over, by its properties (those of GetDICOMImportJob).

    Raises TransientError where its manifest is not there (yet), or is no manifest.
    """
    folder, summary = _manifest(client, job)
    source = Place.of(str(job["inputS3Uri"])) or Place("")
    successes = list(_lines(client, folder, summary, "success"))
    failures = tuple(_note(line, source) for line in _lines(client, folder, summary, "failure"))
    failed = _number(summary, "numberOfFilesWithCustomerError") + _number(summary, "numberOfFilesWithServerError")
    return Outcome(
        scanned=_number(summary, "numberOfScannedFiles"),
        imported=_number(summary, "numberOfImportedFiles") or len(successes),
        failed=max(failed, len(failures)),
        image_sets=_image_sets(summary, successes),
        failures=failures,
        warnings=tuple(_note(line, source) for line in _lines(client, folder, summary, "warning")),
    )


def _manifest(client: S3Client, job: Mapping[str, Any]) -> tuple[Documents, Mapping[str, Any]]:
    """The folder that a job wrote into, and the summary in its manifest."""
    place = Place.of(str(job["outputS3Uri"]))
    if place:
        base = f"{place.prefix.rstrip('/')}/".removeprefix("/")
        for folder in (f"{base}{job['datastoreId']}-DicomImport-{job['jobId']}/", base):
            documents = Documents(client, place.bucket, folder)
            manifest = documents.read(MANIFEST)
            if isinstance(manifest, dict) and isinstance(manifest.get("jobSummary"), dict):
                return documents, manifest["jobSummary"]
    raise TransientError(f"import job {job['jobId']} is over, but its manifest is not where HealthImaging says")


def _lines(client: S3Client, folder: Documents, summary: Mapping[str, Any], part: str) -> Iterator[dict[str, Any]]:
    """The lines of one of the files: where the manifest says, which may be its folder, or else at the usual place."""
    name, usual = _PARTS[part]
    told = Place.of(str(summary.get(name) or ""))
    if not told:
        return folder.lines(usual)
    ending = "" if told.prefix.endswith(".ndjson") else f"/{part}.ndjson"
    return Documents(client, told.bucket).lines(f"{told.prefix.rstrip('/')}{ending}")


def _image_sets(summary: Mapping[str, Any], successes: list[dict[str, Any]]) -> tuple[MadeImageSet, ...]:
    """The image sets of the summary, and those that only single files tell of."""
    found: dict[str, MadeImageSet] = {}
    for one in summary.get("imageSetsSummary") or []:
        made = _made(one, int(one.get("numberOfMatchedSOPInstances") or 0))
        found[made.image_set_id] = made
    counted: dict[str, MadeImageSet] = {}
    for line in successes:
        if (response := line.get("importResponse")) and response.get("imageSetId"):
            before = counted.get(response["imageSetId"])
            counted[response["imageSetId"]] = _made(response, (before.instances if before else 0) + 1)
    return tuple((counted | found).values())


def _made(found: Mapping[str, Any], instances: int) -> MadeImageSet:
    version = found.get("imageSetVersion")
    is_primary = str(found.get("isPrimary")).lower() == "true"
    return MadeImageSet(str(found["imageSetId"]), None if version is None else str(version), is_primary, instances)


_TOLD = ("exception", "warnings", "warning")
"""What may tell of a file: sources disagree on where and how warnings stand."""


def _note(line: Mapping[str, Any], source: Place) -> Note:
    response = line.get("importResponse")
    places = [line, response] if isinstance(response, dict) else [line]
    told: Any = next((found for one in places for name in _TOLD if (found := one.get(name))), line)
    notes = [one if isinstance(one, dict) else {"message": one} for one in (told if isinstance(told, list) else [told])]
    codes = (one.get("exceptionType") or one.get("warning_reason_code") or one.get("type") or "" for one in notes)
    message = "; ".join(str(one.get("message") or one.get("warningMessage") or "") for one in notes)
    key = source.key_of(str(line.get("inputFile") or ""))
    return Note(key, ", ".join(dict.fromkeys(map(str, filter(None, codes)))), message[:MAX_MESSAGE])


def _number(summary: Mapping[str, Any], name: str) -> int:
    try:
        return int(summary.get(name) or 0)
    except (TypeError, ValueError):
        return 0
