"""`serverless-dicom import`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what reads and sends; \b is click's mark of lines to leave as they are
from __future__ import annotations

import sys
from typing import Any

import click

from serverless_dicom_cli.aws import Stack, with_stack
from serverless_dicom_cli.places import SCHEME
from serverless_dicom_cli.text import encoded


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
    from serverless_dicom_cli.importing import ask, followed, uploaded
    from serverless_dicom_cli.progress import progress

    urls = [source for source in sources if source.startswith(SCHEME)]
    if urls and len(sources) > 1:
        raise click.UsageError(f"name one s3:// URL alone, or files and folders: got {len(sources)} sources")
    names: dict[str, str] = {}
    lost = 0
    with progress("uploading", "bytes", None, watched=not urls and output == "text") as bar:
        source = urls[0] if urls else None
        if source is None:
            source, names, lost = uploaded(stack, sources, bar)
    if not urls and not names:
        raise click.ClickException("nothing was uploaded, so there is nothing to import")
    job = ask(stack.aws.functions, stack.output("StartImportFunction"), {"source": source})
    print(f"import {job['jobId']}", file=sys.stderr)
    if wait:
        job = followed(stack, job["jobId"], names)
    print(encoded(job) if output == "json" else _text(job, wait=wait))
    return int(lost > 0 or (wait and job["status"] != "complete"))


def _text(job: dict[str, Any], *, wait: bool) -> str:
    from serverless_dicom_cli.importing import outcome

    return outcome(job) if wait else str(job["jobId"])
