"""`serverless-dicom import`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what reads and sends; \b is click's mark of lines to leave as they are
from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.aws import Stack, with_stack
from serverless_dicom_cli.places import SCHEME
from serverless_dicom_cli.text import encoded, shown

if TYPE_CHECKING:
    from serverless_dicom_cli.progress import Bar


@click.command("import")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--wait/--no-wait", default=True, show_default=True, help="Whether to watch the import until it ends.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_stack
def import_(stack: Stack, sources: tuple[str, ...], *, wait: bool, output: str) -> int:
    """Import DICOM files into HealthImaging, and verify every frame there.

    A SOURCE is one s3:// URL of a folder or object, in a bucket that the stack may read, or files and folders here,
    which are uploaded first: of a folder, those that are DICOM. The import goes on by itself: its id, which is told
    first, is what GET /imports/{jobId} and the function GetImport want.

    \b
    Exit status: 0 all files were imported and all frames are right, 1 not.
    JSON is what GET /imports/{jobId} answers.

    \b
    Examples:
      serverless-dicom import s3://my-archive/study/
      serverless-dicom import study/ more/*.dcm
      serverless-dicom import s3://my-archive/ --no-wait
    """
    from serverless_dicom_cli.importing import ask
    from serverless_dicom_cli.progress import progress

    urls = [source for source in sources if source.startswith(SCHEME)]
    if urls and len(sources) > 1:
        raise click.UsageError(f"name one s3:// URL alone, or files and folders: got {len(sources)} sources")
    names: dict[str, str] = {}
    lost = 0
    with progress("uploading", "bytes", None, watched=not urls and output == "text") as bar:
        source = urls[0] if urls else None
        if source is None:
            source, names, lost = _uploaded(stack, sources, bar)
    if not urls and not names:
        raise click.ClickException("nothing was uploaded, so there is nothing to import")
    job = ask(stack.aws.functions, stack.output("StartImportFunction"), {"source": source})
    print(f"import {job['jobId']}", file=sys.stderr)
    if wait:
        job = _watched(stack, job["jobId"], names)
    print(encoded(job) if output == "json" else _text(job, wait=wait))
    return int(lost > 0 or (wait and job["status"] != "complete"))


def _text(job: dict[str, Any], *, wait: bool) -> str:
    from serverless_dicom_cli.importing import outcome

    return outcome(job) if wait else str(job["jobId"])


def _watched(stack: Stack, job_id: str, names: dict[str, str]) -> dict[str, Any]:
    """Tell how far an import is whenever that changes, and what is wrong in the end; returns what is known then."""
    from serverless_dicom_cli.importing import ask, found, problems, state_of, watched

    function, told, is_planned = stack.output("GetImportFunction"), "", False
    job: dict[str, Any] = {}
    for job in watched(lambda: ask(stack.aws.functions, function, {"jobId": job_id})):
        if job["shards"] and not is_planned:
            is_planned = True
            print(found(job), file=sys.stderr)
        if (state := state_of(job)) != told:
            print(state, file=sys.stderr)
            told = state
    for line in problems(job, names):
        print(line, file=sys.stderr)
    return job


def _uploaded(stack: Stack, paths: tuple[str, ...], bar: Bar) -> tuple[str, dict[str, str], int]:
    """Upload files to a folder of their own: its URL, the files' paths by their keys, and how many did not go."""
    from serverless_dicom_cli.uploading import uploads

    bucket, folder = stack.output("ImportBucket"), f"imports/{uuid.uuid4()}/"
    roots = {f"{number}/{Path(path).resolve().name}": Path(path) for number, path in enumerate(paths)}
    names: dict[str, str] = {}
    lost = 0
    for upload in uploads(stack.aws.s3, roots, bucket, folder, bar.advance):
        if upload.state == "uploaded":
            names[upload.url.removeprefix(f"{SCHEME}{bucket}/")] = upload.path
        else:
            lost += upload.state == "failed"
            bar.note(f"{upload.state}: {shown(upload.path)}: {shown(upload.message)} ({upload.code})")
    bar.note(f"{len(names)} uploaded")
    return f"{SCHEME}{bucket}/{folder}", names, lost
