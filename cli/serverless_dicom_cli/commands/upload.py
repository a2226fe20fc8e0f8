"""`serverless-dicom upload`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what reads and sends; \b is click's mark of lines to leave as they are
from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from serverless_dicom_cli.aws import Stack, with_stack
from serverless_dicom_cli.text import encoded, json_array, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serverless_dicom_cli.progress import Bar
    from serverless_dicom_cli.uploading import Upload


@click.command
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--bucket", metavar="BUCKET", help="Another bucket than the stack's inbox.")
@click.option("--prefix", metavar="FOLDER", default="", help="What the keys begin with: a folder in the bucket.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_stack
def upload(stack: Stack, paths: tuple[str, ...], bucket: str | None, prefix: str, output: str) -> int:
    """Upload files and folders to the inbox bucket, where they are indexed at once.

    A PATH is a file, which is uploaded whatever it is, or a folder: then every file below it that is DICOM, the others
    are named and left out. Keys are made as `cp -r` makes names: upload of study/ gives study/1.dcm, study/more/2.dcm.
    What cannot be uploaded is told, and does not stop the rest.

    \b
    Text prints the URL of each uploaded object.
    JSON is one array with an element a file:
      {"path", "url"}, {"path", "skipped": {"code", "message"}}
      or {"path", "error": {"code", "message"}}

    \b
    Examples:
      serverless-dicom upload CT_small.dcm
      serverless-dicom upload study/ more/*.dcm --prefix incoming/2024
    """
    from serverless_dicom_cli.progress import progress
    from serverless_dicom_cli.uploading import sizes, uploads

    roots = {_name(path): Path(path) for path in paths}
    if len(roots) < len(paths):
        raise click.UsageError(
            "two paths have the same name, and would become the same objects: upload them one by one"
        )
    folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    target = bucket or stack.output("InboxBucket")
    as_json = output == "json"
    watched = sys.stderr.isatty() and not (as_json and sys.stdout.isatty())  # JSON and a bar would mix
    with progress("uploading", "bytes", sizes(roots.values()) if watched else 0, watched=watched) as bar:
        return _report(uploads(stack.aws.s3, roots, target, folder, bar.advance), bar, as_json=as_json)


def _name(path: str) -> str:
    """The last part of a path; of `.` and `..` that of the folder that they mean."""
    return Path(path).name if Path(path).name not in {"", ".."} else Path(path).resolve().name


def _report(uploads: Iterable[Upload], bar: Bar, *, as_json: bool) -> int:
    counts = {"uploaded": 0, "skipped": 0, "failed": 0}
    with json_array() if as_json else nullcontext(bar.result) as write:
        for upload in uploads:
            counts[upload.state] += 1
            if as_json:
                write(_element(upload))
            elif upload.state == "uploaded":
                write(shown(upload.url))
            if upload.state != "uploaded":
                bar.note(f"{upload.state}: {shown(upload.path)}: {shown(upload.message)} ({upload.code})")
    bar.note(", ".join(f"{count} {state}" for state, count in counts.items() if count or state == "uploaded"))
    return int(counts["failed"] > 0)


def _element(upload: Upload) -> str:
    if upload.state == "uploaded":
        return encoded({"path": upload.path, "url": upload.url})
    name = "skipped" if upload.state == "skipped" else "error"
    return encoded({"path": upload.path, name: {"code": upload.code, "message": upload.message}})
