"""The service behind the protocol: every operation, and what works beside the requests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.healthimaging.callers import Callers
from local.healthimaging.changes import Changes
from local.healthimaging.datastores import Datastores
from local.healthimaging.events import Events
from local.healthimaging.grouping import Group, settled_as
from local.healthimaging.importing import Importer
from local.healthimaging.jobs import Jobs
from local.healthimaging.modifying import Modifying
from local.healthimaging.options import Options
from local.healthimaging.protocol import Parameters, Stream
from local.healthimaging.rates import PUBLISHED, Rates
from local.healthimaging.roles import Account
from local.healthimaging.search import Search
from local.healthimaging.sets import Sets
from local.healthimaging.state import opened, spoil
from local.healthimaging.versions import Versions

Json = dict[str, Any]
Operation = Callable[[Parameters], Json | Stream]


@dataclass(frozen=True, slots=True)
class Job:
    """What became of an import job."""

    id: str
    status: str
    message: str | None
    image_sets: list[str]
    """In the order of their first instances."""
    failures: dict[str, str]
    """Why files were not imported, by their names."""
    warnings: dict[str, list[str]]
    """The types of warnings, by the names of files."""


class HealthImaging:
    """All data stores, with everything that they need."""

    def __init__(self, options: Options) -> None:
        """Open the state, and go on with what has not ended.

        Raises:
            BlockingIOError: another process has the state.

        """
        self.options = options
        self._opened = ExitStack()
        temporary = tempfile.mkdtemp(prefix="healthimaging-")
        self.folder = options.state or Path(temporary)
        if options.state is not None:
            Path(temporary).rmdir()
        self.state = self._opened.enter_context(opened(options.state, temporary))
        self.rates = Rates(PUBLISHED if options.rates == "published" else {})
        self.callers = Callers(options.endpoint_url if options.checks_roles else None)
        self._opened.callback(self.callers.close)
        self.events = Events(options.endpoint_url)
        self._opened.callback(self.events.close)
        self.changes = Changes(self.state, options.locked_ms / 1000)
        self.datastores = Datastores(self.state, self.changes, self.events)
        self.sets = Sets(self.state, self.datastores, options)
        self.search = Search(self.state, self.datastores)
        self.modifying = Modifying(self.state, self.sets, self.changes, Versions(self.state, self.events))
        self.changes.kinds["settle import"] = self._unlock
        self.changes.start()
        self._opened.callback(self.changes.close)
        account = Account(options.endpoint_url, checks_roles=options.checks_roles) if options.endpoint_url else None
        importer = Importer(self.state, options, self._settled)
        self.jobs = Jobs(self.state, self.datastores, importer, account, self.events)
        self._opened.callback(self.jobs.close)
        self.operations: dict[str, Operation] = {
            "CreateDatastore": self.datastores.create,
            "GetDatastore": self.datastores.get,
            "ListDatastores": self.datastores.list,
            "DeleteDatastore": self.datastores.delete,
            "ListTagsForResource": self.datastores.list_tags,
            "TagResource": self.datastores.tag,
            "UntagResource": self.datastores.untag,
            "StartDICOMImportJob": self.jobs.start,
            "GetDICOMImportJob": self.jobs.get,
            "ListDICOMImportJobs": self.jobs.list,
            "SearchImageSets": self.search.search,
            "GetImageSet": self.sets.get,
            "ListImageSetVersions": self.sets.versions,
            "GetImageSetMetadata": self.sets.metadata,
            "GetImageFrame": self.sets.frame,
            "UpdateImageSetMetadata": self.modifying.update,
            "CopyImageSet": self.modifying.copy,
            "DeleteImageSet": self.modifying.delete,
        }

    def close(self) -> None:
        """End all work and let go of the state; what has not ended goes on after the next start."""
        self._opened.close()

    def datastore_named(self, name: str) -> str:
        """Return the id of the data store of this name that is there, or make one."""
        query = "SELECT id FROM datastores WHERE name = ? AND status IN ('CREATING', 'ACTIVE')"
        row = self.state.one(query, name)
        identity = (
            row["id"] if row else self.datastores.create({"datastoreName": name, "clientToken": name})["datastoreId"]
        )
        self.changes.wait()
        return str(identity)

    def import_files(self, datastore: str, paths: Iterable[Path]) -> Job:
        """Import files of this machine, without S3, by a job that GetDICOMImportJob tells of; wait for its end."""
        job = self.jobs.import_files(datastore, paths, self.folder / "results")
        told, report = self.jobs.wait(job), self.jobs.report(job)
        warnings: dict[str, list[str]] = {}
        for line in report.get("warning", []):
            warnings[line["inputFile"]] = [each["type"] for each in line["importResponse"]["warnings"]]
        return Job(
            job,
            told["jobStatus"],
            told.get("message"),
            [each["imageSetId"] for each in report.get("summary", {}).get("imageSetsSummary", [])],
            {line["inputFile"]: line["exception"]["message"] for line in report.get("failure", [])},
            warnings,
        )

    def damage_frame(self, image_set: str, frame: str) -> None:
        """Change one byte in the middle of a stored frame, for tests of who verifies it."""
        query = "SELECT * FROM frames WHERE image_set = ? AND frame = ?"
        row = self.state.one(query, image_set, frame)
        if row is None:
            raise KeyError(frame)
        spoil(self.state.frame_file(row["file"]), row["offset"], row["length"])

    def _settled(self, groups: list[Group]) -> None:
        for group in groups:
            if self.options.locked_ms:
                self.changes.begin("settle import", group.image_set, version=group.version)
            else:
                self._tell(group.datastore, group.image_set, group.version)

    def _unlock(self, image_set: str, detail: Json) -> None:
        version = detail["version"]
        with self.state.changing() as rows:
            rows.execute(
                "UPDATE versions SET state = 'ACTIVE', workflow = ? WHERE image_set = ? AND version = ?",
                (settled_as(version), image_set, version),
            )
            rows.execute("UPDATE image_sets SET state = 'ACTIVE' WHERE id = ? AND version = ?", (image_set, version))
            datastore = rows.execute("SELECT datastore FROM image_sets WHERE id = ?", (image_set,)).fetchone()[0]
        self._tell(datastore, image_set, version)

    def _tell(self, datastore: str, image_set: str, version: int) -> None:
        query = "SELECT versions.*, ? AS datastore FROM versions WHERE image_set = ? AND version = ?"
        self.events.of_an_image_set(self.state.one(query, datastore, image_set, version))
