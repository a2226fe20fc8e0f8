"""What looks as if it told who somebody is, whatever the header says: it may have been cleaned, and the pixels not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from serverless_dicom.analysis.dates import dates_in
from serverless_dicom.analysis.folding import folded, words
from serverless_dicom.analysis.markers import WORDS, is_marker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serverless_dicom.analysis.findings import Line

NAME, NUMBER, DATE, PLACE = "looks like a name", "looks like an id", "looks like a date", "looks like an institution"

_ID_LABEL = (
    r"\b(?:mrn|pid|pat(?:ient)?[ .\-]*(?:id|no|nr|number|num)|(?:acc(?:ession)?)(?:[ .\-]*(?:no|nr|number|num))?|a/n|"
    r"id(?:[ .\-]*(?:no|nr|number))?|case(?:[ .\-]*no)?|visit(?:[ .\-]*no)?|ssn|nhs(?:[ .\-]*no)?)"
)
_NAME_LABEL = (
    r"\b(?:(?:pat(?:ient)?(?:s|'s)?[ .\-]*)?(?:name|nom|nombre|nome)|patient|physician|operator|technologist|"
    r"radiologist|referring|ref(?:erring)?[ .]*(?:md|phys(?:ician)?|dr)\.?|performed by|doctor)"
)
_ID = re.compile(
    rf"{_ID_LABEL}\.?\s*[:#=]+\s*(?=[\w/ -]{{0,9}}\d)[a-z0-9][\w/-]{{2,}}|\bmrn\W{{0,3}}[a-z]{{0,3}}\d{{3,}}"
)
_SOCIAL = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_NAMED = re.compile(rf"{_NAME_LABEL}\s*[:=]+\s*(?P<value>[^\W\d_].+)")
_TITLED = re.compile(r"\b(?:dr|prof|mrs|mr|herr|frau)\b[. ]+(?P<value>[^\W\d_]{3,}.*)")
_CARET = re.compile(r"[^\W\d_]{2,}\^[^\W\d_]+")
_LISTED = re.compile(r"([^\W\d_][\w'\u2019-]+)\s*,\s*([^\W\d_][\w'\u2019-]+)(?:\s+[^\W\d_]\.?)?")
_BORN = re.compile(r"\b(?:d\.?o\.?b|birth ?date|date of birth|born|geb(?:urtsdatum|oren)?|ddn|nacimiento|naissance)\b")
_HOUSE = re.compile(
    r"\b(?:hospi?tal|hopital|ospedale|clinic|clinique|clinica|klinik|klinikum|krankenhaus|\w*spital|infirmary|med(?:ical)?\W+"
    r"(?:center|centre|ctr)|imaging\W+(?:center|centre|ctr)|university|universitat\w*|больница|病院|医院)\b"
)
_LABEL_ALONE = {
    NAME: re.compile(rf"\W*{_NAME_LABEL}\s*[:=]*\s*"),
    NUMBER: re.compile(rf"\W*{_ID_LABEL}\s*[:#=.]*\s*"),
    DATE: re.compile(rf"\W*{_BORN.pattern}\s*[:=.]*\s*"),
}

ROW, REACH = 0.5, 0.3
"""A value beside its label shares half of its height, and begins within 0.3 of the picture's width."""


def lookalikes(text: str) -> list[str]:
    """What a line looks like, in words: NAME, NUMBER, DATE, PLACE."""
    plain = folded(text)
    found = []
    if _is_name(plain):
        found.append(NAME)
    if _ID.search(plain) or _SOCIAL.search(plain):
        found.append(NUMBER)
    if dates_in(text) or ((born := _BORN.search(plain)) and any(map(str.isdigit, plain[born.end() :]))):
        found.append(DATE)
    if (house := _HOUSE.search(plain)) and _has_name(plain[: house.start()] + plain[house.end() :]):
        found.append(PLACE)
    return found


def labelled(lines: Sequence[Line]) -> dict[int, str]:
    """What each line looks like, by its place in `lines`, that stands right of or under a label on its own."""
    found = {}
    for label in lines:
        kind = next((kind for kind, form in _LABEL_ALONE.items() if form.fullmatch(folded(label.text))), None)
        place = _beside(label, lines) if kind else None
        if kind and place is not None and _may_be(kind, lines[place].text):
            found[place] = kind
    return found


def _may_be(kind: str, text: str) -> bool:
    if kind == NAME:
        return _has_name(folded(text))
    return any(map(str.isdigit, text)) and len("".join(words(text))) >= 3  # noqa: PLR2004 - "1" is no number of anybody


def _is_name(text: str) -> bool:
    if _CARET.search(text):
        return True
    if any((found := form.search(text)) and _has_name(found["value"]) for form in (_NAMED, _TITLED)):
        return True
    listed = _LISTED.fullmatch(text.strip())
    return bool(listed) and not any(map(is_marker, listed.groups() if listed else ()))


def _has_name(text: str) -> bool:
    return any(len(word) > 2 and word.isalpha() and word not in WORDS for word in words(text))  # noqa: PLR2004


def _beside(label: Line, lines: Sequence[Line]) -> int | None:
    """The place of the nearest line right of a label in its row, else of the one under it."""
    box, right, under = label.box, [], []
    for place, line in enumerate(lines):
        other = line.box
        shared = min(box.bottom, other.bottom) - max(box.top, other.top)
        if shared >= ROW * min(box.height, other.height) and 0 <= other.left - box.right + box.height <= REACH:
            right.append((other.left, place))
        below = other.top - box.bottom
        if -ROW * box.height <= below <= box.height and abs(other.left - box.left) <= box.height and line is not label:
            under.append((other.top, place))
    nearest = min(right, default=None) or min(under, default=None)
    return nearest[1] if nearest else None
