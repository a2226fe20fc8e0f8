"""The data store of HealthImaging that a command works with, and the image sets that it is given."""

# ruff: noqa: PLC0415 - a --help does not wait for what calls HealthImaging
from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from serverless_dicom_cli.aws import Stack, with_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from serverless_dicom.archive.client import HealthImaging

Options = ParamSpec("Options")

_ID = re.compile(r"[0-9a-z]{32}")


def with_archive(command: Callable[Concatenate[HealthImaging, Options], int]) -> Callable[..., int]:
    """Give a command the options that choose a data store, and its `HealthImaging` as the first argument."""

    @with_stack
    @click.option(
        "--datastore",
        metavar="ID",
        envvar="SERVERLESS_DICOM_DATASTORE",
        show_envvar=True,
        help="The data store of HealthImaging; else the stack's.",
    )
    @functools.wraps(command)
    def run(stack: Stack, /, *args: Any, datastore: str | None, **options: Any) -> int:
        from serverless_dicom.archive.client import HealthImaging

        datastore_id = datastore or stack.output("DatastoreId")
        if not _ID.fullmatch(datastore_id):
            raise click.UsageError(
                "--datastore must be 32 digits and small letters, as `aws medical-imaging` lists them"
            )
        return command(HealthImaging(stack.aws.health_imaging, datastore_id), *args, **options)

    return run


def checked_ids(image_sets: Iterable[str]) -> tuple[str, ...]:
    """Ids of image sets, each once. Raises click.UsageError."""
    found = tuple(dict.fromkeys(image_sets))
    for one in found:
        if not _ID.fullmatch(one):
            raise click.UsageError(f"an image set's id is 32 digits and small letters, got {one!r}")
    return found
