"""What CopyImageSet does to metadata documents: a whole one or some instances, into a new one or another."""

from __future__ import annotations

import copy
from typing import Any

from local.healthimaging import documents
from local.healthimaging.updating import Rejected

Json = dict[str, Any]


def chosen(copies: Json | None) -> list[str] | None:
    """Return the SOP instance UIDs that copiableAttributes name; None where all are meant.

    Under which key of `Series` they stand does not matter: AWS's own samples put anything there.
    """
    if copies is None:
        return None
    return [sop for series in copies.get("Study", {}).get("Series", {}).values() for sop in series.get("Instances", {})]


def subset(source: Json, sops: list[str] | None, image_set: str) -> Json:
    """Return a document of another image set with these instances of the source.

    Raises:
        Rejected: the source has not all of them.

    """
    document = copy.deepcopy(source) | {"ImageSetID": image_set}
    series = documents.series_of(document)
    if sops is not None:
        if not sops or set(sops) - set(series["Instances"]):
            raise Rejected("The instances to copy do not exist in the SourceImageSet")
        series["Instances"] = {sop: series["Instances"][sop] for sop in sops}
    return document


def merged(source: Json, destination: Json, *, force: bool) -> Json:
    """Return the destination with the source's instances; its levels stay as they are.

    Raises:
        Rejected: their levels do not agree and nothing forces them, or an instance is in both.

    """
    document = copy.deepcopy(destination)
    ours, theirs = documents.levels_of(document), documents.levels_of(source)
    for level in ("Patient", "Study", "Series"):
        if not force and ours[level] != theirs[level]:
            raise Rejected(f"{level} of SourceImageSet and DestinationImageSet don't match.")
    instances, more = documents.series_of(document)["Instances"], documents.series_of(source)["Instances"]
    if set(instances) & set(more):
        raise Rejected("SOP Instance UIDs are not unique within the image set")
    instances.update(copy.deepcopy(more))
    return document
