"""What `--study-date` says -> a span of days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.stores import dates

if TYPE_CHECKING:
    from datetime import date

    from serverless_dicom.stores.search import StudyDates


def study_dates(text: str, today: date) -> StudyDates:
    """Read a span of days in DICOM's form (PS3.4 C.2.2.2.5.1); raises click.UsageError."""
    try:
        return dates.study_dates(text, today)
    except InvalidRequest as error:
        raise click.UsageError(f"--study-date: {error}") from error
