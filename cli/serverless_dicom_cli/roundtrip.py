"""Objects that went into the archive, against what comes out of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from pydicom.tag import Tag

from serverless_dicom.archive.exporting import ImageSetRef, export
from serverless_dicom.archive.folder import Folder
from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.imageset.compare import NORMALISED, compare
from serverless_dicom.runtime.apart import MEMORY, apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.report import Outcome
    from serverless_dicom.imageset.compare import Comparison

SECONDS = 120.0
"""That comparing two files may take."""

COPIES = 8
"""How many times the bytes of both files comparing them may take of memory."""

NORMALISATIONS = {str(Tag(tag)): why for tag, why in NORMALISED.items()}
"""What may differ, and why, for the proof."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was imported, and what it says that it is."""

    path: Path
    study: str
    instance: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a file: the comparison with what came out of an image set, or why there is none."""

    path: Path
    instance: str
    image_set_id: str = ""
    comparison: Comparison | None = None
    problem: str = ""
    warning: str = ""
    """What HealthImaging said of the file when it took it."""

    @property
    def equal(self) -> bool:
        """Whether what came out is what went in."""
        return self.comparison is not None and self.comparison.equal

    @property
    def json(self) -> dict[str, Any]:
        """For the proof; it has tags, and no value of an element but the object's UID."""
        told: dict[str, Any] = {"path": str(self.path), "SOPInstanceUID": self.instance, "equal": self.equal}
        told |= {"warning": self.warning} if self.warning else {}
        if self.comparison is None:
            return told | {"problem": self.problem}
        return told | {
            "imageSetId": self.image_set_id,
            "elements": self.comparison.elements,
            "frames": self.comparison.frames,
            "differences": [asdict(difference) for difference in self.comparison.differences],
            "normalised": list(self.comparison.normalised),
        }


def source_of(path: Path) -> Source | None:
    """A file by its UIDs; None where it is no DICOM object."""
    try:
        found = dcmread(path, stop_before_pixels=True, specific_tags=["StudyInstanceUID", "SOPInstanceUID"])
        return Source(path, str(found.StudyInstanceUID).strip(), str(found.SOPInstanceUID).strip())
    except (InvalidDicomError, AttributeError, OSError, ValueError):
        return None


def proofs(
    archive: HealthImaging, sources: Iterable[Source], folder: Path, tell: Callable[[Outcome], None]
) -> Iterator[Proof]:
    """The proof of each source; what is exported goes into `folder`, `tell` hears of it.

    Raises what reading the archive's list of image sets raises: nothing can be proved without it.
    """
    by_study: dict[str, list[Source]] = {}
    for source in sources:
        by_study.setdefault(source.study, []).append(source)
    for study, of_study in by_study.items():
        found = archive.image_sets_of_study(study, all_sets=True)
        refs = [ImageSetRef(one["imageSetId"], folder=one["imageSetId"]) for one in found]
        report = export(archive, refs, Folder(folder), tell=tell)
        failed = {outcome.sop_instance_uid: outcome.message for outcome in report.of("failed")}
        for source in of_study:
            yield _proof(source, folder, [ref.folder for ref in refs], failed)


def _proof(source: Source, folder: Path, image_sets: list[str], failed: dict[str, str]) -> Proof:
    """Of all objects that came out under the source's UID, that which is most like it: a conflict makes several."""
    best: Proof | None = None
    for image_set_id in image_sets:
        path = folder / image_set_id / f"{source.instance}.dcm"
        if path.is_file():
            proof = _compared(source, path, image_set_id)
            if best is None or _differences(proof) < _differences(best):
                best = proof
    problem = failed.get(source.instance) or failed.get("") or "no image set has it: the import says why"
    return best or Proof(source.path, source.instance, problem=problem)


def _compared(source: Source, path: Path, image_set_id: str) -> Proof:
    before, after = source.path.read_bytes(), path.read_bytes()
    memory = MEMORY + COPIES * (len(before) + len(after))
    try:
        comparison = apart(compare, before, after, seconds=SECONDS, memory=memory)
    except ServerlessDicomError as error:
        return Proof(source.path, source.instance, image_set_id, problem=f"{error.code}: {error}")
    return Proof(source.path, source.instance, image_set_id, comparison)


def _differences(proof: Proof) -> float:
    return len(proof.comparison.differences) if proof.comparison else float("inf")
