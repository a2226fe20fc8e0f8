"""Every frame of an image set, fetched and compared with its checksum."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from serverless_dicom.archive.budget import DECODING, Budget
from serverless_dicom.archive.fetching import MEMORY, THREADS, TRIES
from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.verify import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.imageset.model import Frame, Instance


_BYTES_OF_A_PIXEL = 6
"""As it is stored and decoded, of 16 bits, with some more."""


class FrameVerdict(NamedTuple):
    """The verdict of a frame, and whose it is."""

    instance: Instance
    frame: Frame
    verdict: Verdict


def verdicts(
    archive: HealthImaging, image_set_id: str, *, version: str | None = None, threads: int = THREADS
) -> Iterator[FrameVerdict]:
    """The verdict of each frame, in order; one that cannot be fetched is not `ok`, and tells why.

    Raises ImageSetNotFound, InvalidMetadata, ArchiveRefused or ArchiveBusy where there are no metadata to compare with.
    """
    image_set = parse(archive.metadata(image_set_id, version))
    budget = Budget(MEMORY)

    def found(instance: Instance, frame: Frame) -> FrameVerdict:
        with budget.taken(_BYTES_OF_A_PIXEL * frame.checksum.width * frame.checksum.height if frame.checksum else 0):
            return FrameVerdict(instance, frame, compared(instance, frame))

    def compared(instance: Instance, frame: Frame) -> Verdict:
        for attempt in range(TRIES):
            try:
                stored = archive.frame(image_set_id, frame.id)
                with DECODING:
                    result = verdict(frame, stored, instance.stored_syntax)
            except ServerlessDicomError as error:
                expected = frame.checksum and frame.checksum.crc32
                result = Verdict(frame.id, False, expected, None, str(error))
            if result.ok or attempt + 1 == TRIES:
                break
        return result

    pending: deque[Future[FrameVerdict]] = deque()
    with ThreadPoolExecutor(threads, "verdict") as pool:
        try:
            for instance in image_set.instances:
                for frame in instance.frames:
                    pending.append(pool.submit(found, instance, frame))
                    if len(pending) > 2 * threads:
                        yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
