"""Every frame of an image set, fetched and compared with its checksum; the verdict of each is kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from serverless_dicom.archive.verifying import judged
from serverless_dicom.errors import ArchiveError
from serverless_dicom.imageset.metadata import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.documents import Documents
    from serverless_dicom.imageset.model import Frame, ImageSet, Instance

THREADS = 16
"""Frames that are fetched at once; decoding lets go of Python's lock."""

GROUP = 64
"""Frames after which the clock is looked at."""

EXAMPLES = 20
"""Frames of an image set that are named where they are not what was imported; its verdicts name all."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Compares what is stored, and writes `verdicts/{imageSetId}.ndjson` and `verified/{imageSetId}.json`.

    `now` is a clock in seconds.
    """

    archive: HealthImaging
    documents: Documents
    now: Callable[[], float] = time.monotonic

    def verify(self, image_set_id: str, version: str | None, until: float) -> dict[str, Any]:
        """Verify an image set, or as much of it as is possible until then; returns what is known of it.

        That is how many frames are `verified` and `mismatched`, `examples` of these, the number to go on after
        in `next` (None at the end), and how many are `new`. What an earlier call did of this version is not done again.
        An image set that cannot be had has an `error`. Raises ArchiveBusy or TransientError.
        """
        name = f"verified/{image_set_id}.json"
        known = self.documents.read(name) or {}
        if known.get("version") != version:
            known = {"version": version, "verified": 0, "mismatched": 0, "examples": [], "next": 0, "parts": 0}
        if known["next"] is None or "error" in known:
            return known | {"new": 0}
        try:
            image_set = parse(self.archive.metadata(image_set_id, version or None))
        except ArchiveError as error:
            known["error"] = str(error)
            self.documents.write(name, known)
            return known | {"new": 0}
        frames = islice(_frames(image_set), known["next"], None)
        rows = self._rows(image_set_id, frames, until)
        known["parts"] += 1
        part = "" if known["parts"] == 1 else f".{known['parts']}"
        self.documents.write_lines(f"verdicts/{image_set_id}{part}.ndjson", rows)
        wrong = [row for row in rows if not row["ok"]]
        known["verified"] += len(rows)
        known["mismatched"] += len(wrong)
        known["examples"] = [*known["examples"], *wrong][:EXAMPLES]
        known["next"] = None if known["verified"] >= image_set.frames else known["verified"]
        self.documents.write(name, known)
        return known | {"new": len(rows)}

    def _rows(self, image_set_id: str, frames: Iterator[tuple[Instance, Frame]], until: float) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []

        def compared(found: tuple[Instance, Frame]) -> dict[str, Any]:
            instance, frame = found
            result = judged(self.archive, image_set_id, instance, frame)
            return {
                "imageSetId": image_set_id,
                "instance": instance.sop_instance_uid,
                "frame": frame.number,
                "imageFrameId": frame.id,
                "ok": result.ok,
                "expected": result.expected,
                "found": result.found,
                "reason": result.reason,
            }

        with ThreadPoolExecutor(THREADS) as pool:
            while group := list(islice(frames, GROUP)):
                rows += pool.map(compared, group)
                if self.now() >= until:
                    break
        return rows


def _frames(image_set: ImageSet) -> Iterator[tuple[Instance, Frame]]:
    """All frames, in the order of their instances."""
    return ((instance, frame) for instance in image_set.instances for frame in instance.frames)
