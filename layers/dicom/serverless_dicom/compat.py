"""The class of AWS's exporter, `AHItoDICOM`, on top of this package: its users change one line of imports.

    from serverless_dicom.compat import AHItoDICOM

Constructor, calls, names of arguments and forms of answers are the original's. What differs is what it gets wrong: a
second frame, instances without frames, further series and pages of a search are there; frames are compared with their
checksums; image sets that are not primary are left out; a failed frame is an error, where the original waits for ever;
pictures have their object's window. It starts threads, no processes.
"""

# ruff: noqa: N802, N803 - the names are the original's
from __future__ import annotations

import logging
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.export import datasets_of_image_set, datasets_of_study, save_dicom, save_picture
from serverless_dicom.errors import ImageSetNotFound, ServerlessDicomError
from serverless_dicom.imageset.metadata import image_set_of, read

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

CONNECTIONS = 64

_LOGGER = logging.getLogger(__name__)


class AHItoDICOM:
    """Exports image sets of HealthImaging as pydicom data sets, DICOM files and PNGs."""

    def __init__(
        self,
        aws_access_key: str | None = None,
        aws_secret_key: str | None = None,
        AHI_endpoint: str | None = None,
        fetcher_process_count: int | None = None,
        dicomizer_process_count: int | None = None,
    ) -> None:
        """Choose credentials and an endpoint; without them those of the environment are used.

        The counts are accepted and mean nothing: threads fetch and decode, as many as are of use.
        """
        self.aws_access_key, self.aws_secret_key, self.AHI_endpoint = aws_access_key, aws_secret_key, AHI_endpoint
        self.fetcherProcessCount, self.DICOMizerProcessCount = fetcher_process_count, dicomizer_process_count
        self.logger = _LOGGER
        self._client: Any = None

    def DICOMizeImageSet(
        self,
        datastore_id: str,
        imageset_id: str | None = None,
        image_set_id: str | None = None,
        header_only: bool = False,
    ) -> list[FileDataset] | None:
        """All instances of an image set, by their numbers; None where there is no such image set.

        `header_only` leaves out their pixel data. Raises an ArchiveError or ArchiveBusy where a frame cannot be had.
        """
        wanted = imageset_id or image_set_id or ""
        try:
            return datasets_of_image_set(self._archive(datastore_id), wanted, header_only=header_only)
        except ImageSetNotFound as error:
            self.logger.error("%s", error)  # noqa: TRY400 - its text says all
            return None

    def DICOMizeByStudyInstanceUID(
        self, datastore_id: str, study_instance_uid: str, header_only: bool = False
    ) -> list[FileDataset]:
        """All instances of all series of a study. Raises likewise."""
        return datasets_of_study(self._archive(datastore_id), study_instance_uid, header_only=header_only)

    def getImageSetToSeriesUIDMap(self, datastore_id: str, study_instance_uid: str) -> list[dict[str, Any]]:
        """The series of a study with their image sets, as `getSeriesList` describes them."""
        found = self._archive(datastore_id).image_sets_of_study(study_instance_uid)
        return [
            series
            for summary in found
            for series in self.getSeriesList(self._metadata(datastore_id, summary["imageSetId"]), summary["imageSetId"])
        ]

    def getMetadata(self, datastore_id: str, imageset_id: str, client: Any = None) -> dict[str, Any] | None:
        """The metadata of an image set as they are, parsed JSON; None where they cannot be had."""
        try:
            return self._metadata(datastore_id, imageset_id, client)
        except ServerlessDicomError as error:
            self.logger.error("%s", error)  # noqa: TRY400 - its text says all
            return None

    def getSeriesList(self, AHI_metadata: dict[str, Any], image_set_id: str) -> list[dict[str, Any]]:
        """The series in metadata, each with image set, number, modality, description, UID and count of instances."""
        return [
            {
                "ImageSetId": image_set_id,
                "SeriesNumber": series["DICOM"].get("SeriesNumber", ""),
                "Modality": series["DICOM"].get("Modality", ""),
                "SeriesDescription": series["DICOM"].get("SeriesDescription", ""),
                "SeriesInstanceUID": uid,
                "InstanceCount": len(series.get("Instances", {})),
            }
            for uid, series in AHI_metadata["Study"]["Series"].items()
        ]

    def getImageFrames(
        self, datastoreId: str, imagesetId: str, AHI_metadata: dict[str, Any], seriesUid: str
    ) -> deque[dict[str, Any]]:
        """The instances of a series that have frames, by their numbers, each with the ids of its frames."""
        found = image_set_of(AHI_metadata)
        return deque(
            {
                "datastoreId": datastoreId,
                "imagesetId": imagesetId,
                "frameIds": [frame.id for frame in instance.frames],
                "SeriesUID": seriesUid,
                "SOPInstanceUID": instance.sop_instance_uid,
                "InstanceNumber": instance.level.attributes.get("InstanceNumber", ""),
                "PixelData": None,
            }
            for instance in found.instances
            if instance.frames and instance.series_instance_uid == seriesUid
        )

    def saveAsDICOM(self, ds: FileDataset, destination: str = "./out") -> bool:
        """Write a data set into a folder, as `<SOPInstanceUID>.dcm`; whether that succeeded."""
        try:
            save_dicom(ds, Path(destination))
        except (OSError, ServerlessDicomError) as error:
            self.logger.error("%s", error)  # noqa: TRY400 - its text says all
            return False
        return True

    def saveAsPngPIL(self, ds: FileDataset, destination: str) -> bool:
        """Draw the first frame of a data set into a PNG, or a JPEG if the name ends so; whether that succeeded."""
        try:
            save_picture(ds, Path(destination))
        except (OSError, ServerlessDicomError) as error:
            self.logger.error("%s", error)  # noqa: TRY400 - its text says all
            return False
        return True

    def _metadata(self, datastore_id: str, image_set_id: str, client: Any = None) -> dict[str, Any]:
        return read(self._archive(datastore_id, client).metadata(image_set_id))

    def _archive(self, datastore_id: str, client: Any = None) -> HealthImaging:
        if client is None and self._client is None:
            self._client = boto3.client(
                "medical-imaging",
                aws_access_key_id=self.aws_access_key,
                aws_secret_access_key=self.aws_secret_key,
                endpoint_url=self.AHI_endpoint,
                config=self._config(),
            )
        return HealthImaging(client or self._client, datastore_id)

    def _config(self) -> Config:
        """HealthImaging's client tries again by itself; a host that is not AWS's has no other names than its own."""
        config = Config(max_pool_connections=CONNECTIONS, retries={"total_max_attempts": 1})
        host = urlsplit(self.AHI_endpoint or "").hostname
        if host and not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            return config.merge(Config(inject_host_prefix=False))
        return config
