"""`serverless-dicom convert`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what draws; \b is click's mark of lines to leave as they are
from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.aws import Aws, with_aws
from serverless_dicom_cli.text import shown

if TYPE_CHECKING:
    from serverless_dicom.image import RenderOptions


def _frame(_context: click.Context, option: click.Parameter, value: str) -> int | None:
    """A frame's number; None for all."""
    if value == "all":
        return None
    if value.isascii() and value.isdigit() and int(value):
        return int(value)
    raise click.BadParameter(f"must be a number from 1, or all, got {value!r}", param=option)


def _window(_context: click.Context, option: click.Parameter, value: str | None) -> dict[str, Any]:
    """The fields of a request that say the same."""
    if value is None:
        return {}
    if "," not in value:
        return {"window": int(value) if value.isascii() and value.isdigit() else value}
    try:
        center, width = map(float, value.split(","))
    except ValueError:
        raise click.BadParameter(
            f"must be CENTER,WIDTH such as -600,1500, a preset's name or an index from 1, got {value!r}", param=option
        ) from None
    return {"window_center": center, "window_width": width}


@click.command
@click.argument("paths", metavar="PATH|URL...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FILE|DIR", type=click.Path(path_type=Path), help="Else the current folder.")
@click.option("--format", "suffix", type=click.Choice(["jpg", "png"]), help="Else what -o FILE says, or jpg.")
@click.option("--quality", metavar="1-100", type=click.IntRange(1, 100), default=85, show_default=True, help="JPEG's.")
@click.option(
    "--window",
    metavar="C,W|PRESET|INDEX",
    callback=_window,
    help="Center and width, a preset for CT such as lung, or which of the object's own, from 1.",
)
@click.option("--frame", metavar="N|all", default="1", show_default=True, callback=_frame)
@click.option("--width", metavar="PIXELS", type=click.IntRange(1), help="Fit the picture into so many columns.")
@click.option("--height", metavar="PIXELS", type=click.IntRange(1), help="Fit the picture into so many rows.")
@click.option("--upscale", is_flag=True, help="Enlarge pictures to --width and --height too.")
@click.option("--square-pixels", is_flag=True, help="Stretch pixels that are not square.")
@click.option("--overlays", is_flag=True, help="Draw the object's overlays.")
@click.option("--explain", is_flag=True, help="Print what was done, a line of JSON a picture.")
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1), help="Pictures drawn at a time; else one for each processor."
)
@with_aws
def convert(aws: Aws, /, paths: tuple[str, ...], frame: int | None, jobs: int | None, **asked: Any) -> int:
    """Draw DICOM images as a radiologist would see them, into JPEG or PNG files.

    A PATH is a file or a folder with all that is below it; a URL is of an object s3://BUCKET/KEY, with a slash at its
    end of all objects whose keys begin so, or of a file behind http, https, ftp or ftps. NAME.dcm becomes NAME.dcm.jpg,
    its frame 3 NAME.dcm.f3.jpg; what is below a folder keeps its path below it. What cannot be drawn is told, and does
    not stop the rest. No stack is needed, and no AWS account but for s3://.

    \b
    Text prints the path of each picture.
    --explain prints instead
      {"path", "output", "frame", what was done…, "warnings"}

    \b
    Examples:
      serverless-dicom convert CT_small.dcm -o ct.png --window -600,1500
      serverless-dicom convert study/ more/*.dcm -o pictures --format png
      serverless-dicom convert s3://my-bucket/cine.dcm --frame all -o cine
    """
    from serverless_dicom.runtime.imports import without

    with without("requests"):  # pydicom would import it, to download test files
        from serverless_dicom.image import render
    from serverless_dicom_cli.drawing import Drawer, Jobs
    from serverless_dicom_cli.inputs import inputs
    from serverless_dicom_cli.opening import opened
    from serverless_dicom_cli.outputs import Outputs
    from serverless_dicom_cli.progress import progress
    from serverless_dicom_cli.reporting import Report
    from serverless_dicom_cli.workers import outcomes

    output = asked.pop("output")
    file = _file(output, paths, frame)
    suffix = asked.pop("suffix") or _suffix(file) or "jpg"
    options = _options(asked.pop("window") | asked | {"output_format": suffix})
    outputs = Outputs(output or Path(), suffix, frame, file)
    # All are looked up before the first is drawn: a picture that has been written must not be found as an input.
    found = list(inputs(paths, aws))
    with progress("converting", "pictures", len(found) if frame else None, threads=False) as bar:
        report = Report(outputs, bar, explain=options.explain)
        sources = [source for source in map(report.admit, found) if source]
        draw = Drawer(partial(opened, aws=aws.afresh()), render, options)
        for job, outcome in outcomes(Jobs(sources, frame), draw, jobs or len(os.sched_getaffinity(0))):
            report.tell(job, outcome)
        report.finish()
    return int(report.failed > 0)


def _file(output: Path | None, paths: tuple[str, ...], frame: int | None) -> Path | None:
    """The one file that -o names; None where it names a folder."""
    from serverless_dicom_cli.outputs import SUFFIXES

    if output is None or output.suffix.lower() not in SUFFIXES or output.is_dir():
        if output and output.exists() and not output.is_dir():
            raise click.UsageError(
                f"-o {shown(output)} is a file, but none of a picture: name a folder, a .jpg or a .png"
            )
        return None
    many = len(paths) > 1 or paths[0].endswith("/") or Path(paths[0]).is_dir()
    if many or frame is None:
        raise click.UsageError(f"-o {shown(output)} is one picture, and there may be several: name a folder")
    return output


def _suffix(file: Path | None) -> str | None:
    from serverless_dicom_cli.outputs import SUFFIXES

    return SUFFIXES[file.suffix.lower()] if file else None


def _options(fields: dict[str, Any]) -> RenderOptions:
    """What was asked for, checked as a request of the API is."""
    from serverless_dicom.errors import InvalidRequest
    from serverless_dicom.image.request import ConvertRequest

    try:
        return ConvertRequest.parse({"url": "any"} | fields).options
    except InvalidRequest as error:
        raise click.UsageError(str(error)) from error
