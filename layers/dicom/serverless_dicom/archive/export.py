"""Image sets as data sets in memory, and data sets as files: what a program may want of the archive.

    archive = HealthImaging(boto3.client("medical-imaging"), datastore_id)
    for dataset in datasets_of_study(archive, study_instance_uid):
        save_dicom(dataset, Path("study"))

What is too large for memory is exported to files by `exporting.export`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydicom.dataelem import DataElement

from serverless_dicom.archive.fetching import THREADS, Fetcher, FrameFailed
from serverless_dicom.archive.folder import Folder
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import RenderOptions, open_image, render
from serverless_dicom.imageset.datasets import dataset_of
from serverless_dicom.imageset.header import Headers, checked_uid
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.part10 import drawn_as, pixel_data
from serverless_dicom.imageset.pixels import EXPLICIT, pixels_of

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.image.options import Format
    from serverless_dicom.imageset.model import Instance

FORMATS: dict[str, Format] = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}
"""What the end of a picture's name says of its format."""

AS_STORED = RenderOptions(format="png")
"""A picture with the pixels, and the window, of its object."""


def datasets_of_image_set(
    archive: HealthImaging,
    image_set_id: str,
    *,
    version: str | None = None,
    header_only: bool = False,
    keep_compressed: bool = False,
) -> list[FileDataset]:
    """All instances of an image set, in the order of series and instance numbers, those without frames too.

    Pixel data are decoded, Explicit VR Little Endian, or with `keep_compressed` as they are stored; `header_only`
    leaves them out, and fetches no frame. Raises FrameCorrupt, FrameNotFound, ImageSetNotFound, InvalidMetadata,
    ArchiveRefused or ArchiveBusy: a data set with less than was imported is not returned.
    """
    image_set = parse(archive.metadata(image_set_id, version))
    headers = Headers(image_set)
    with Fetcher(archive) as fetcher, ThreadPoolExecutor(THREADS, "instance") as pool:

        def dataset(instance: Instance) -> FileDataset:
            header = headers.of(instance)
            if header_only or not instance.frames:
                return dataset_of(header, EXPLICIT)
            pixels = pixels_of(instance, header, keep_compressed=keep_compressed)
            try:
                with closing(fetcher.frames(image_set_id, instance, pixels)) as frames:
                    value, vr, photometric = pixel_data(pixels, frames.each)
            except FrameFailed as error:
                raise error.error from error
            element = DataElement(pixels.tag, vr, value, already_converted=True)
            element.is_undefined_length = pixels.encapsulated
            return dataset_of(drawn_as(header, photometric), pixels.transfer_syntax_uid, element)

        try:
            return list(pool.map(dataset, image_set.instances))
        finally:
            pool.shutdown(cancel_futures=True)


def datasets_of_study(
    archive: HealthImaging,
    study_instance_uid: str,
    *,
    all_sets: bool = False,
    header_only: bool = False,
    keep_compressed: bool = False,
) -> list[FileDataset]:
    """All instances of all series of a study in the order of their numbers. Raises likewise.

    Of primary image sets, unless all are wanted.
    """
    series = [
        datasets_of_image_set(archive, found["imageSetId"], header_only=header_only, keep_compressed=keep_compressed)
        for found in archive.image_sets_of_study(study_instance_uid, all_sets=all_sets)
    ]
    series.sort(key=lambda datasets: _order(datasets[0].get("SeriesNumber")) if datasets else _order(None))
    return [dataset for datasets in series for dataset in datasets]


def series_of_study(archive: HealthImaging, study_instance_uid: str, *, all_sets: bool = False) -> list[dict[str, Any]]:
    """The series of a study with their image sets, in the order of their numbers.

    Each with SeriesNumber, Modality, SeriesDescription (empty where it has none), SeriesInstanceUID, InstanceCount and
    ImageSetID.
    """
    found = archive.image_sets_of_study(study_instance_uid, all_sets=all_sets)
    series = [row for summary in found for row in series_of_image_set(archive, summary["imageSetId"])]
    return sorted(series, key=lambda row: _order(row["SeriesNumber"]))


def series_of_image_set(
    archive: HealthImaging, image_set_id: str, *, version: str | None = None
) -> list[dict[str, Any]]:
    """The series of an image set, of which there is one: those of older data stores may have more."""
    image_set = parse(archive.metadata(image_set_id, version))
    return [
        {
            **{
                keyword: level.attributes.get(keyword) or ""
                for keyword in ("SeriesNumber", "Modality", "SeriesDescription")
            },
            "SeriesInstanceUID": uid,
            "InstanceCount": sum(instance.series_instance_uid == uid for instance in image_set.instances),
            "ImageSetID": image_set_id,
        }
        for uid, level in image_set.series.items()
    ]


def save_dicom(dataset: FileDataset, folder: Path) -> Path:
    """Write `<SOPInstanceUID>.dcm` into a folder, which is made, and return its path.

    Raises OSError, or InvalidIdentifier where the data set's name is none.
    """
    name = f"{checked_uid(str(dataset.get('SOPInstanceUID', '')))}.dcm"
    Folder(folder).keep(name, [_file(dataset)])
    return folder / name


def save_picture(dataset: FileDataset, path: Path, *, frame: int = 1, options: RenderOptions = AS_STORED) -> Path:
    """Draw a frame, from 1, as a radiologist would see it; the end of the name says its format: .png, .jpg.

    Returns the path. Raises a CannotRender, InvalidRequest where there is no such frame, or OSError.
    """
    suffix = FORMATS.get(path.suffix.lower(), options.format)
    image = open_image(MemoryRanges(_file(dataset)))
    picture = render(image.frame(frame, overlays=options.overlays), replace(options, format=suffix))
    Folder(path.parent).keep(path.name, [picture.data])
    return path


def _file(dataset: FileDataset) -> bytes:
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _order(series_number: Any) -> tuple[int, str]:
    number = str(series_number).strip()
    return (int(number), number) if number.lstrip("+-").isdecimal() else (2**31, number)
