"""Files that go into the local HealthImaging and come out of it again."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from local.healthimaging import Imaging
from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.exporting import ImageSetRef, Wanted, export
from serverless_dicom.archive.report import Report


class Folder:
    """Files in memory."""

    def __init__(self) -> None:
        """Be empty."""
        self.files: dict[str, bytes] = {}

    def has(self, name: str, _: object) -> bool:
        return name in self.files

    def keep(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        self.files[name] = b"".join(pieces)


class Archive:
    """A data store of a HealthImaging in this process."""

    def __init__(self, imaging: Imaging) -> None:
        """Be empty."""
        self.imaging, self.boto = imaging, imaging.client()
        self.client = HealthImaging(self.boto, imaging.datastore_id)

    def export(self, image_sets: list[str], **wanted: Any) -> tuple[dict[str, bytes], Report]:
        """The files of image sets, each in a folder of its own, and the report."""
        folder = Folder()
        refs = [ImageSetRef(image_set, folder=image_set) for image_set in image_sets]
        report = export(self.client, refs, folder, Wanted(**wanted))
        return folder.files, report

    def there_and_back(self, path: Path, **wanted: Any) -> bytes:
        """What becomes of a file."""
        job = self.imaging.import_files([path])
        assert job.failures == {}
        files, report = self.export(job.image_sets, **wanted)
        assert [(one.status, one.message, one.remarks) for one in report.outcomes] == [("written", "", ())]
        (data,) = files.values()
        return data

    def emptied(self) -> None:
        """Delete everything."""
        for page in self.boto.get_paginator("search_image_sets").paginate(
            datastoreId=self.imaging.datastore_id, searchCriteria={}
        ):
            for found in page["imageSetsMetadataSummaries"]:
                self.boto.delete_image_set(datastoreId=self.imaging.datastore_id, imageSetId=found["imageSetId"])
        self.imaging.settle()
