"""Days and spans of days, as DICOM writes them."""

from datetime import date

import pytest

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.stores.dates import study_dates
from serverless_dicom.stores.search import StudyDates

TODAY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("20240131", "20240131", "20240131"),
        ("20240101-20240131", "20240101", "20240131"),
        ("20240101-", "20240101", "20251231"),
        ("-20240131", "19000101", "20240131"),
    ],
)
def test_a_span_has_two_days(text: str, first: str, last: str) -> None:
    assert study_dates(text, TODAY) == StudyDates(first, last)


@pytest.mark.parametrize("text", ["19700230", "1970-01-31", "19700131-19700101", "-", "Zzyzx", "1970013", ""])
def test_what_is_no_span_is_not_repeated(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        study_dates(text, TODAY)
    assert not [part for part in ("1970", "Zzyzx") if part in str(refused.value)]
