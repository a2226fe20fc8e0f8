"""The demo's tables, for the eye."""

from __future__ import annotations

from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from local.expected import HEADERS
from local.tables import Row


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
    """Lay out the five headers of each object, or why it was rejected."""
    table = Table("file", *HEADERS, "after", title="DicomMetadata: a row an object", title_justify="left")
    for arrival in arrivals:
        if arrival.row.get("State") == "rejected":
            reason = f"rejected, {arrival.row.get('ReasonCode')}: {arrival.row.get('Reason')}"
            cells = [f"[red]{escape(reason)}", *[""] * (len(HEADERS) - 1)]
        else:
            cells = [_cell(arrival.row.get(header)) for header in HEADERS]
        table.add_row(f"{escape(arrival.name)}\n[dim]{escape(arrival.what)}", *cells, f"{arrival.seconds:.2f} s")
    return table


def table_of_studies(arrivals: list[Arrival]) -> Table:
    """Lay out what was summed up of each study."""
    headings = ("PatientID", "PatientName", "StudyDate", "modalities", "series", "instances", "after")
    table = Table(*headings, title="DicomMetadata: a row a study", title_justify="left")
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


def _cell(value: object) -> str:
    """Return a value for the eye; an absent one is dim."""
    return "[dim]NULL" if value is None else escape(str(value))
