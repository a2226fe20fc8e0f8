"""The demo: real files go into the inbox, their rows come out of the tables, and each is compared with its file."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from local.analysis import analyse
from local.commands import commands, page_and_login
from local.expected import Attributes, expected_object, expected_study
from local.importing import import_samples
from local.outputs import DIRECT, session
from local.picture import draw
from local.place import Place
from local.samples import DAMAGED, FOR_DEMO, PREFIX
from local.show import (
    Arrival,
    line_of_picture,
    lines_of_import,
    lines_of_rejected,
    table_of_analyses,
    table_of_objects,
    table_of_studies,
)
from local.stack import Stack
from local.tables import Row, Tables, watch

SECONDS = 60
"""How long rows may take; they take about one second."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was put into the inbox."""

    path: Path
    uri: str
    finished: float
    """When the upload was done, by time.monotonic."""


def demonstrate(place: Place, stack: Stack) -> int:
    """Upload, wait, compare and show; exit status 0 when every row says what its file says.

    Raises:
        LocalError: a row did not come.

    """
    tables = Tables.of(stack)
    forget_earlier(stack, tables)
    uploads = upload(place, stack)
    expected = {one.path.name: expected_object(one.path) for one in uploads if one.path.name != DAMAGED}
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    objects = await_objects(tables, uploads, expected)
    console.print(table_of_objects(objects), *lines_of_rejected(objects), sep="\n")
    if tell_faults(console, objects):
        return 1
    studies = await_studies(tables, uploads, expected)
    console.print(table_of_studies(studies))
    if tell_faults(console, studies):
        return 1
    console.print(line_of_picture(place, draw(place, stack, uploads[0].uri)))
    analyses = analyse(place, stack)
    console.print(table_of_analyses(analyses))
    if not all(analysis.results["text"] for analysis in analyses):
        console.print("wrong: no text was read in a picture that has some", style="red")
        return 1
    imported = import_samples(place, stack)
    console.print(lines_of_import(imported), markup=False)
    if not imported.is_right:
        console.print("wrong: the archive lacks a file, or a frame is not what it was", style="red")
        return 1
    console.print(f"All {len(objects)} objects and {len(studies)} studies are as in the files.", style="green")
    console.print("The stack goes on running; make down stops it. To go on, in this folder:\n")
    for command in commands(place, stack.outputs):
        console.print(f"# {command.purpose}\n{command.line}\n", markup=False, soft_wrap=True)
    console.print(page_and_login(place, stack.outputs, stack.login), markup=False, soft_wrap=True)
    return 0


def tell_faults(console: Console, arrivals: list[Arrival]) -> bool:
    """Print in what rows are wrong, and say whether any is."""
    faults = [fault for arrival in arrivals for fault in arrival.faults]
    for fault in faults:
        console.print(f"wrong: {fault}", style="red", markup=False)
    return bool(faults)


def forget_earlier(stack: Stack, tables: Tables) -> None:
    """Delete what an earlier demo uploaded, and wait until its rows are gone: each run starts from nothing."""
    service = session().resource("s3", endpoint_url=stack.outputs["endpointUrl"], config=DIRECT)
    bucket = service.Bucket(stack.outputs["InboxBucket"])
    earlier = [item.key for item in bucket.objects.filter(Prefix=PREFIX)]
    for key in earlier:
        bucket.Object(key).delete()
    uris = [f"s3://{bucket.name}/{key}" for key in earlier]
    watch("rows of deleted objects to go", {uri: partial(has_state, tables, uri, "deleted") for uri in uris}, SECONDS)


def upload(place: Place, stack: Stack) -> list[Upload]:
    """Put the demo's files into the inbox, one after the other."""
    client = session().client("s3", endpoint_url=stack.outputs["endpointUrl"], config=DIRECT)
    bucket = stack.outputs["InboxBucket"]
    uploads = []
    for name in FOR_DEMO:
        path = place.samples / name
        client.put_object(Bucket=bucket, Key=PREFIX + name, Body=path.read_bytes())
        uploads.append(Upload(path, f"s3://{bucket}/{PREFIX}{name}", time.monotonic()))
    return uploads


def await_objects(tables: Tables, uploads: list[Upload], expected: dict[str, Attributes]) -> list[Arrival]:
    """Wait until the stack has dealt with each object, and compare the rows with the files."""
    looks = {one.uri: partial(has_state, tables, one.uri, "indexed", "rejected") for one in uploads}
    seen = watch("rows of", looks, SECONDS)
    arrivals = []
    for one in uploads:
        name, seconds = one.path.name, seen[one.uri] - one.finished
        if name in expected:
            row = tables.object(one.uri, str(expected[name]["StudyInstanceUID"]))
            faults = differences(name, row, expected[name])
        else:
            row = tables.state(one.uri)
            faults = [] if row["State"] == "rejected" and row.get("Reason") else [f"{name} was not rejected"]
        arrivals.append(Arrival(name, FOR_DEMO[name], row, seconds, faults))
    return arrivals


def await_studies(tables: Tables, uploads: list[Upload], expected: dict[str, Attributes]) -> list[Arrival]:
    """Wait until each study's row counts its objects, and compare it with the files."""
    members: dict[str, list[Upload]] = {}
    for one in uploads:
        if one.path.name in expected:
            members.setdefault(str(expected[one.path.name]["StudyInstanceUID"]), []).append(one)
    sums = {study: expected_study([expected[one.path.name] for one in ones]) for study, ones in members.items()}
    looks = {study: partial(is_complete, tables, study, total) for study, total in sums.items()}
    seen = watch("summaries of", looks, SECONDS)
    arrivals = []
    for study, total in sums.items():
        row, last = tables.summary(study), max(one.finished for one in members[study])
        arrivals.append(Arrival(study, "", row, seen[study] - last, differences(f"study {study}", row, total)))
    return arrivals


def has_state(tables: Tables, uri: str, *states: str) -> bool:
    """Say whether the stack has come to one of these states with an object."""
    return tables.state(uri).get("State") in states


def is_complete(tables: Tables, study: str, total: Attributes) -> bool:
    """Say whether a study's row counts all of its objects."""
    counts = ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances")
    row = tables.summary(study)
    return all(row.get(count) == total[count] for count in counts)


def differences(name: str, row: Row, expected: Attributes) -> list[str]:
    """Return a line for each attribute that a row lacks, or in which it is not what the file says."""
    return [
        f"{name}: {attribute} is {row.get(attribute, 'missing')!r} in the table, {value!r} in the file"
        for attribute, value in expected.items()
        if attribute not in row or row[attribute] != value
    ]
