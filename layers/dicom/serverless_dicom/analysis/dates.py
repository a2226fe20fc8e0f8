"""The dates in a text, however they are written."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from serverless_dicom.analysis.folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIRST_YEAR, LAST_YEAR = 1880, 2099
"""Years that a date in a picture may be of."""

FULL = 4
"""Digits of a year that is not cut short."""

_MONTHS = {
    **dict.fromkeys(("jan", "ene", "gen", "янв"), 1),
    **dict.fromkeys(("feb", "fev", "фев"), 2),
    **dict.fromkeys(("mar", "mrz", "мар"), 3),
    **dict.fromkeys(("apr", "avr", "abr", "апр"), 4),
    **dict.fromkeys(("may", "mai", "mag", "мая"), 5),
    **dict.fromkeys(("jun", "juin", "giu", "июн"), 6),
    **dict.fromkeys(("jul", "juil", "lug", "июл"), 7),
    **dict.fromkeys(("aug", "aou", "ago", "авг"), 8),
    **dict.fromkeys(("sep", "set", "сен"), 9),
    **dict.fromkeys(("oct", "okt", "ott", "out", "окт"), 10),
    **dict.fromkeys(("nov", "ноя"), 11),
    **dict.fromkeys(("dec", "dez", "dic", "дек"), 12),
}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})[^\W\d_]*"
_BEFORE = r"(?<![\d.,/-])"
_AFTER = r"(?=\d{1,2}:\d{2}|$|\D)(?!\.\d)"  # a time may follow at once
_SEPARATOR = r"\s?[-./:年月,\s]\s?"

_ENDING_IN_A_DAY = re.compile(rf"{_BEFORE}(\d{{4}})({_SEPARATOR})(\d{{1,2}})({_SEPARATOR})(\d{{1,2}}){_AFTER}")
_ENDING_IN_A_YEAR = re.compile(rf"{_BEFORE}(\d{{1,2}})({_SEPARATOR})(\d{{1,2}})({_SEPARATOR})(\d{{4}}|\d{{2}}){_AFTER}")
_COMPACT = re.compile(r"(?<!\d)(\d{8})(?!\d)")
_GAP, _DAY, _YEAR = r"[\s.,/-]", r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4}|\d{2})"
_WITH_NAMES = (
    re.compile(rf"(?<!\d){_DAY}{_GAP}*{_MONTH}{_GAP}*{_YEAR}{_AFTER}"),
    re.compile(rf"(?<!\w){_MONTH}{_GAP}*{_DAY}{_GAP}+{_YEAR}{_AFTER}"),
    re.compile(rf"(?<!\d)(?P<year>\d{{4}}){_GAP}*{_MONTH}{_GAP}*{_DAY}(?!\d)"),
)
_DIGIT_FOR = re.compile(r"(?<=[\d./-])[oil](?=[\d./-])|(?<=[\d./-])[oil]\b|\b[oil](?=\d)")


def dates_in(text: str) -> tuple[frozenset[date], ...]:
    """What each date in a text may mean: 03/04/70 is four days. In a text without dates there is none."""
    plain = _DIGIT_FOR.sub(lambda found: "0" if found[0] == "o" else "1", folded(text))
    return tuple(days for days in _found(plain) if days)


def _found(text: str) -> Iterator[frozenset[date]]:
    for pattern in (_ENDING_IN_A_DAY, _ENDING_IN_A_YEAR):
        for found in pattern.finditer(text):
            yield _numeric(*found.groups())
    for found in _COMPACT.finditer(text):
        yield _compact(found[1])
    for pattern in _WITH_NAMES:
        for found in pattern.finditer(text):
            month = _MONTHS[found["month"]]
            yield _days((year, month, int(found["day"])) for year in _years(found["year"]))


def _numeric(first: str, separator: str, second: str, other: str, third: str) -> frozenset[date]:
    """Numbers between separators, of which a year is the first or the last."""
    signs = {separator.strip(), other.strip()}
    if len(signs) > 1 and signs not in ({"年", "月"}, {"", ","}):
        return frozenset()
    if len(first) == FULL:
        return _days([(int(first), int(second), int(third))])
    if len(third) < FULL and (signs & {"", ":", ","} or len(first + second) < FULL):
        return frozenset()  # a time, a list of numbers, a version
    a, b = int(first), int(second)
    days = [(year, *order) for year in _years(third) for order in ((a, b), (b, a))]
    if len(third) < FULL:
        days += [(year, b, int(third)) for year in _years(first)]
    return _days(days)


def _compact(digits: str) -> frozenset[date]:
    """Eight digits without separators, the year before or after."""
    a, b, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    return _days([(int(digits[:4]), int(digits[4:6]), int(digits[6:]))]) or _days([(year, a, b), (year, b, a)])


def _years(text: str) -> tuple[int, ...]:
    return (int(text),) if len(text) == FULL else (1900 + int(text), 2000 + int(text))


def _days(parts: Iterable[tuple[int, int, int]]) -> frozenset[date]:
    """The days that there are, of years, months and days."""
    found = set()
    for year, month, day in parts:
        if FIRST_YEAR <= year <= LAST_YEAR:
            with suppress(ValueError):
                found.add(date(year, month, day))
    return frozenset(found)
