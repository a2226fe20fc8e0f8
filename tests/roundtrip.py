"""Files that go into the local HealthImaging and come out of it again."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

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


def other_vrs(source: bytes, found: bytes) -> set[tuple[str, str]]:
    """The VRs of elements, but pixel data, that a file of explicit VRs has, with those that they are now."""
    before, after = (dcmread(BytesIO(data)) for data in (source, found))
    return set() if before.original_encoding[0] else set(_other_vrs(before, after))


def _other_vrs(before: Dataset, after: Dataset) -> Iterator[tuple[str, str]]:
    for tag in before.keys() & after.keys():
        if tag.group != 0x7FE0 and tag.element and before[tag].VR != after[tag].VR:
            yield str(before[tag].VR), str(after[tag].VR)
        if isinstance(before[tag].value, Sequence) and isinstance(after[tag].value, Sequence):
            for one, other in zip(before[tag].value, after[tag].value, strict=True):
                yield from _other_vrs(one, other)
