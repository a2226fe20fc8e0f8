"""`serverless-dicom summarize`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what sends; \b is click's mark of lines to leave as they are
from __future__ import annotations

import click

from serverless_dicom_cli.aws import Stack, with_stack


@click.command
@click.argument("studies", metavar="[STUDY_UID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All studies of the table.")
@with_stack
def summarize(stack: Stack, studies: tuple[str, ...], *, everything: bool) -> int:
    """Count anew what studies and series hold.

    The stack does that itself whenever an object changes; this is for after a repair.

    \b
    Examples:
      serverless-dicom summarize 1.2.840.99
      serverless-dicom summarize --all
    """
    from serverless_dicom_cli.progress import progress
    from serverless_dicom_cli.summaries import all_studies
    from serverless_dicom_cli.summaries import summarize as again

    if bool(studies) == everything:
        raise click.UsageError("name studies by their StudyInstanceUIDs, or all of them with --all")
    function = stack.output("SummarizeStudyFunction")
    asked = all_studies(stack.aws.dynamodb, stack.output("MetadataTable")) if everything else studies
    done = failed = 0
    with progress("summarizing", "studies", None if everything else len(studies)) as bar:
        for summarized, failures in again(stack.aws.functions, function, asked):
            done, failed = done + summarized, failed + len(failures)
            bar.advance(summarized)
            for study in failures:
                bar.note(f"not summarized, see the function's log: {study}")
        bar.result(f"{done} studies summarized" + (f", {failed} failed" if failed else ""))
    return int(failed > 0)
