"""`serverless-dicom redrive`."""

# ruff: noqa: PLC0415 - a --help does not wait for what reads and sends
from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import click

from serverless_dicom_cli.aws import Stack, with_stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serverless_dicom_cli.progress import Bar


@click.command
@click.option("--index", is_flag=True, help="Objects that failed to be indexed five times.")
@click.option("--rules", is_flag=True, help="Events of the bucket that did not reach the index queue.")
@click.option("--summaries", is_flag=True, help="Studies that failed to be summarized.")
@click.option("--imports", is_flag=True, help="Objects of the inbox that no import could be started for.")
@with_stack
def redrive(stack: Stack, *, index: bool, rules: bool, summaries: bool, imports: bool) -> int:
    """Put back what is in the dead-letter queues: all of them, or those that are named.

    Objects and events go to the index queue again, or to the one where they wait to be imported. Of failed summaries
    the studies are looked up in the table's stream and summarized anew; where the stream holds them no more, which is
    after 24 hours, all studies of the table are.

    A message is removed only when its work was handed on, so an interrupted redrive may repeat some of it, which
    changes nothing, and loses none. Find out first why things failed: the functions' logs say it.
    """
    from serverless_dicom_cli.progress import progress

    everything = not (index or rules or summaries or imports)
    failed = 0
    with progress("putting back", "objects") as bar:
        if index or everything:
            failed += _messages(stack, "IndexDeadLetterQueueUrl", "objects to index", bar)
        if rules or everything:
            failed += _messages(stack, "RuleDeadLetterQueueUrl", "events to index", bar)
        if summaries or everything:
            failed += _summaries(stack, bar)
        if imports or (everything and stack.has_output("ArchiveQueueUrl")):
            for queue in ("ArchiveDeadLetterQueueUrl", "ArchiveRuleDeadLetterQueueUrl"):
                failed += _messages(stack, queue, "objects to import", bar, "ArchiveQueueUrl")
    return int(failed > 0)


def _messages(stack: Stack, dead_letters: str, what: str, bar: Bar, queue: str = "IndexQueueUrl") -> int:
    from serverless_dicom_cli.queues import put_back

    moved = failed = 0
    for sent, failures in put_back(stack.aws.sqs, stack.output(dead_letters), stack.output(queue)):
        moved, failed = moved + sent, failed + len(failures)
        bar.advance(sent)
        for code in sorted(set(failures.values())):
            bar.note(f"not put back, left where it was: {code}")
    bar.result(f"{moved} {what} put back" + (f", {failed} failed" if failed else ""))
    return failed


def _summaries(stack: Stack, bar: Bar) -> int:
    """Work through the failed summaries; a message is a batch of the stream."""
    from serverless_dicom_cli.queues import delete, received, release
    from serverless_dicom_cli.summaries import Batch, all_studies, changed_studies, summarize

    aws, queue, function = stack.aws, stack.output("SummaryDeadLetterQueueUrl"), stack.output("SummarizeStudyFunction")
    done, failed, kept, all_done = 0, 0, [], False
    for message in chain.from_iterable(received(aws.sqs, queue)):
        batch = Batch.of(message["Body"])
        studies = changed_studies(aws.streams, batch) if batch else None
        again: Iterable[str] = sorted(studies or ())
        if studies is None and not all_done:
            bar.note("the stream holds some of the changes no more, so all studies of the table are summarized")
            again = all_studies(aws.dynamodb, stack.output("MetadataTable"))
        missed = 0
        for summarized, failures in summarize(aws.functions, function, again):
            done, missed = done + summarized, missed + len(failures)
            bar.advance(summarized)
            for study in failures:
                bar.note(f"not summarized, see the function's log: {study}")
        failed += missed
        if missed:
            kept.append(message)
            continue
        all_done = all_done or studies is None
        delete(aws.sqs, queue, [message])
    release(aws.sqs, queue, kept)
    bar.result(f"{done} studies summarized" + (f", {failed} failed" if failed else ""))
    return failed
