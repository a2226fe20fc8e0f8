"""What became of an export: of every instance, whether it was written, was there, or why it is missing."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["written", "present", "without_pictures", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One instance, or of one that failed as a whole, an image set: `code` and `message` say why.

    `names` are the files that there are of it now, `frame` number and id of one that could not be had; `remarks`
    tell of elements that had to be left out.
    """

    status: Status
    image_set_id: str
    sop_instance_uid: str = ""
    names: tuple[str, ...] = ()
    code: str = ""
    message: str = ""
    frame: tuple[int, str] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def json(self) -> dict[str, Any]:
        """For a report."""
        told: dict[str, Any] = {"imageSetId": self.image_set_id, "SOPInstanceUID": self.sop_instance_uid}
        if self.frame:
            told |= {"frame": self.frame[0], "frameId": self.frame[1]}
        return told | ({"code": self.code, "message": self.message} if self.code else {"files": list(self.names)})


@dataclass(slots=True)
class Report:
    """All outcomes; `stopped` is why an export ended before its end, empty if it did not."""

    outcomes: list[Outcome] = field(default_factory=list)
    image_sets: list[str] = field(default_factory=list)
    stopped: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: Outcome) -> None:
        """Take down an outcome; callable from any thread."""
        with self._lock:
            self.outcomes.append(outcome)

    def of(self, status: Status) -> list[Outcome]:
        """Those of one kind."""
        return [outcome for outcome in self.outcomes if outcome.status == status]

    @property
    def complete(self) -> bool:
        """Whether all is there that was asked for."""
        return not self.stopped and not self.of("failed")

    @property
    def json(self) -> dict[str, Any]:
        """The report: `status` is `complete`, `partial` (run it again) or `failed` (nothing is there)."""
        counts = Counter(outcome.status for outcome in self.outcomes)
        there = counts["written"] + counts["present"] + counts["without_pictures"]
        status = "complete" if self.complete else "partial" if there or self.stopped else "failed"
        return {
            "status": status,
            **({"stopped": self.stopped} if self.stopped else {}),
            "imageSets": self.image_sets,
            "counts": {
                "written": counts["written"],
                "present": counts["present"],
                "withoutPictures": counts["without_pictures"],
                "failed": counts["failed"],
            },
            "failed": [outcome.json for outcome in self.of("failed")],
            "written": [name for outcome in self.of("written") for name in outcome.names],
            "present": [name for outcome in self.of("present") for name in outcome.names],
            "remarks": {one.sop_instance_uid: list(one.remarks) for one in self.outcomes if one.remarks},
        }
