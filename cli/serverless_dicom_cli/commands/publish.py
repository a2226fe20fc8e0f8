"""`serverless-dicom publish`."""

# ruff: noqa: PLC0415 - a --help does not wait for what sends
from __future__ import annotations

import sys
from pathlib import Path

import click

from serverless_dicom_cli.aws import Stack, with_stack


@click.command
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("frontend/dist"),
    show_default=True,
    help="The page as `make site` builds it.",
)
@click.option(
    "--login-url",
    metavar="URL",
    envvar="SERVERLESS_DICOM_LOGIN_URL",
    show_envvar=True,
    help="Where people log in; else the stack's own login.",
)
@with_stack
def publish(stack: Stack, *, folder: Path, login_url: str | None) -> int:
    """Put the page into the stack's bucket.

    With it goes config.json: where the API is, where people log in, how large a file may be. Files whose names carry
    their digest are kept by browsers for a year, the others are asked for anew; what an earlier page left is removed.
    """
    from serverless_dicom_cli.publishing import Bucket, configuration, page

    if login_url and not login_url.startswith(("http://", "https://")):
        raise click.UsageError(f"--login-url must begin with http:// or https://, got {login_url}")
    files = page(folder)
    files.append(configuration(stack, login_url or stack.output("LoginUrl")))
    bucket = Bucket(stack.aws.s3, stack.output("SiteBucket"))
    removed = bucket.replace(files)
    print(f"{len(files)} files published, {removed} of an earlier page removed", file=sys.stderr)
    print(stack.output("SiteUrl"))
    return 0
