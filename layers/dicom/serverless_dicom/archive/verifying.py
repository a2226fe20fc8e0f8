"""Every frame of an image set, fetched and compared with its checksum."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from serverless_dicom.archive.budget import DECODING, Budget
from serverless_dicom.archive.fetching import MEMORY, THREADS, TRIES
from serverless_dicom.errors import ArchiveBusy, ArchiveError
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.verify import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.errors import ServerlessDicomError
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
            try:
                result = judged(archive, image_set_id, instance, frame)
            except ArchiveBusy as error:
                result = _unknown(frame, error)
            return FrameVerdict(instance, frame, result)

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


def judged(archive: HealthImaging, image_set_id: str, instance: Instance, frame: Frame) -> Verdict:
    """The verdict of a frame; one that is not right is fetched again, lest it was spoilt on its way.

    One that cannot be had is not `ok`, and tells why. Raises ArchiveBusy where it may be had later.
    """
    for _ in range(TRIES):
        try:
            stored = archive.frame(image_set_id, frame.id)
        except ArchiveError as error:
            return _unknown(frame, error)
        with DECODING:
            found = verdict(frame, stored, instance.stored_syntax)
        if found.ok:
            break
    return found


def _unknown(frame: Frame, error: ServerlessDicomError) -> Verdict:
    return Verdict(frame.id, False, frame.checksum and frame.checksum.crc32, None, str(error))
