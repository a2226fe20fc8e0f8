"""`serverless-dicom verify`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what fetches and decodes; \b is click's mark of lines to leave as they are
from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.archive import checked_ids, with_archive
from serverless_dicom_cli.text import encoded, json_array, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.verifying import FrameVerdict


@click.command
@click.argument("image_sets", metavar="IMAGE_SET...", nargs=-1, required=True)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_archive
def verify(archive: HealthImaging, /, image_sets: tuple[str, ...], output: str) -> int:
    """Fetch every frame of image sets, decode it, and compare its CRC-32 with the one that was taken on import.

    Frames that HealthImaging kept as they came are compared as they are stored.

    \b
    Text prints a line a frame: ok or not, SOPInstanceUID, frame, its id,
      and what is wrong.
    JSON is one array with an element a frame, written as it is compared:
      {"imageSetId", "SOPInstanceUID", "frame", "frameId", "ok",
       "expected", "found", "reason"}

    Exit status 0 if all frames are what was imported, 1 if any is not or could not be had.

    \b
    Examples:
      serverless-dicom verify 0aaf9a3b6405bd6d393876806034b1c0
      serverless-dicom verify $IMAGE_SET --output json | jq ".[] | .ok"
    """
    from serverless_dicom.archive.verifying import verdicts
    from serverless_dicom.errors import ImageSetNotFound, ServerlessDicomError
    from serverless_dicom_cli.problems import explain
    from serverless_dicom_cli.progress import progress

    ids = checked_ids(image_sets)
    good = bad = missing = 0
    with ExitStack() as stack:
        bar = stack.enter_context(progress("verifying", "frames"))
        tell: Callable[[str], None] = stack.enter_context(json_array()) if output == "json" else bar.result
        form = _element if output == "json" else _line
        for image_set_id in ids:
            try:
                for found in verdicts(archive, image_set_id):
                    good, bad = good + found.verdict.ok, bad + (not found.verdict.ok)
                    tell(form(image_set_id, found))
                    bar.advance()
            except ServerlessDicomError as error:
                missing += 1
                told = str(error) if isinstance(error, ImageSetNotFound) else explain(error)
                bar.note(f"{error.code}: {told}")
        parts = [f"{good} frames are what was imported"]
        parts += [f"{bad} are not"] if bad else []
        parts += [f"{missing} image sets could not be verified"] if missing else []
        bar.note(", ".join(parts))
    return int(bad > 0 or missing > 0)


def _line(_image_set_id: str, found: FrameVerdict) -> str:
    verdict = found.verdict
    told = f"crc32 {verdict.found}" if verdict.ok else shown(verdict.reason)
    uid = shown(found.instance.sop_instance_uid)
    return f"{'ok' if verdict.ok else 'not ok'} {uid} frame {found.frame.number} {verdict.frame_id}: {told}"


def _element(image_set_id: str, found: FrameVerdict) -> str:
    verdict = found.verdict
    element: dict[str, Any] = {
        "imageSetId": image_set_id,
        "SOPInstanceUID": found.instance.sop_instance_uid,
        "frame": found.frame.number,
        "frameId": verdict.frame_id,
        "ok": verdict.ok,
        "expected": verdict.expected,
        "found": verdict.found,
        "reason": verdict.reason,
    }
    return encoded(element)
