"""The demo's tables, for the eye."""

from __future__ import annotations

from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from local.analysis import Analysis
from local.expected import HEADERS
from local.importing import Imported
from local.picture import Drawn
from local.place import Place
from local.tables import Row

MOST_OF_A_CELL = 6


@dataclass(frozen=True, slots=True)
class Arrival:
    """A row that came."""

    name: str
    what: str
    row: Row
    seconds: float
    """From the end of the upload to the first look that found the row."""
    faults: list[str]
    """In what it is not as in the file."""


def table_of_objects(arrivals: list[Arrival]) -> Table:
    """Lay out the five headers of each object that was indexed."""
    table = Table(title="DicomMetadata: a row an object", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("file", *HEADERS, "after"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"file", "PatientID", "StudyDate", "after"})
    for arrival in arrivals:
        if not is_rejected(arrival):
            cells = [_cell(arrival.row.get(header)) for header in HEADERS]
            table.add_row(f"{escape(arrival.name)}\n[dim]{escape(arrival.what)}", *cells, f"{arrival.seconds:.2f} s")
    return table


def lines_of_rejected(arrivals: list[Arrival]) -> list[str]:
    """Say of each object that was rejected why, and after what time."""
    return [
        f"[red]rejected[/red] after {arrival.seconds:.2f} s: {escape(arrival.name)} ({escape(arrival.what)})\n"
        f"  {arrival.row.get('ReasonCode')}: {escape(str(arrival.row.get('Reason')))}"
        for arrival in arrivals
        if is_rejected(arrival)
    ]


def line_of_picture(place: Place, drawn: Drawn) -> str:
    """Say where a picture is, how large, and how long the API took for it."""
    path = escape(place.shown(drawn.path))
    return f"POST /convert drew {path}: {drawn.size:,} bytes, {drawn.seconds * 1000:.0f} ms\n"


def lines_of_import(imported: Imported) -> str:
    """Say what the archive has now, and what it refused."""
    counts = imported.counts
    told = (
        f"POST /imports archived {counts['imported']} files in {counts['imageSets']} image sets after "
        f"{imported.seconds:.1f} s; {counts['framesVerified']} stored frames have the checksums that they came with\n"
    )
    return told + "".join(
        f"  refused: {one['file'].rpartition('/')[2]}: {one['message']}\n" for one in imported.failures
    )


def is_rejected(arrival: Arrival) -> bool:
    """Say whether the stack refused the object."""
    return arrival.row.get("State") == "rejected"


def table_of_studies(arrivals: list[Arrival]) -> Table:
    """Lay out what was summed up of each study."""
    headings = ("PatientID", "PatientName", "StudyDate", "modalities", "series", "instances", "after")
    table = Table(*headings, title="DicomMetadata: a row a study", title_justify="left", box=SIMPLE_HEAD)
    for arrival in arrivals:
        row = arrival.row
        table.add_row(
            *(_cell(row.get(header)) for header in headings[:3]),
            _cell(", ".join(row.get("ModalitiesInStudy", []))),
            _cell(row.get("NumberOfStudyRelatedSeries")),
            _cell(row.get("NumberOfStudyRelatedInstances")),
            f"{arrival.seconds:.2f} s",
        )
    return table


def table_of_analyses(analyses: list[Analysis]) -> Table:
    """Lay out what was found in pictures: labels by name, text, and what of it ought not to be in the pixels."""
    table = Table(title="GET /results/{jobId}: a row a picture", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("picture", "labels (simulated)", "text", "burned in", "after"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "after")
    for one in analyses:
        labels = [f"{label['name']} {label['confidence']:.0f} %" for label in one.results["labels"]]
        table.add_row(
            f"{escape(one.name)}\n[dim]{escape(one.what)}",
            escape(", ".join(labels[:MOST_OF_A_CELL])),
            escape(", ".join(found["text"] for found in one.results["text"][:MOST_OF_A_CELL])),
            escape("\n".join(f"{it['text']} ({', '.join(it['matches'])})" for it in one.results["burnedInText"])),
            f"{one.seconds:.2f} s",
        )
    return table


def _cell(value: object) -> str:
    """Return a value for the eye; an absent one is dim."""
    return "[dim]NULL" if value is None else escape(str(value))
