"""Where an attribute of one frame stands: in its own functional groups, the shared ones, or the data set itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from serverless_dicom.image.elements import has_value, items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom.dataset import Dataset


class Place(NamedTuple):
    """A data set that holds an attribute, and which one it is."""

    dataset: Dataset
    name: str


def place_of(dataset: Dataset, number: int, macro: str, keywords: Sequence[str]) -> Place | None:
    """The nearest place of frame `number` (from 1) that has a value of one of the attributes (PS3.3 C.7.6.16.1.1).

    `macro` is the functional group's sequence that they stand in. None where no place has any of them.
    """
    own = items(dataset, "PerFrameFunctionalGroupsSequence")
    groups = [("per-frame functional groups", item) for item in own[number - 1 : number]]
    groups += [("shared functional groups", item) for item in items(dataset, "SharedFunctionalGroupsSequence")[:1]]
    for name, group in groups:
        for item in items(group, macro)[:1]:
            if any(has_value(item, keyword) for keyword in keywords):
                return Place(item, name)
    if any(has_value(dataset, keyword) for keyword in keywords):
        return Place(dataset, "data set")
    return None
