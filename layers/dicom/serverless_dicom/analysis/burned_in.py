"""Text in the pixels, compared with the header: the data of a patient that no cleaning of headers removes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_dicom.analysis.lookalikes import DATE, NAME, NUMBER, PLACE, labelled, lookalikes
from serverless_dicom.analysis.markers import is_marker
from serverless_dicom.analysis.matching import Text, holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serverless_dicom.analysis.findings import Line
    from serverless_dicom.analysis.identifiers import Identity

_LOOKS = {"name": NAME, "number": NUMBER, "date": DATE, "place": PLACE}


@dataclass(frozen=True, slots=True)
class BurnedIn:
    """A line that tells of a person; `matches` are the keywords of the header's values, or what it looks like."""

    line: Line
    matches: tuple[str, ...]


def burned_in(lines: Sequence[Line], identity: Identity) -> tuple[BurnedIn, ...]:
    """The lines that hold a value of the header, or look as if they told who somebody is; in their order."""
    beside = labelled(lines)
    found = []
    for place, line in enumerate(lines):
        text = Text(line.text)
        held = [identifier for identifier in identity.identifiers if holds(text, identifier)]
        known = {_LOOKS.get(identifier.kind) for identifier in held}
        looks = [*lookalikes(line.text), *([beside[place]] if place in beside else [])]
        matches = [identifier.keyword for identifier in held] + [look for look in looks if look not in known]
        if matches:
            found.append(BurnedIn(line, tuple(dict.fromkeys(matches))))
    return tuple(found)


def warnings_of(lines: Sequence[Line], found: Sequence[BurnedIn], identity: Identity) -> list[str]:
    """What a reader has to know of the text in a picture, the worst first."""
    told = []
    if found:
        told.append(
            f"patient data may be in the pixels: {_number(len(found), 'line')} of text in the picture "
            f"{'tells' if len(found) == 1 else 'tell'} of a person. Look at the picture before you pass it on"
        )
        if identity.burned_in_annotation == "NO":
            told.append("the header says that nothing is burned in (BurnedInAnnotation NO): the picture contradicts it")
        if identity.identity_removed == "YES":
            told.append(
                "the header says that the patient's identity was removed (PatientIdentityRemoved YES), but not "
                "from the pixels"
            )
    elif identity.burned_in_annotation == "YES":
        told.append(
            "the header says that something is burned in (BurnedInAnnotation YES), though none was recognised: "
            "look at the picture before you pass it on"
        )
    burned = {one.line for one in found}
    others = [line for line in lines if line not in burned and not is_marker(line.text)]
    if others:
        told.append(
            f"there {'is' if len(others) == 1 else 'are'} {_number(len(others), 'other line')} of text in the "
            "picture: whether it tells of a person, a person has to judge"
        )
    return told


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
