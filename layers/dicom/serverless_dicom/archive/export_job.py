"""A request to export -> objects in a bucket, with a report beside them; called again, it goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from serverless_dicom.archive.bucket import Bucket
from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.exporting import ImageSetRef, Wanted, export
from serverless_dicom.errors import ImageSetNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.imageset.request import ExportRequest

PREFIX = "exports/"
"""What the keys of all exports begin with."""

REPORT = "report.json"
THREADS = 24
"""Instances that are uploaded at once, at most."""

MOST_FAILURES = 50
"""Failures that an answer tells; its report has all of them."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """Exports image sets of a data store into a bucket."""

    archive: HealthImaging
    client: S3Client
    bucket: str

    def run(self, request: ExportRequest, stop: Callable[[], str]) -> dict[str, Any]:
        """Export, and tell what became of it: `status`, `counts`, where the objects and the report are, failures.

        `status` is `complete`; `partial` where something failed, or `stop` gave a reason to end, which the same
        request goes on after; `failed` where nothing is there. What an earlier call wrote of the same versions in the
        same form is not written again. Raises ImageSetNotFound, ArchiveRefused, ArchiveBusy or TransientError.
        """
        documents = Documents(self.client, self.bucket, f"{PREFIX}{request.prefix}/")
        image_sets = self._image_sets(request)
        origin = {
            "datastoreId": self.archive.datastore_id,
            "imageSets": [{"imageSetId": one.image_set_id, "versionId": one.version} for one in image_sets],
            "format": request.format,
            "keepCompressed": request.keep_compressed,
        }
        known = documents.read(REPORT)
        is_same = isinstance(known, dict) and known.get("of") == origin
        present = documents.names("") if is_same else []
        documents.write(REPORT, {"of": origin, "status": "running"})
        wanted = Wanted(request.format, request.keep_compressed)
        keeper = Bucket(self.client, self.bucket, documents.prefix, present)
        report = export(self.archive, image_sets, keeper, wanted, threads=THREADS, stop=stop).json
        documents.write(REPORT, {"of": origin, **report})
        failed = report["failed"]
        return {
            **{name: report[name] for name in ("status", "stopped", "counts") if name in report},
            "objects": documents.uri(),
            "report": documents.uri(REPORT),
            "failed": failed[:MOST_FAILURES],
        }

    def _image_sets(self, request: ExportRequest) -> list[ImageSetRef]:
        """The image sets that are meant, each in the version that it has now."""
        if request.image_set_id:
            version = request.version_id or self.archive.image_set(request.image_set_id)["versionId"]
            return [ImageSetRef(request.image_set_id, version)]
        study = request.study_instance_uid or ""
        found = self.archive.image_sets_of_study(study, all_sets=request.all_sets)
        if not found:
            raise ImageSetNotFound("the data store has no image set of this study")
        refs = []
        for one in found:
            ref = ImageSetRef(one["imageSetId"], str(one["version"]))
            refs.append(ref if one.get("isPrimary", True) else replace(ref, folder=ref.image_set_id))
        return refs
