"""`serverless-dicom workflow`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what fetches and decodes; \b is click's mark of lines to leave as they are
from __future__ import annotations

import sys
from pathlib import Path

import click

from serverless_dicom_cli.aws import Stack, with_stack


@click.command
@click.option(
    "--study", "number", metavar="N", type=click.IntRange(1, 4), help="Which study, 1 to 4; else it is asked for."
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("workflow"),
    show_default=True,
    help="Where pictures go, and what is remembered of a run.",
)
@click.option("--yes", is_flag=True, help="Ask nothing; needs --study.")
@click.option(
    "--delete/--keep", "delete", default=None, help="What becomes of what was made; else asked, with --yes kept."
)
@click.option(
    "--own-stack",
    metavar="NAME",
    help="Make a small stack of this name, and use it even where this project's is deployed.",
)
@with_stack
def workflow(  # noqa: PLR0913 - options, by name
    stack: Stack, *, number: int | None, output: Path, yes: bool, delete: bool | None, own_stack: str | None
) -> int:
    """Be led through HealthImaging with a public study: copied, imported, drawn, every frame compared.

    The studies are of the NCI Imaging Data Commons, in the bucket idc-open-data. Seven steps: resources, study, copy,
    import, image sets, frames, end; each says what it has come to. Where this project's stack is not deployed, or has
    no archive, a small one is made by CloudFormation: a data store, two buckets, a role.

    Ctrl-C is safe at any time: the same command again goes on where the last one ended.

    \b
    DIR/study-N/SOPInstanceUID.png   the pictures, windowed; .f2.png for frame 2
    DIR/study-N/frames.ndjson        the verdict of each frame
    DIR/workflow.json                what has been made, to go on or to delete it

    Exit status 0 only if all files were imported and every frame was right.

    \b
    Examples:
      serverless-dicom workflow
      serverless-dicom workflow --yes --study 1 --delete -o chest
    """
    if yes and number is None:
        raise click.UsageError("--yes needs --study: nobody is there to choose one")
    from serverless_dicom.runtime.imports import without

    with without("requests"):  # pydicom would import it, to download test files
        from serverless_dicom_cli.workflow.steps import Workflow
    from serverless_dicom_cli.workflow.guide import Guide
    from serverless_dicom_cli.workflow.state import State

    guide, state = Guide(yes), State.of(output)
    try:
        fine = Workflow(stack, output, state, guide).run(number, own_stack, delete=delete)
    except BaseException as error:
        if isinstance(error, click.Abort) and not sys.stdin.isatty():
            print("\nnobody answered: --yes --study N asks nothing", file=sys.stderr)
        if guide.step > 1 or state.own_stack:
            end = "\n" if sys.stderr.isatty() else ""  # of the line that Ctrl-C is on
            print(f"{end}stopped at step {guide.step}: the same command goes on from there", file=sys.stderr)
        raise
    return int(not fine)
