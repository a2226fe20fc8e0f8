"""Every frame of some image sets: fetched, compared with its checksum, drawn; the verdict of each is kept."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.exporting import ImageSetRef, Wanted, export
from serverless_dicom.archive.folder import Folder
from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.imageset.verify import Verdict, verdict
from serverless_dicom_cli.outputs import write
from serverless_dicom_cli.problems import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from serverless_dicom.archive.frame_calls import Asked
    from serverless_dicom.archive.report import Outcome, Report
    from serverless_dicom.imageset.model import Frame, ImageSet, Instance

FILE = "frames.ndjson"


class Listed(NamedTuple):
    """An image set of an import, and what is in it."""

    ref: ImageSetRef
    image_set: ImageSet


@dataclass(frozen=True, slots=True)
class Expected:
    """A frame, and whose it is."""

    image_set_id: str
    instance: Instance
    frame: Frame

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.image_set_id, self.frame.id


def expected(listed: list[Listed]) -> Iterator[Expected]:
    """All frames, in order."""
    for ref, image_set in listed:
        for instance in image_set.instances:
            for frame in instance.frames:
                yield Expected(ref.image_set_id, instance, frame)


class Verdicts:
    """The verdict of each frame, written down as it is known, a JSON object a line; callable from any thread."""

    def __init__(self, path: Path, listed: list[Listed]) -> None:
        """Take over what an earlier run has found to be right. Raises OSError."""
        self._path, self._lock = path, threading.Lock()
        self._frames = {one.key: one for one in expected(listed)}
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}
        for row in _rows(path):
            if row.get("ok") is True and (row.get("imageSetId"), row.get("frameId")) in self._frames:
                self._rows[row["imageSetId"], row["frameId"]] = row
        path.parent.mkdir(parents=True, exist_ok=True)

    @property
    def open(self) -> list[Expected]:
        """Frames without a verdict."""
        return [one for key, one in self._frames.items() if key not in self._rows]

    @property
    def wrong(self) -> list[dict[str, Any]]:
        """The rows of frames that are not what was imported, or that nobody can say it of."""
        return [self._rows[key] for key in self._frames if key in self._rows and not self._rows[key]["ok"]]

    @property
    def right(self) -> int:
        """How many frames are what was imported."""
        return sum(row["ok"] for row in self._rows.values())

    def of(self, image_set_id: str, frame_id: str) -> Expected | None:
        """The frame of an id."""
        return self._frames.get((image_set_id, frame_id))

    def add(self, one: Expected, found: Verdict) -> None:
        """Write a verdict down; a later one of the same frame is the one that counts."""
        row = {
            "imageSetId": one.image_set_id,
            "SOPInstanceUID": one.instance.sop_instance_uid,
            "frame": one.frame.number,
            "frameId": one.frame.id,
            "ok": found.ok,
            "expected": found.expected,
            "found": found.found,
            "reason": found.reason,
        }
        with self._lock:
            self._rows[one.key] = row
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(row)}\n")

    def finish(self) -> None:
        """Write all down in order, each once."""
        rows = [self._rows[key] for key in self._frames if key in self._rows]
        write(self._path, "".join(f"{json.dumps(row)}\n" for row in rows).encode())


class Judge(HealthImaging):
    """A data store whose frames are compared as they come."""

    def __init__(self, client: Any, datastore_id: str, verdicts: Verdicts, **options: Any) -> None:
        """Write down what is found in `verdicts`; `options` are HealthImaging's."""
        super().__init__(client, datastore_id, **options)
        self._verdicts = verdicts

    def ask(self, image_set_id: str, frame_id: str) -> Asked:
        """Ask for a frame as it is stored, whose verdict is written down when it comes."""
        asked = super().ask(image_set_id, frame_id)

        def answer() -> bytes:
            stored = asked.answer()
            if one := self._verdicts.of(image_set_id, frame_id):
                self._verdicts.add(one, verdict(one.frame, stored, one.instance.stored_syntax))
            return stored

        return asked._replace(answer=answer)

    def judge(self, one: Expected) -> None:
        """Fetch and compare a frame; one that cannot be had is not right."""
        try:
            self.frame(one.image_set_id, one.frame.id)
        except ServerlessDicomError as error:
            crc32 = one.frame.checksum.crc32 if one.frame.checksum else None
            self._verdicts.add(one, Verdict(one.frame.id, False, crc32, None, explain(error)))


def drawn(
    archive: Judge, verdicts: Verdicts, listed: list[Listed], folder: Path, tell: Callable[[Outcome], None]
) -> Report:
    """Draw every frame into a PNG file, windowed, and leave none without a verdict; pictures that are there stay.

    Raises OSError where the folder cannot be written.
    """
    report = export(archive, [ref for ref, _ in listed], Folder(folder), Wanted("png"), tell=tell)
    for one in verdicts.open:  # its picture was there, or an earlier frame of its instance could not be had
        archive.judge(one)
    verdicts.finish()
    return report


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file; a line that was cut off when its writer was interrupted is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row
