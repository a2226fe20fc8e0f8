"""`serverless-dicom headers`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what reads and prints; \b is click's mark of lines to leave as they are
from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.aws import Aws, with_aws
from serverless_dicom_cli.places import SCHEME, S3Place
from serverless_dicom_cli.text import encoded, json_array, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serverless_dicom_cli.reading import Reading


@click.command
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_aws
def headers(aws: Aws, paths: tuple[str, ...], output: str) -> int:
    """Print what DICOM files say of themselves.

    A PATH is a file, a folder with all that is below it, an object s3://BUCKET/KEY, or with a slash at its end all
    objects whose keys begin so. Only what stands before the pixel data is read. No stack is needed, and for local files
    no AWS account.

    \b
    Text shows the record: what is kept in the table of each object.
    JSON is one array with an element a file, written as it is read:
      {"path", "record": {by keyword}, "header": {DICOM JSON model},
       "notes": [{"path", "code", "bytes"?}], "incomplete"}
      or {"path", "error": {"code", "message"}}

    \b
    Examples:
      serverless-dicom headers CT_small.dcm
      serverless-dicom headers study/ --output json | jq '.[].record.PatientID'
      serverless-dicom headers s3://my-bucket/incoming/
    """
    from serverless_dicom_cli.reading import readings

    for path in paths:
        if path.startswith(SCHEME):
            S3Place.of(path)  # a wrong one is told before anything is printed
    found = readings(paths, aws)
    return _print_json(found) if output == "json" else _print_text(found)


def _print_json(readings: Iterable[Reading]) -> int:
    failed = 0
    with json_array() as write:
        for reading in readings:
            failed |= not reading.header
            write(_element(reading))
    return failed


def _element(reading: Reading) -> str:
    if not reading.header:
        return encoded({"path": reading.path, "error": {"code": reading.code, "message": reading.message}})
    header = reading.header
    parts = {
        "path": encoded(reading.path),
        "record": encoded(header.record),
        "header": json.dumps(header.model, ensure_ascii=False),
        "notes": encoded([note.json for note in header.notes]),
        "incomplete": encoded(header.incomplete),
    }
    return "{" + ", ".join(f'"{name}": {part}' for name, part in parts.items()) + "}"


def _print_text(readings: Iterable[Reading]) -> int:
    failed = 0
    for number, reading in enumerate(readings):
        if not reading.header:
            failed = 1
            sys.stdout.flush()  # in order, where both go to one place
            print(f"{shown(reading.path)}: {shown(reading.message)} ({reading.code})", file=sys.stderr)
            continue
        _print_record(reading.path, reading.header.record, separate=number > 0)
        _print_remarks(reading)
    return failed


def _print_record(path: str, record: dict[str, Any], *, separate: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from serverless_dicom_cli.tables import print_table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for keyword, value in record.items():
        table.add_row(f"  {keyword}", Text(shown(value)) if value is not None else Text("none", "dim"))
    print_table(table, heading=("\n" if separate else "") + shown(path))


def _print_remarks(reading: Reading) -> None:
    header = reading.header
    if header and header.incomplete:
        print("  incomplete: the file ends inside or before its pixel data")
    for note in header.notes if header else ():
        print(f"  note: {note.path} {note.code}")
