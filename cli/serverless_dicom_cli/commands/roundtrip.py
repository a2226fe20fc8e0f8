"""`serverless-dicom roundtrip`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what sends and compares; \b is click's mark of lines to leave as they are
from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.aws import Stack, with_stack
from serverless_dicom_cli.text import shown

if TYPE_CHECKING:
    from serverless_dicom_cli.progress import Bar
    from serverless_dicom_cli.roundtrip import Proof


@click.command
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("roundtrip.json"),
    show_default=True,
    help="Where the proof is written.",
)
@with_stack
def roundtrip(stack: Stack, /, paths: tuple[Path, ...], output: Path) -> int:
    """Prove that what goes into HealthImaging comes out again: import files, export them, compare.

    Every element is compared with what it was, in nested sequences too, and every pixel of every frame. What
    HealthImaging is documented to normalise may differ, and is named. The image sets stay where they are.

    \b
    The proof is JSON, and has tags instead of values:
      {"equal", "importJob", "datastoreId", "normalisations": {tag: why},
       "files": [{"path", "SOPInstanceUID", "equal", "imageSetId",
         "elements", "frames", "differences": [{"path", "kind"}],
         "normalised": [path], "warning"}]}

    Exit status 0 if every file came out equal, 1 if any did not.

    \b
    Examples:
      serverless-dicom roundtrip study/
      serverless-dicom roundtrip CT_small.dcm -o proof.json
    """
    from serverless_dicom import __version__
    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom_cli.importing import ask, followed, uploaded
    from serverless_dicom_cli.places import files
    from serverless_dicom_cli.progress import progress
    from serverless_dicom_cli.roundtrip import NORMALISATIONS, proofs, source_of

    sources = [source for root in paths for path in files(root) if (source := source_of(path))]
    if not sources:
        raise click.ClickException("none of these files is a DICOM object with a StudyInstanceUID and a SOPInstanceUID")
    archive = HealthImaging(stack.aws.health_imaging, stack.output("DatastoreId"))
    with progress("uploading", "bytes") as bar:
        folder, names, _ = uploaded(stack, [str(source.path) for source in sources], bar)
    job = ask(stack.aws.functions, stack.output("StartImportFunction"), {"source": folder})
    job = followed(stack, job["jobId"], names)
    warnings = {names.get(note["file"]): f"{note['code']}: {note['message']}" for note in job["warnings"]}
    found: list[Proof] = []
    with TemporaryDirectory() as exported, progress("exporting", "instances") as bar:
        for proof in proofs(archive, sources, Path(exported), lambda _: bar.advance()):
            found.append(replace(proof, warning=warnings.get(str(proof.path), "")))
            _tell(bar, proof)
    equal = sum(proof.equal for proof in found)
    told: dict[str, Any] = {
        "equal": equal == len(found),
        "createdAt": datetime.now(UTC).isoformat(),
        "version": __version__,
        "datastoreId": archive.datastore_id,
        "importJob": job["jobId"],
        "normalisations": NORMALISATIONS,
        "files": [proof.json for proof in found],
    }
    output.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(f"{equal} of {len(found)} files came out as they went in; the proof is {shown(output)}", file=sys.stderr)
    return int(equal < len(found))


def _tell(bar: Bar, proof: Proof) -> None:
    if proof.equal:
        return
    if proof.comparison is None:
        bar.note(f"{shown(proof.path)}: {shown(proof.problem)}")
        return
    told = ", ".join(f"{difference.path} {difference.kind}" for difference in proof.comparison.differences[:5])
    more = len(proof.comparison.differences) - 5
    bar.note(f"{shown(proof.path)}: {told}" + (f" and {more} more" if more > 0 else ""))
