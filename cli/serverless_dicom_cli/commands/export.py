"""`serverless-dicom export`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what fetches and decodes; \b is click's mark of lines to leave as they are
from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.archive import checked_ids, with_archive
from serverless_dicom_cli.text import shown

if TYPE_CHECKING:
    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.exporting import ImageSetRef
    from serverless_dicom.archive.report import Outcome, Report
    from serverless_dicom_cli.progress import Bar


@click.command
@click.argument("image_sets", metavar="[IMAGE_SET]...", nargs=-1)
@click.option("--study", metavar="UID", help="All image sets of a study, by StudyInstanceUID.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Else the current folder.",
)
@click.option("--format", "form", type=click.Choice(["dicom", "png", "jpg"]), default="dicom", show_default=True)
@click.option(
    "--keep-compressed", is_flag=True, help="Leave frames as they are stored, HTJ2K, instead of decoding them."
)
@click.option("--check", is_flag=True, help="With --keep-compressed: decode frames too, to compare their checksums.")
@click.option("--all-sets", is_flag=True, help="Image sets that are not primary too, each in a folder of its own.")
@click.option("--version", "version_id", metavar="N", help="A version of the image set, instead of the latest.")
@click.option("--again", is_flag=True, help="Write what is there already.")
@click.option(
    "--report", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="What became of all, JSON."
)
@with_archive
def export(
    archive: HealthImaging, /, image_sets: tuple[str, ...], output: Path, report: Path | None, **asked: Any
) -> int:
    """Write what HealthImaging keeps as DICOM files (DIR/SOPInstanceUID.dcm) or pictures (.png, .jpg).

    All instances are written: of two and more frames, and those without any. A picture is of a frame, drawn with its
    object's window; frame 2 is SOPInstanceUID.f2.png. Every frame that is decoded is compared with its checksum.

    What fails is told, with the frame, and does not stop the rest. The same command again goes on where an earlier one
    ended or was interrupted: files that are there and complete are not fetched again.

    Text prints the path of each file that is written. Exit status 0 if all is there, 1 if anything is missing.

    \b
    Examples:
      serverless-dicom export 0aaf9a3b6405bd6d393876806034b1c0 -o knee
      serverless-dicom export --study 1.2.840.99 -o study --format png
      serverless-dicom export --study 1.2.840.99 -o study --keep-compressed
    """
    from serverless_dicom.runtime.imports import without

    with without("requests"):  # pydicom would import it, to download test files
        from serverless_dicom.archive.exporting import Wanted
        from serverless_dicom.archive.exporting import export as run
    from serverless_dicom.archive.folder import Folder
    from serverless_dicom_cli.progress import progress

    refs = _image_sets(archive, image_sets, asked["study"], asked["version_id"], all_sets=asked["all_sets"])
    wanted = Wanted(asked["form"], asked["keep_compressed"], asked["check"], asked["again"])
    folder = Folder(output)
    with progress("exporting", "instances") as bar:
        found = run(archive, refs, folder, wanted, tell=lambda outcome: _tell(bar, output, outcome))
        bar.note(_summary(found))
    if report:
        report.write_text(json.dumps(found.json, indent=2) + "\n", encoding="utf-8")
    return int(not found.complete)


def _image_sets(
    archive: HealthImaging, named: tuple[str, ...], study: str | None, version: str | None, *, all_sets: bool
) -> list[ImageSetRef]:
    """The image sets that are meant; those of a study that are not primary have folders of their own."""
    from serverless_dicom.archive.exporting import ImageSetRef

    if bool(named) == bool(study):
        raise click.UsageError("name image sets, or a study with --study")
    if version and len(named) != 1:
        raise click.UsageError("--version is of one image set: name one")
    if not study:
        return [ImageSetRef(one, version) for one in checked_ids(named)]
    found = archive.image_sets_of_study(study, all_sets=all_sets)
    if not found:
        raise click.ClickException(f"the data store has no image set of study {shown(study)}")
    return [
        ImageSetRef(one["imageSetId"], folder="" if one.get("isPrimary", True) else one["imageSetId"]) for one in found
    ]


def _tell(bar: Bar, folder: Path, outcome: Outcome) -> None:
    bar.advance()
    if outcome.status == "written":
        for name in outcome.names:
            bar.result(shown(folder / name))
    elif outcome.status == "failed":
        place = outcome.sop_instance_uid or f"image set {outcome.image_set_id}"
        bar.note(f"{shown(place)}: {outcome.code}: {shown(outcome.message)}")
    for remark in outcome.remarks:
        bar.note(f"{shown(outcome.sop_instance_uid)}: left out: {shown(remark)}")


def _summary(report: Report) -> str:
    counts = report.json["counts"]
    told = {
        "written": counts["written"],
        "there already": counts["present"],
        "without pictures": counts["withoutPictures"],
        "failed: run it again to try them once more": counts["failed"],
    }
    return ", ".join(f"{count} {what}" for what, count in told.items() if count or what == "written")
