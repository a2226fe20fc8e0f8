"""`serverless-dicom reindex`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what lists and sends; \b is click's mark of lines to leave as they are
from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import click

from serverless_dicom_cli.aws import Stack, with_stack
from serverless_dicom_cli.places import S3Place
from serverless_dicom_cli.resuming import Checkpoint
from serverless_dicom_cli.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serverless_dicom_cli.progress import Bar


@click.command
@click.argument("url", metavar="s3://BUCKET[/PREFIX]")
@click.option(
    "--resume-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to keep how far it has come, instead of a file in ~/.local/state.",
)
@click.option("--restart", is_flag=True, help="Begin at the beginning, whatever an earlier run did.")
@with_stack
def reindex(stack: Stack, url: str, resume_file: Path | None, *, restart: bool) -> int:
    """Index objects that were in a bucket before the stack, or were missed.

    Lists the objects and sends them through the stack's own queue, so that they are indexed as if they had just been
    uploaded. The stack has to have access to the bucket: its inbox, or the one that its parameter ExistingBucket names.
    Indexing an object again changes nothing.

    After Ctrl-C or a crash, the same command goes on where it stopped; the file that makes this possible is removed
    when all is sent.

    \b
    Examples:
      serverless-dicom reindex s3://old-archive
      serverless-dicom reindex s3://old-archive/2019/ --restart
    """
    from serverless_dicom_cli.progress import progress

    place = S3Place.of(url)
    known = {stack.output("InboxBucket"), stack.parameter("ExistingBucket")}
    if place.bucket not in known:
        raise click.ClickException(
            f"stack {stack.name} has no access to bucket {place.bucket}: "
            f"deploy it with the parameter ExistingBucket={place.bucket}"
        )
    queue_url = stack.output("IndexQueueUrl")
    checkpoint = Checkpoint.of(f"{url} to {queue_url}")
    if resume_file:
        checkpoint = Checkpoint(resume_file, checkpoint.what)
    after = "" if restart else checkpoint.read()
    with progress("reindexing", "objects") as bar:
        if after:
            bar.note(f"goes on after {shown(after)}, as {checkpoint.path} says (--restart begins anew)")
        return _send(stack, place.keys(stack.aws.s3, after), checkpoint, bar, place.bucket)


def _send(stack: Stack, keys: Iterable[str], checkpoint: Checkpoint, bar: Bar, bucket: str) -> int:
    """Send all keys; the checkpoint stays before the first that could not be sent."""
    from serverless_dicom_cli.parallel import in_order
    from serverless_dicom_cli.queues import batches, send

    client, queue_url = stack.aws.sqs, stack.output("IndexQueueUrl")
    sent = failed = 0

    def send_keys(batch: list[str]) -> tuple[list[str], dict[int, str]]:
        return batch, send(client, queue_url, [_notification(bucket, key) for key in batch]).failures

    for batch, failures in in_order(send_keys, batches(keys)):
        sent, failed = sent + len(batch) - len(failures), failed + len(failures)
        bar.advance(len(batch))
        for index, code in failures.items():
            bar.note(f"not sent: s3://{bucket}/{shown(batch[index])} ({code})")
        if not failed:
            checkpoint.write(batch[-1])
    if not failed:
        checkpoint.remove()
    bar.result(
        f"{sent} objects sent to be indexed" + (f", {failed} failed: run it again to send them" if failed else "")
    )
    return int(failed > 0)


def _notification(bucket: str, key: str) -> str:
    """S3's notification of an object; without a sequencer, for nobody knows it, the object is looked at as it is."""
    entity = {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": entity}]})
