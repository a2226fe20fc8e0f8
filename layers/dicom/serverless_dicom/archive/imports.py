"""A shard of an import: copied where it has to be, given to HealthImaging, and what became of its files.

Every step may be called again and does the same then: what is written is written in place, and HealthImaging takes a
client token that it has seen for the job that it has.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from serverless_dicom.archive.copying import copied
from serverless_dicom.archive.outcome import outcome_of
from serverless_dicom.archive.places import Place
from serverless_dicom.archive.planning import SKIPPED
from serverless_dicom.archive.refusals import code_of
from serverless_dicom.errors import ArchiveBusy, ArchiveRefused, ImportJobFailed, ObjectNotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.documents import Documents
    from serverless_dicom.archive.outcome import Note, Outcome

_OVER = frozenset({"COMPLETED", "FAILED"})
_QUOTA = "ServiceQuotaExceededException"


@dataclass(frozen=True, slots=True)
class ShardImport:
    """One shard, as the plan has it, of the import `job_id`; `role_arn` is what HealthImaging reads and writes as."""

    s3: S3Client
    archive: HealthImaging
    documents: Documents
    job_id: str
    role_arn: str
    shard: dict[str, Any]

    def start(self) -> str:
        """Start HealthImaging's job, whose id this is; a shard that is to be copied is copied before.

        Raises ArchiveRefused, ArchiveBusy (also while HealthImaging has as many jobs as it takes) or TransientError.
        """
        if self.shard["copied"]:
            self._copy()
        name = f"{self.job_id}/{self._number}"
        token, output = sha256(name.encode()).hexdigest(), self.documents.uri(f"healthimaging/{self._number}/")
        try:
            return str(self.archive.start_import(self.role_arn, self.shard["input"], output, token, name)["jobId"])
        except ArchiveRefused as error:
            if isinstance(error.__cause__, ClientError) and code_of(error.__cause__) == _QUOTA:
                raise ArchiveBusy("HealthImaging has as many import jobs as it takes at once") from error
            raise

    def is_over(self, import_id: str) -> bool:
        """Whether HealthImaging's job has ended. Raises ArchiveError or ArchiveBusy."""
        return self.archive.import_job(import_id)["jobStatus"] in _OVER

    def collect(self, import_id: str) -> dict[str, int]:
        """Write down what became of each file; returns how many were imported, failed, or taken with a warning.

        Files that the plan knows not to be DICOM, and that HealthImaging refused therefore, have not failed. Raises
        ImportJobFailed where the job failed as a whole, ArchiveError, ArchiveBusy or TransientError.
        """
        job = self.archive.import_job(import_id)
        if job["jobStatus"] == "FAILED":
            message = job.get("message") or "HealthImaging does not say why"
            raise ImportJobFailed(f"HealthImaging's job {import_id} failed: {message}")
        outcome = outcome_of(self.s3, job)
        skipped = {row["key"] for row in self.documents.lines(SKIPPED)}
        names = self._names()
        failures = [told for note in outcome.failures if (told := _told(note, names))["file"] not in skipped]
        failures += [
            {"file": key, "code": ObjectNotFound.code, "message": "it was removed before it could be copied"}
            for key in self.documents.read(f"keys/{self._number}.missing.json") or ()
        ]
        unnamed = outcome.failed - len(outcome.failures)
        warnings = [_told(note, names) for note in outcome.warnings]
        return self._keep(outcome, len(failures) + unnamed, failures, warnings)

    def lose(self, code: str, message: str) -> dict[str, int]:
        """Write down that the shard was not imported as a whole; returns numbers as `collect` does."""
        whole = {"file": self.shard["source"], "code": code, "message": message}
        return self._keep(None, self.shard["importable"], [whole], [])

    @property
    def _number(self) -> int:
        return int(self.shard["number"])

    def _keep(
        self, outcome: Outcome | None, failed: int, failures: list[dict[str, str]], warnings: list[dict[str, str]]
    ) -> dict[str, int]:
        numbers = {"imported": outcome.imported if outcome else 0, "failed": failed, "warnings": len(warnings)}
        folder = f"shards/{self._number}"
        self.documents.write_lines(f"{folder}/failures.ndjson", failures)
        self.documents.write_lines(f"{folder}/warnings.ndjson", warnings)
        made = [asdict(one) for one in (outcome.image_sets if outcome else ())]
        self.documents.write(f"{folder}/outcome.json", {"numbers": numbers, "image_sets": made})
        return numbers

    def _copy(self) -> None:
        names = self._names()
        source, target = Place.of(self.shard["source"]), Place.of(self.shard["input"])
        if source and target:
            missing = copied(self.s3, (source.bucket, list(names.values())), (target.bucket, list(names)))
            self.documents.write(f"keys/{self._number}.missing.json", missing)

    def _names(self) -> dict[str, str]:
        """The keys of the shard's copies, with those that they are copies of."""
        target = Place.of(self.shard["input"]) if self.shard["copied"] else None
        if not target:
            return {}
        keys: list[str] = self.documents.read(f"keys/{self._number}.json") or []
        return {f"{target.prefix}{number:05}.dcm": key for number, key in enumerate(keys)}


def _told(note: Note, names: dict[str, str]) -> dict[str, str]:
    return {"file": names.get(note.key, note.key), "code": note.code, "message": note.message}
