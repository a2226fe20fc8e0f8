"""`serverless-dicom search`."""

# ruff: noqa: PLC0415, D301 - a --help does not wait for what searches and prints; \b is click's mark of lines to leave as they are
from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.aws import Stack, with_stack
from serverless_dicom_cli.text import encoded, json_array, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serverless_dicom.stores.search import Level

Row = dict[str, Any]

COLUMNS: dict[Level, dict[str, str]] = {
    "study": {
        "StudyDate": "Date",
        "PatientID": "Patient ID",
        "PatientName": "Patient",
        "AccessionNumber": "Accession",
        "ModalitiesInStudy": "Modalities",
        "NumberOfStudyRelatedSeries": "Series",
        "NumberOfStudyRelatedInstances": "Instances",
        "StudyDescription": "Description",
        "StudyInstanceUID": "StudyInstanceUID",
    },
    "series": {
        "SeriesNumber": "Number",
        "Modality": "Modality",
        "BodyPartExamined": "Body part",
        "SeriesDescription": "Description",
        "NumberOfSeriesRelatedInstances": "Instances",
        "SeriesInstanceUID": "SeriesInstanceUID",
        "StudyInstanceUID": "StudyInstanceUID",
    },
    "object": {
        "InstanceNumber": "Number",
        "Modality": "Modality",
        "Size": "Bytes",
        "SOPInstanceUID": "SOPInstanceUID",
        "S3Uri": "Object",
    },
}
"""What text shows of a row, and what it is headed; the long ones last."""

LONG_COLUMNS: dict[Level, int] = {"study": 1, "series": 2, "object": 2}
"""How many columns are too long for most terminals."""

OF_INDEXES = frozenset({"PatientIDKey", "AccessionNumberKey", "StudyYear", "StudyDateKey"})
"""Attributes that repeat others for the table's indexes."""


def _given(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("is empty: leave it out to find all", param=option)
    return value.strip() if value else None


@click.command
@click.option("--patient-id", metavar="ID", callback=_given, help="PatientID, as it stands in the objects.")
@click.option(
    "--patient-name",
    metavar="NAME",
    callback=_given,
    help="How a name begins, in any of its scripts; or a pattern with * and ?.",
)
@click.option("--study-date", metavar="DAYS", callback=_given, help="A day (20240131) or a span (A-B, A- or -B).")
@click.option(
    "--accession-number", metavar="NUMBER", callback=_given, help="AccessionNumber, as it stands in the objects."
)
@click.option("--modality", metavar="CODE", callback=_given, help="A modality that occurs, such as CT.")
@click.option("--study-uid", metavar="UID", callback=_given, help="StudyInstanceUID.")
@click.option("--level", type=click.Choice(["study", "series", "object"]), default="study", show_default=True)
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_stack
def search(
    stack: Stack, /, level: Level, limit: int | None, output: str, study_date: str | None, **asked: str | None
) -> int:
    """Find studies, or the series and objects in them, that meet all criteria.

    A study is found by a patient's ID or an accession number if any of its objects has it. Names are compared without
    regard to case, and a space may stand for the ^ between their components. A span of days without a beginning begins
    in 1900, one without an end ends next year. Without criteria all studies are listed.

    JSON is one array with an element a row, its attributes named by DICOM keywords. Exit status 0, found or not.

    \b
    Examples:
      serverless-dicom search --patient-id 1CT1
      serverless-dicom search --patient-name 'yamada ta*' --study-date 20240101-
      serverless-dicom search --study-uid 1.2.840.99 --level object --output json
    """
    from serverless_dicom.stores.search import Criteria, Search
    from serverless_dicom_cli.dates import study_dates

    criteria = Criteria(
        patient_id=asked["patient_id"],
        patient_name=asked["patient_name"],
        study_dates=study_dates(study_date, datetime.now(UTC).date()) if study_date else None,
        accession_number=asked["accession_number"],
        modality=asked["modality"].upper() if asked["modality"] else None,
        study_instance_uid=asked["study_uid"],
    )
    rows = islice(Search(stack.aws.dynamodb, stack.output("MetadataTable")).rows(criteria, level), limit)
    if output == "json":
        with json_array() as write:
            for row in rows:
                write(encoded({name: value for name, value in sorted(row.items()) if name not in OF_INDEXES}))
    else:
        _print_text(rows, level)
    return 0


def _print_text(rows: Iterable[Row], level: Level) -> None:
    from serverless_dicom_cli.tables import print_rows

    cells = [{heading: shown(row.get(name)) for name, heading in COLUMNS[level].items()} for row in rows]
    headings = [heading for heading in COLUMNS[level].values() if any(row[heading] for row in cells)]
    if headings:
        print_rows(headings, [[row[heading] for heading in headings] for row in cells], long=LONG_COLUMNS[level])
    else:
        print("nothing found", file=sys.stderr)
