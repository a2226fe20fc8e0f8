"""Whether a line of text holds one value of a header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from serverless_dicom.analysis.dates import dates_in
from serverless_dicom.analysis.folding import (
    LONG,
    folded,
    is_alike,
    is_ideographic,
    is_written_in_letters,
    shape,
    spelt_out,
    words,
)
from serverless_dicom.analysis.markers import WORDS, without_measures

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from serverless_dicom.analysis.identifiers import Identifier

_PARTICLES = "van von der den del della des dos das los las bin ibn abu mac and und dr prof mr mrs med"
_GENERAL = (
    "hospital clinic clinics klinik klinikum spital hopital ospedale medical medicine center centre centro university "
    "universitaet universitat department dept institute institut radiology radiologie imaging diagnostic diagnostics "
    "health healthcare general city state county saint street road avenue north south east west"
)

PARTICLES = frozenset(_PARTICLES.split())
"""Parts of names that many names have."""

GENERAL = frozenset(_GENERAL.split())
"""Words of institutions that many institutions have."""

MIN_NAME, MIN_JOINED, MIN_NUMBER, MIN_DIGITS, MIN_PLACE = 3, 4, 3, 4, 5
"""Characters: of a name's part, of a whole name whose parts are short, of a number, of one that is all digits, of a
word that names a place. What is shorter stands everywhere."""

WINDOW = 6
"""Words of a line that one number may be torn into."""

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Text:
    """A line as it is compared; what is computed of it is kept."""

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words, folded."""
        return words(self.text)

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The shapes of its words that may be names."""
        return tuple(shape(word) for word in self.words if is_written_in_letters(word))

    @cached_property
    def joined(self) -> frozenset[str]:
        """The shapes of its words, each with those after it."""
        return _windows(self.words)

    @cached_property
    def unmeasured(self) -> frozenset[str]:
        """The same, without the numbers that have units."""
        return _windows(words(without_measures(self.text)))

    @cached_property
    def days(self) -> tuple[frozenset[date], ...]:
        """Its dates."""
        return dates_in(self.text)


def holds(text: Text, identifier: Identifier) -> bool:
    """Whether the line holds the value, or a part of it that names somebody."""
    return _HOLDS[identifier.kind](text, identifier)


def _windows(parts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        shape("".join(parts[start:stop]))
        for start in range(len(parts))
        for stop in range(start + 1, min(start + WINDOW, len(parts)) + 1)
    )


def _holds_name(text: Text, name: Identifier) -> bool:
    for group in name.text.split("="):
        if is_ideographic(group):
            if _holds_ideographs(text, words(group)):
                return True
        elif any(_holds_parts(text, parts) for parts in {words(group), words(spelt_out(group))}):
            return True
    return False


def _holds_ideographs(text: Text, parts: tuple[str, ...]) -> bool:
    line = "".join(text.words)
    return any(len(part) > 1 and part in line for part in (*parts, "".join(parts)))


def _holds_parts(text: Text, parts: tuple[str, ...]) -> bool:
    """Whether a line has a part of a name that is no other word, or all of its short ones beside each other."""
    shapes = [shape(part) for part in parts]
    telling = [
        shape(part) for part in parts if len(part) >= MIN_NAME and part not in PARTICLES | WORDS and not part.isdigit()
    ]
    if any(is_alike(one, word) for one in telling for word in text.written):
        return True
    for word in text.written:
        inside = [one for one in telling if one in word]
        if len(word) > LONG and (len(inside) > 1 or any(len(one) >= LONG for one in inside)):
            return True
    orders = {"".join(order) for order in (shapes[:2], shapes[1::-1])} if len(shapes) > 1 else set()
    return any(len(one) >= MIN_JOINED and not set(parts[:2]) <= WORDS and one in text.joined for one in orders)


def _holds_number(text: Text, number: Identifier) -> bool:
    """Whether a line has a number, maybe torn apart, without its leading zeros, or with a label before it."""
    digits = "".join(words(number.text))
    if len(digits) < (MIN_DIGITS if digits.isdigit() else MIN_NUMBER) or digits in WORDS:
        return False
    wanted, found = shape(digits), text.unmeasured if digits.isdigit() else text.joined
    bare = wanted.lstrip("0")
    return any(is_alike(wanted, one) if len(wanted) > LONG + 1 else wanted == one for one in found) or any(
        (len(bare) > MIN_DIGITS and one.lstrip("0") == bare) or (len(wanted) >= LONG and _is_within(wanted, one))
        for one in found
    )


def _is_within(wanted: str, one: str) -> bool:
    """Whether a number is a part of a word, and not of a longer number, unless that only has zeros before it."""
    before, found, after = one.partition(wanted)
    return bool(found) and not (before.rstrip("0")[-1:].isdigit() or after[:1].isdigit())


def _holds_date(text: Text, identifier: Identifier) -> bool:
    day = identifier.day
    if day is None:
        return False
    if any(day in days for days in text.days):
        return True
    short = {day.strftime(form) for form in ("%y%m%d", "%d%m%y", "%m%d%y")}
    return any(found in short for found in _DIGITS.findall(folded(text.text)))


def _holds_place(text: Text, place: Identifier) -> bool:
    """Whether a line has a word that only this place is called by, or two words of its name beside each other."""
    for parts in {words(place.text), words(spelt_out(place.text))}:
        telling = [shape(part) for part in parts if len(part) >= MIN_PLACE and part not in GENERAL | WORDS | PARTICLES]
        if any(is_alike(one, word) for one in telling if not one.isdigit() for word in text.written):
            return True
        pairs = pairwise(parts)
        if any(shape(a + b) in text.joined for a, b in pairs if len(a + b) > LONG and not {a, b} <= GENERAL | WORDS):
            return True
    return False


_HOLDS: dict[str, Callable[[Text, Identifier], bool]] = {
    "name": _holds_name,
    "number": _holds_number,
    "date": _holds_date,
    "place": _holds_place,
}
