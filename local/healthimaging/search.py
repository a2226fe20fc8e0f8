"""Image sets by what is in them, or by when they came (SearchImageSets)."""

from __future__ import annotations

import json
from typing import Any

from local.healthimaging.datastores import Datastores, given
from local.healthimaging.faults import invalid
from local.healthimaging.grouping import moment_of
from local.healthimaging.paging import page
from local.healthimaging.state import State

Json = dict[str, Any]

COLUMNS = {
    "DICOMPatientId": "patient",
    "DICOMAccessionNumber": "accession",
    "DICOMStudyId": "study_id",
    "DICOMStudyInstanceUID": "study",
    "DICOMSeriesInstanceUID": "series",
    "DICOMStudyDateAndTime": "study_moment",
    "createdAt": "created",
    "updatedAt": "updated",
    "isPrimary": "is_primary",
}
MOMENTS = {"DICOMStudyDateAndTime", "createdAt", "updatedAt"}
"""What BETWEEN is for."""

LATEST = {"sortOrder": "DESC", "sortField": "updatedAt"}
PAIR = 2


class Search:
    """Search over the latest versions of image sets that are not deleted."""

    def __init__(self, state: State, datastores: Datastores) -> None:
        """Search what is in a state."""
        self._state, self._datastores = state, datastores

    def search(self, parameters: Json) -> Json:
        """Return one page of what the criteria find, in their order."""
        self._datastores.known(parameters["datastoreId"])
        criteria = parameters.get("searchCriteria", {})
        conditions, values = ["datastore = ?", "state != 'DELETED'"], [parameters["datastoreId"]]
        for one in criteria.get("filters", []):
            condition, wanted = _condition(one)
            conditions.append(condition)
            values += wanted
        sort = criteria.get("sort", LATEST)
        query = (
            f"SELECT * FROM image_sets WHERE {' AND '.join(conditions)}"  # noqa: S608 - names are ours, values bound
            f" ORDER BY {COLUMNS[sort['sortField']]} {sort['sortOrder']}, id LIMIT ? OFFSET ?"
        )
        rows, token = page(self._state, parameters, query, *values)
        counts = {row["study"]: self._counts(row) for row in rows}
        summaries = [_summary(row, counts[row["study"]]) for row in rows]
        return {"imageSetsMetadataSummaries": summaries, "sort": sort, **given(nextToken=token)}

    def _counts(self, row: Any) -> Json:
        """Return how many series and instances a study has, by its primary image sets where it has any."""
        query = (
            "SELECT count(DISTINCT series), sum(instances) FROM image_sets"
            " WHERE datastore = ? AND study = ? AND state != 'DELETED' GROUP BY is_primary ORDER BY is_primary DESC"
        )
        series, instances = self._state.all(query, row["datastore"], row["study"])[0]
        return {"DICOMNumberOfStudyRelatedSeries": series, "DICOMNumberOfStudyRelatedInstances": instances}


def _summary(row: Any, counts: Json) -> Json:
    return {
        "imageSetId": row["id"],
        "version": row["version"],
        "createdAt": row["created"],
        "updatedAt": row["updated"],
        "lastAccessedAt": row["accessed"] or row["created"],
        "storageTier": "FREQUENT_ACCESS",
        "isPrimary": bool(row["is_primary"]),
        "DICOMTags": json.loads(row["tags"]) | counts,
    }


def _condition(one: Json) -> tuple[str, list[Any]]:
    """Return a filter as a condition on a row, and its values.

    Raises:
        Fault: ValidationException: the filter has other values than its operator takes.

    """
    names = {name for value in one["values"] for name in value}
    if len(names) != 1:
        raise invalid("The values of a filter are of one attribute")
    name = names.pop()
    is_study = name == "DICOMStudyDateAndTime"
    values = [_value(each[name], last=at == 1) if is_study else each[name] for at, each in enumerate(one["values"])]
    if one["operator"] == "BETWEEN":
        if name not in MOMENTS:
            raise invalid(f"BETWEEN is not for {name}")
        if len(values) != PAIR:
            raise invalid("BETWEEN takes two values: the lower bound, and the upper bound")
        if values[0] > values[1]:
            raise invalid("BETWEEN takes its lower bound first")
        return f"{COLUMNS[name]} BETWEEN ? AND ?", values
    if len(values) != 1:
        raise invalid("EQUAL takes one value")
    if is_study and "DICOMStudyTime" not in one["values"][0][name]:
        return "substr(study_moment, 1, 8) = ?", [values[0][:8]]
    return f"{COLUMNS[name]} = ?", values


def _value(told: Json, *, last: bool) -> str:
    """Return a study's moment as it is kept; without a time, a lower bound begins the day, and an upper one ends it."""
    whole = told.get("DICOMStudyTime") or ("235959.999999" if last else "")
    return moment_of(told["DICOMStudyDate"], whole)
