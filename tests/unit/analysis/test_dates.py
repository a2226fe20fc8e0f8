"""Dates in text, as machines and people write them."""

from datetime import date

import pytest

from serverless_dicom.analysis.dates import dates_in

DAY = date(1970, 1, 31)


@pytest.mark.parametrize(
    "text",
    [
        *("19700131", "1970-01-31", "1970/01/31", "1970.01.31", "1970 01 31", "1970:01:31", "1970/1/31", "31011970"),
        *("31.01.1970", "31.1.1970", "31/01/1970", "31-01-1970", "01/31/1970", "1/31/1970", "01-31-1970", "31 01 1970"),
        *("31/01/70", "31.01.70", "01/31/70", "31-01-70", "70-01-31"),
        *(
            "31 JAN 1970",
            "31-Jan-1970",
            "31JAN1970",
            "31-jan-70",
            "Jan 31, 1970",
            "January 31 1970",
            "31st January 1970",
        ),
        *("31. Januar 1970", "31 janv. 1970", "31 ene 1970", "31 gen 1970", "31 января 1970", "1970 JAN 31"),
        *("1970年01月31日", "DOB:31.01.1970", "born 31.01.1970, Rome", "31.01.1970 10:11", "1970-01-3110:11:12"),
        *("3l.0l.197O", "31.O1.1970", "19700131-101112", "*31.01.1970"),
    ],
)
def test_a_date_is_found(text: str) -> None:
    assert any(DAY in days for days in dates_in(text))


@pytest.mark.parametrize(
    "text",
    [
        *("", "10:22:33", "10:11", "1970", "512", "1024 x 1024", "W 400 L 40", "120 kV", "1,2,3", "10 20 30", "3/20"),
        *("1.2.840.10008.5.1.4", "12.5.10", "v1.2.3", "31.13.1970", "99999999", "20241340", "12345678901", "0.5-10.5"),
        *("IM 12/34", "SE 3", "32 JAN 1970", "Marker 12", "31.01.1770", "2.16.840.1.113883"),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert dates_in(text) == ()


def test_a_short_date_may_be_several() -> None:
    days = {date(year, *day) for year in (1970, 2070) for day in ((3, 4), (4, 3))}

    assert dates_in("03/04/70") == (days,)
    assert dates_in("03/04/05") == (
        {date(year, *day) for year in (1905, 2005) for day in ((3, 4), (4, 3))} | {date(1903, 4, 5), date(2003, 4, 5)},
    )
