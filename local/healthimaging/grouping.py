"""Which image set an imported instance belongs to: the primary one of its series, or one of its own on a conflict."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any

from local.healthimaging import documents
from local.healthimaging.instances import Instance, plain
from local.healthimaging.levels import GROUPING, OF_A_STUDY
from local.healthimaging.state import State

Json = dict[str, Any]
Values = dict[str, str]
"""The elements of GROUPING, without padding."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A file, the instance in it, and the file that its frames lie in."""

    name: str
    instance: Instance
    frames: str


@dataclass(slots=True)
class Group:
    """What one job brings to one image set."""

    datastore: str
    image_set: str
    version: int
    is_primary: bool
    members: list[Imported]
    coerced: dict[str, list[str]] = field(default_factory=dict)
    """The elements of a file whose values are not those of its image set, by the file's name."""


def settle(state: State, rows: Connection, datastore: str, imported: Iterable[Imported], locked: bool) -> list[Group]:
    """Put instances into image sets, within a transaction; return what became of each group.

    The instances of a series that agree in GROUPING are one image set. It is the primary one, a new version of it where
    it is there already, unless the data store's primary sets of the same study or series say something else. What comes
    under the SOP instance UID of another object does not take its place: it conflicts, and is in a set of its own.
    """
    by_key: dict[tuple[str, ...], list[Imported]] = {}
    for one in imported:
        by_key.setdefault(one.instance.grouping, []).append(one)
    return [group for members in by_key.values() for group in _of_a_series(state, rows, datastore, members, locked)]


def _of_a_series(
    state: State, rows: Connection, datastore: str, members: list[Imported], locked: bool
) -> Iterator[Group]:
    is_primary, existing = primary_of(rows, datastore, dict(zip(GROUPING, members[0].instance.grouping, strict=True)))
    there = documents.unpacked(state.metadata(_metadata_of(rows, existing))) if existing else None
    for number, pile in enumerate(_piles(members, there)):
        if pile and existing and there and number == 0:
            group = Group(datastore, existing, _latest(rows, existing) + 1, True, pile)
            yield _settled(state, rows, group, there, locked)
        elif pile:
            group = Group(datastore, secrets.token_hex(16), 1, is_primary and number == 0, pile)
            yield _settled(state, rows, group, documents.begun(datastore, group.image_set, pile[0].instance), locked)


def _piles(members: list[Imported], there: Json | None) -> list[list[Imported]]:
    """Return the members in piles without two objects of one SOP instance UID; the first goes with what is there."""
    piles: list[list[Imported]] = [[]]
    known: list[dict[str, Json | bytes]] = [dict(documents.series_of(there)["Instances"]) if there else {}]
    for one in members:
        uid, document = one.instance.sop_instance_uid, one.instance.document
        fits = (at for at, each in enumerate(known) if uid not in each or documents.is_same(each[uid], document))
        number = next(fits, len(piles))
        if number == len(piles):
            piles.append([])
            known.append({})
        known[number][uid] = document
        piles[number].append(one)
    return piles


def _settled(state: State, rows: Connection, group: Group, document: Json, locked: bool) -> Group:
    for one in group.members:
        if coerced := documents.add(document, one.instance):
            group.coerced[one.name] = sorted(set(coerced))
    name = f"{group.image_set}-{group.version}"
    state.keep_metadata(name, documents.packed(document))
    _write(rows, group, document, name, locked)
    return group


def primary_of(rows: Connection, datastore: str, told: Values, besides: str | None = None) -> tuple[bool, str | None]:
    """Return whether what has these values may be primary, and the primary image set of its series, if there is one.

    `besides`: an image set that does not count.
    """
    query = (
        "SELECT id, grouping FROM image_sets WHERE datastore = ? AND is_primary AND state != 'DELETED'"
        " AND (study = ? OR series = ?) AND id IS NOT ?"
    )
    same = None
    where = (datastore, told["StudyInstanceUID"], told["SeriesInstanceUID"], besides)
    for image_set, found in rows.execute(query, where):
        other = dict(zip(GROUPING, json.loads(found), strict=True))
        if other["SeriesInstanceUID"] == told["SeriesInstanceUID"]:
            if other != told:
                return False, None
            same = image_set
        elif any(other[keyword] != told[keyword] for keyword in OF_A_STUDY):
            return False, None
    return True, same


def values_of(document: Json) -> Values:
    """Return what an image set is grouped by."""
    levels = documents.levels_of(document)
    values = {keyword: plain(value) for level in levels.values() for keyword, value in level.items()}
    return {keyword: values.get(keyword, "") for keyword in GROUPING}


def _latest(rows: Connection, image_set: str) -> int:
    return int(rows.execute("SELECT version FROM image_sets WHERE id = ?", (image_set,)).fetchone()[0])


def _metadata_of(rows: Connection, image_set: str) -> str:
    query = "SELECT metadata FROM versions WHERE image_set = ? ORDER BY version DESC"
    return str(rows.execute(query, (image_set,)).fetchone()[0])


def _write(rows: Connection, group: Group, document: Json, metadata: str, locked: bool) -> None:
    now, identity, version = time.time(), group.image_set, group.version
    if version == 1:
        rows.execute(
            "INSERT INTO image_sets (id, datastore, version, state, is_primary, created, updated, grouping, study,"
            " series, tags) VALUES (?, ?, 1, 'ACTIVE', ?, ?, ?, '', '', '', '')",
            (identity, group.datastore, group.is_primary, now, now),
        )
    state, workflow = ("LOCKED", "IMPORTING") if locked else ("ACTIVE", settled_as(version))
    rows.execute(
        "INSERT INTO versions (image_set, version, state, workflow, is_primary, created, updated, metadata)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (identity, version, state, workflow, group.is_primary, now, now, metadata),
    )
    rows.execute(
        "UPDATE image_sets SET version = ?, state = ?, updated = ? WHERE id = ?", (version, state, now, identity)
    )
    write_searched(rows, identity, document)
    for one in group.members:
        write_frames(rows, identity, one)


def settled_as(version: int) -> str:
    """Return the workflow status of a version that an import made."""
    return "CREATED" if version == 1 else "IMPORTED"


def write_searched(rows: Connection, image_set: str, document: Json) -> None:
    """Write what an image set is grouped, searched and told by."""
    values, study = values_of(document), documents.levels_of(document)["Study"]
    rows.execute(
        "UPDATE image_sets SET grouping = ?, study = ?, series = ?, patient = ?, accession = ?, study_id = ?,"
        " study_moment = ?, instances = ?, tags = ? WHERE id = ?",
        (
            json.dumps(list(values.values())),
            values["StudyInstanceUID"],
            values["SeriesInstanceUID"],
            values["PatientID"],
            values["AccessionNumber"],
            values["StudyID"],
            moment_of(values["StudyDate"], plain(study.get("StudyTime"))),
            len(documents.series_of(document)["Instances"]),
            json.dumps(documents.tags_of(document)),
            image_set,
        ),
    )


def moment_of(date: str, time_of_day: str | None) -> str:
    """Return a study's date and time as text that sorts as they do: 20040119072730.000000; the time may be open."""
    whole, _, part = (time_of_day or "").replace(":", "").partition(".")
    return f"{date.replace('.', '')}{whole.ljust(6, '0')}.{part.ljust(6, '0')}"


def write_frames(rows: Connection, image_set: str, one: Imported) -> None:
    """Write where the frames of an instance lie."""
    offset = 0
    for identity, length in one.instance.frames:
        rows.execute(
            "INSERT INTO frames (image_set, frame, file, offset, length, syntax) VALUES (?, ?, ?, ?, ?, ?)",
            (image_set, identity, one.frames, offset, length, one.instance.syntax),
        )
        offset += length
