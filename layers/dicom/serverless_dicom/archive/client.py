"""HealthImaging's operations, each tried again while that may help."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from serverless_dicom.archive.frame_calls import Asked, FrameCalls, read_of
from serverless_dicom.archive.rates import PUBLISHED, Limiter
from serverless_dicom.archive.refusals import is_throttled, is_transient, translated
from serverless_dicom.errors import InvalidMetadata
from serverless_dicom.imageset.frames import MAX_FRAME_BYTES
from serverless_dicom.imageset.metadata import MAX_METADATA_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Answer = TypeVar("Answer")

TRIES = 8
"""Of a call that fails for another reason than too many calls."""

PATIENCE = 90.0
"""Seconds that a call which is throttled, or comes while its image set is locked, is tried again."""

PATIENCE_OF_CALLERS = 12.0
"""The same, of any call that fails, where somebody waits for the answer of an API."""

MAX_PAGE = 50
"""Summaries that HealthImaging gives at once."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class HealthImaging:
    """One data store. Calls may come from many threads; their rates are held below the published ones.

    `client` is boto3's client `medical-imaging`. Every method raises ImageSetNotFound, FrameNotFound or ArchiveRefused
    where trying again cannot help, ArchiveBusy where it did not.
    """

    def __init__(  # noqa: PLR0913 - what tests and callers in a hurry set
        self,
        client: Any,
        datastore_id: str,
        *,
        rates: Mapping[str, float] = PUBLISHED,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Call nothing yet; an operation that `rates` does not name may be called at any rate.

        `patience` is in seconds: less where somebody waits for the answer.
        """
        self.datastore_id, self._patience = datastore_id, patience
        self._client, self._clock, self._sleep = client, clock, sleep
        self._frames = FrameCalls(client)
        self._limiters = {name: Limiter(rate, clock=clock, sleep=sleep) for name, rate in rates.items()}

    def search(
        self,
        filters: Sequence[Mapping[str, Any]] = (),
        sort: Mapping[str, str] | None = None,
        *,
        all_sets: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Summaries of image sets, of all pages; primary ones, unless all are wanted.

        `filters` and `sort` are SearchImageSets' own: `{"values": [{"DICOMPatientId": "…"}], "operator": "EQUAL"}`.
        """
        token: str | None = None
        while True:
            summaries, after = self.search_page(filters, sort, token=token)
            for summary in summaries:
                if all_sets or summary.get("isPrimary", True):
                    yield summary
            if not after or after == token:  # the same page for ever is no further one
                return
            token = after

    def search_page(
        self,
        filters: Sequence[Mapping[str, Any]] = (),
        sort: Mapping[str, str] | None = None,
        *,
        limit: int = MAX_PAGE,
        token: str | None = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Summaries of one page of image sets, primary or not, and the token of the next page if there is one."""
        criteria: dict[str, Any] = {"filters": list(filters)} if filters else {}
        wanted = self._in({"searchCriteria": criteria | ({"sort": dict(sort)} if sort else {}), "maxResults": limit})
        if token:
            wanted["nextToken"] = token
        page = self._call("SearchImageSets", "searching", lambda: self._client.search_image_sets(**wanted))
        return page.get("imageSetsMetadataSummaries", []), page.get("nextToken")

    def image_sets_of_study(self, study_instance_uid: str, *, all_sets: bool = False) -> list[dict[str, Any]]:
        """Summaries of a study's image sets."""
        wanted = {"values": [{"DICOMStudyInstanceUID": study_instance_uid}], "operator": "EQUAL"}
        return list(self.search([wanted], all_sets=all_sets))

    def image_set(self, image_set_id: str, version: str | None = None) -> dict[str, Any]:
        """What GetImageSet says of one: its version, its state."""
        wanted = self._in(_of(image_set_id, version))
        found: dict[str, Any] = self._call(
            "GetImageSet", f"image set {image_set_id}", lambda: self._client.get_image_set(**wanted)
        )
        return found

    def metadata(self, image_set_id: str, version: str | None = None) -> bytes:
        """The metadata as they come, gzip; waits while HealthImaging is at work on the image set."""
        operation, wanted = "GetImageSetMetadata", self._in(_of(image_set_id, version))

        def read() -> bytes:
            place = (operation, self.datastore_id, image_set_id)
            answer = self._frames.learned(*place, lambda: self._client.get_image_set_metadata(**wanted))
            data = read_of(answer["imageSetMetadataBlob"], MAX_METADATA_BYTES + 1)
            return _bounded(data, MAX_METADATA_BYTES, "the metadata")

        return self._call(operation, f"metadata of image set {image_set_id}", read, wait_for_lock=True)

    def frame(self, image_set_id: str, frame_id: str) -> bytes:
        """A frame as it is stored."""
        return self.ask(image_set_id, frame_id).answer()

    def ask(self, image_set_id: str, frame_id: str) -> Asked:
        """Ask for a frame as it is stored; the errors are those of its answer."""
        operation, what = "GetImageFrame", f"frame {frame_id} of image set {image_set_id}"
        ask = partial(self._frames.ask, self.datastore_id, image_set_id, frame_id, MAX_FRAME_BYTES + 1)
        if limiter := self._limiters.get(operation):
            limiter.wait()
        asked = [first := ask()]

        def read() -> bytes:
            data = (asked.pop() if asked else ask()).answer()
            return _bounded(data, MAX_FRAME_BYTES, "the frame")

        return Asked(lambda: self._call(operation, what, read, waited=True), first.close, first.is_sent)

    def delete_image_set(self, image_set_id: str) -> None:
        """Delete an image set with all its versions, once nobody is at work on it; it goes a while later."""
        wanted = self._in({"imageSetId": image_set_id})
        self._call(
            "DeleteImageSet",
            f"deleting image set {image_set_id}",
            lambda: self._client.delete_image_set(**wanted),
            wait_for_lock=True,
        )

    def start_import(self, role: str, input_uri: str, output_uri: str, token: str, name: str = "") -> dict[str, Any]:
        """Start an import; the same `token` again gives the same job. The answer names it: `jobId`, `jobStatus`."""
        wanted = {
            "dataAccessRoleArn": role,
            "inputS3Uri": input_uri,
            "outputS3Uri": output_uri,
            "clientToken": token,
        } | ({"jobName": name} if name else {})
        found: dict[str, Any] = self._call(
            "StartDICOMImportJob",
            "starting an import",
            lambda: self._client.start_dicom_import_job(**self._in(wanted)),
        )
        return found

    def import_job(self, job_id: str) -> dict[str, Any]:
        """The properties of an import job: `jobStatus`, `outputS3Uri` and more."""
        wanted = self._in({"jobId": job_id})
        found: dict[str, Any] = self._call(
            "GetDICOMImportJob", f"import job {job_id}", lambda: self._client.get_dicom_import_job(**wanted)
        )["jobProperties"]
        return found

    def _in(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return {"datastoreId": self.datastore_id, **wanted}

    def _call(
        self,
        operation: str,
        what: str,
        function: Callable[[], Answer],
        *,
        wait_for_lock: bool = False,
        waited: bool = False,
    ) -> Answer:
        """The answer of a function that calls an operation, called again while that may help.

        `waited` is whether its first call has waited for its turn already.
        """
        limiter, deadline = self._limiters.get(operation), self._clock() + self._patience
        failures = 0
        with translated(what):
            while True:
                if limiter and not (waited and not failures):
                    limiter.wait()
                try:
                    answer = function()
                except (ClientError, BotoCoreError) as error:
                    throttled = is_throttled(error, locked=wait_for_lock)
                    if throttled and limiter and not wait_for_lock:
                        limiter.throttled()
                    tired = self._clock() >= deadline or (failures >= TRIES - 1 and not throttled)
                    if tired or not (throttled or is_transient(error)):
                        raise
                else:
                    if limiter:
                        limiter.answered()
                    return answer
                self._sleep(_pause(failures))
                failures += 1


def _of(image_set_id: str, version: str | None) -> dict[str, str]:
    return {"imageSetId": image_set_id} | ({"versionId": version} if version else {})


def _bounded(data: bytes, most: int, what: str) -> bytes:
    if len(data) > most:
        raise InvalidMetadata(f"{what} have more than the {most} bytes that are read")
    return data


def _pause(failures: int) -> float:
    """Seconds before the next try: twice as long each time, and never the same for two callers."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**failures) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
