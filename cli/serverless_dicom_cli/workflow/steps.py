"""The steps of the guided workflow, each of which says what it has come to and remembers it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.exporting import ImageSetRef
from serverless_dicom.errors import ArchiveRefused, ImageSetNotFound
from serverless_dicom.imageset.metadata import parse
from serverless_dicom_cli.importing import watched
from serverless_dicom_cli.progress import progress
from serverless_dicom_cli.text import shown
from serverless_dicom_cli.workflow.copying import Copying, moment, sizes
from serverless_dicom_cli.workflow.frames import FILE, Judge, Listed, Verdicts, drawn
from serverless_dicom_cli.workflow.importing import Imported, Look, folder_of, imported, importer_of, token_of
from serverless_dicom_cli.workflow.removing import Remover
from serverless_dicom_cli.workflow.resources import Resources, forget_what_is_gone, resources
from serverless_dicom_cli.workflow.studies import BUCKET, STUDIES, Study

if TYPE_CHECKING:
    from pathlib import Path

    from serverless_dicom_cli.aws import Stack
    from serverless_dicom_cli.progress import Bar
    from serverless_dicom_cli.workflow.guide import Guide
    from serverless_dicom_cli.workflow.state import State, Walk

TOLD = 10
"""Files, or frames, of which a line is told; all stand in what was written."""


@dataclass(slots=True)
class Workflow:
    """One run: what it works with, how far it is, and whether all was right until now."""

    stack: Stack
    folder: Path
    state: State
    guide: Guide
    options: dict[str, Any] = field(default_factory=dict)
    fine: bool = True

    def run(self, number: int | None, own_name: str | None, *, delete: bool | None) -> bool:
        """Go all the way, or what is left of it; whether every frame is right. Raises click.Abort where interrupted."""
        guide = self.guide
        guide.begin("Resources")
        half = [walk for at, walk in self.state.walks.items() if at == number and walk.deleting and not walk.deleted]
        forget_what_is_gone(self.stack, self.state, guide)
        if half and half[0].deleted:
            return half[0].fine
        found = resources(self.stack, own_name, self.state, guide)
        guide.judge(True, f"stack {found.stack_name} has data store {found.datastore_id} and bucket {found.bucket}")
        guide.begin("Study")
        study = self._study(number)
        walk = self._walk(study, found)
        archive = HealthImaging(self.stack.aws.health_imaging, found.datastore_id, **self.options)
        copying = Copying(self.stack.aws.open_data, self.stack.aws.s3, study, found.bucket, folder_of(self.state.run))
        remover = Remover(self.stack.aws, archive, found, self.state, guide)
        if walk.deleting:
            self._judge_all(walk.fine)
            guide.say("deleting what was made was begun before")
            self._delete(walk, copying, remover)
            return walk.fine
        guide.begin("Copy")
        files = self._copy(copying, walk)
        guide.begin("Import")
        outcome = self._import(copying, walk, found, archive, files)
        guide.begin("Image sets and frames")
        listed = self._list(outcome, walk, archive)
        guide.begin("Frames: download, decode, compare")
        self._frames(listed, found, self.folder / f"study-{study.number}")
        guide.begin("End")
        self._end(walk, copying, remover, delete=delete)
        return self.fine

    def _study(self, number: int | None) -> Study:
        if number is None:
            for study in STUDIES.values():
                files = sizes(self.stack.aws.open_data, BUCKET, study.prefix)
                known = self.state.walks.get(study.number)
                begun = ", begun here" if known and known.import_id and not known.deleted else ""
                self.guide.say(
                    f"{study.number}  {study.title}: {len(files)} files, {_size(sum(files.values()))}{begun}"
                )
            number = self.guide.choose("Which one?", range(1, len(STUDIES) + 1))
        study = STUDIES[number]
        self.guide.judge(True, f"{study.title}, from s3://{BUCKET}/{study.prefix}")
        return study

    def _walk(self, study: Study, found: Resources) -> Walk:
        walk = self.state.walk(study.number)
        if walk.import_id and walk.datastore_id != found.datastore_id:
            raise click.ClickException(
                f"study {study.number} of this folder is in data store {walk.datastore_id}, this is another one: "
                "name the same stack, region and profile as before, or another folder"
            )
        walk.datastore_id = found.datastore_id
        self.state.save()
        return walk

    def _copy(self, copying: Copying, walk: Walk) -> int:
        if walk.import_id and walk.files is not None:
            self.guide.judge(True, f"{walk.files} files were copied before")
            return walk.files
        files = copying.files()
        missing = copying.missing(files)
        told = f"{len(files)} files, {_size(sum(files.values()))}"
        self.guide.say(f"{told}; {len(missing)} of them are not yet in {copying.uri}")
        if missing:
            self.guide.pause("Copy them?")
        with progress("copying", "bytes", sum(files[key] for key in missing)) as bar:
            for key in copying.copy(missing):
                bar.advance(files[key])
        left = copying.missing(files)
        if not self.guide.judge(not left, f"{len(files) - len(left)} of {len(files)} files are there"):
            raise click.ClickException(f"{len(left)} files were not copied: run this again")
        walk.files = len(files)
        self.state.save()
        return walk.files

    def _import(self, copying: Copying, walk: Walk, found: Resources, archive: HealthImaging, files: int) -> Imported:
        importer = importer_of(found, archive, lambda: self.stack.aws.functions, self.state.run)
        if not walk.import_id:
            self.guide.say(f"{copying.uri} will be imported into data store {found.datastore_id}")
            self.guide.pause("Import them?")
            if walk.began is None:
                walk.began = moment(self.stack.aws.s3, found.bucket)
                self.state.save()
            token = token_of(self.state.run, copying.study.number, walk.attempt)
            walk.import_id = importer.start(copying.uri, token)
            self.state.save()
        self.guide.say(f"import {walk.import_id}")
        look = Look("", False)
        told = ""
        for job in watched(lambda: _job(importer.look(walk.import_id))):
            look = job["look"]
            if look.state != told:
                told = look.state
                self.guide.say(told)
        if not look.jobs or (look.error and not self._has_imported(look, archive)):
            walk.import_id, walk.attempt = "", walk.attempt + 1
            self.state.save()
            raise click.ClickException(f"nothing was imported: {look.error}: run this again to try once more")
        outcome = imported(self.stack.aws.s3, archive, look.jobs)
        for kind, notes in (("failed", outcome.failures), ("warning", outcome.warnings)):
            for note in notes[:TOLD]:
                self.guide.say(f"{kind}: {note.key}: {note.message}{f' ({note.code})' if note.code else ''}")
        if look.error:
            self.guide.say(look.error)
        good = not look.error and outcome.imported == files and not outcome.failed
        line = (
            f"{outcome.imported} of {files} files imported, {outcome.failed} failed, {len(outcome.warnings)} warnings"
        )
        self.fine &= self.guide.judge(good, line)
        return outcome

    def _has_imported(self, look: Look, archive: HealthImaging) -> bool:
        """Whether any of an import's jobs came to an end, though something was wrong."""
        return any(archive.import_job(job)["jobStatus"] == "COMPLETED" for job in look.jobs)

    def _list(self, outcome: Imported, walk: Walk, archive: HealthImaging) -> list[Listed]:
        made = {one["id"]: one["made"] for one in walk.image_sets or []}
        listed, rows = [], []
        for one in outcome.image_sets:
            folder = "" if one.is_primary else one.image_set_id
            ref = ImageSetRef(one.image_set_id, one.version, folder)
            try:
                image_set = parse(archive.metadata(one.image_set_id, one.version))
            except ImageSetNotFound:
                self.fine = self.guide.judge(False, f"image set {one.image_set_id} is not there any more")
                continue
            listed.append(Listed(ref, image_set))
            is_own = made.get(one.image_set_id)
            if is_own is None:
                is_own = _is_younger(archive, one.image_set_id, walk.began)
            rows.append({"id": one.image_set_id, "version": one.version, "primary": one.is_primary, "made": is_own})
            kinds = sorted({str(level.attributes.get("Modality") or "?") for level in image_set.series.values()})
            counts = f"{len(image_set.instances)} instances, {image_set.frames} frames"
            what = f"version {one.version}: {', '.join(kinds)}, {counts}"
            marks = ("" if one.is_primary else ", not primary") + ("" if is_own else ", was there before")
            self.guide.say(f"{one.image_set_id} {what}{marks}")
        walk.image_sets = rows
        self.state.save()
        frames = sum(image_set.frames for _, image_set in listed)
        self.fine &= self.guide.judge(frames > 0, f"{len(listed)} image sets, {frames} frames")
        return listed

    def _frames(self, listed: list[Listed], found: Resources, folder: Path) -> None:
        frames = sum(image_set.frames for _, image_set in listed)
        verdicts = Verdicts(folder / FILE, listed)
        if before := verdicts.right:
            self.guide.say(f"{before} of {frames} frames were compared before")
        if verdicts.open:
            self.guide.pause(f"Write {frames} pictures into {folder}?")
        judge = Judge(self.stack.aws.health_imaging, found.datastore_id, verdicts, **self.options)
        began = time.monotonic()
        with progress("drawing", "instances", sum(len(one.image_set.instances) for one in listed)) as bar:
            report = drawn(judge, verdicts, listed, folder, tell=lambda outcome: _tell(bar, outcome))
        counts = report.json["counts"]
        pictures = sum(len(outcome.names) for outcome in report.outcomes)
        seconds = time.monotonic() - began
        self.guide.say(f"{pictures} pictures are in {folder}, {seconds:.1f} seconds; {verdict_file(folder)}")
        if counts["withoutPictures"]:
            self.guide.say(f"{counts['withoutPictures']} instances have no frames")
        for row in verdicts.wrong[:TOLD]:
            self.guide.say(f"frame {row['frame']} of {row['SOPInstanceUID']} ({row['frameId']}): {row['reason']}")
        self.fine &= report.complete
        line = f"{verdicts.right} of {frames} frames have the checksum that was taken on import"
        self.fine &= self.guide.judge(verdicts.right == frames, line)

    def _end(self, walk: Walk, copying: Copying, remover: Remover, *, delete: bool | None) -> None:
        self._judge_all(self.fine)
        made = sum(one["made"] for one in walk.image_sets or [])
        if delete is None:
            delete = self.guide.ask(f"Delete what was made for this ({made} image sets, the copies)?", default=False)
        if not delete:
            self.guide.say("what was made stays; the same command with --delete deletes it, and then begins anew")
            return
        walk.fine, walk.deleting = self.fine, True
        self.state.save()
        self._delete(walk, copying, remover)

    def _judge_all(self, fine: bool) -> None:
        self.guide.judge(fine, "every frame is right" if fine else "not everything was as it should be")

    def _delete(self, walk: Walk, copying: Copying, remover: Remover) -> None:
        remover.remove(walk, copying.prefix)
        walk.deleted = True
        self.state.save()
        self.guide.say("deleted what was made; the pictures stay")


def verdict_file(folder: Path) -> str:
    """Where the verdict of each frame is, for people."""
    return f"the verdict of each frame in {folder / FILE}"


def _job(look: Look) -> dict[str, Any]:
    return {"look": look, "status": "complete" if look.ended else "importing"}


def _tell(bar: Bar, outcome: Any) -> None:
    bar.advance()
    if outcome.status == "failed":
        bar.note(
            f"    {shown(outcome.sop_instance_uid or outcome.image_set_id)}: {outcome.code}: {shown(outcome.message)}"
        )


def _is_younger(archive: HealthImaging, image_set_id: str, began: float | None) -> bool:
    """Whether an image set was made after a moment: not before, by somebody else."""
    try:
        first = archive.image_set(image_set_id, "1").get("createdAt")
    except (ImageSetNotFound, ArchiveRefused):
        return False
    return first is not None and began is not None and first.timestamp() >= began


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"  # noqa: PLR2004 - where kB get long
