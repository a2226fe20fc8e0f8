"""One import job from its input to its manifest; begun again after a restart, it does nothing twice.

Files are read and encoded by several threads. Their instances come into image sets in one transaction, with what is to
be reported; only then are the results written. Who is interrupted before the transaction begins anew, after it goes on.
"""

from __future__ import annotations

import json
import os
import secrets
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from local.healthimaging import manifest
from local.healthimaging.frames import HTJ2K_RPCL, J2K_LOSSLESS
from local.healthimaging.grouping import Group, Imported, settle
from local.healthimaging.instances import Refused, read_instance
from local.healthimaging.options import Options
from local.healthimaging.state import State
from local.healthimaging.storage import Found, JobFailed, Storage

Json = dict[str, Any]


class Importer:
    """The threads that import, for all jobs of the service."""

    def __init__(self, state: State, options: Options, settled: Callable[[list[Group]], None]) -> None:
        """Begin without work. `settled` is told of a job's groups, within the transaction that makes them."""
        self._state, self._options, self._settled = state, options, settled
        workers = options.workers or 2 * (os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="importing")
        self.ends = False

    def close(self) -> None:
        """Let files that are being read end, and begin no more: their jobs go on after the next start."""
        self.ends = True
        self._threads.shutdown(cancel_futures=True)

    def run(self, job: Any, storage: Storage) -> None:
        """Carry out the job in a row.

        Raises:
            JobFailed: it cannot be carried out.

        """
        datastore = self._state.one("SELECT * FROM datastores WHERE id = ?", job["datastore"])
        if job["report"] is None:
            if datastore is None or datastore["status"] != "ACTIVE":
                raise JobFailed("The data store is not ACTIVE")
            lossless = J2K_LOSSLESS if datastore["format"] == "JPEG_2000_LOSSLESS" else HTJ2K_RPCL
            storage.write(manifest.FAILURE, b"")  # who may not write learns it before anything is imported
            report = self._instances(job, storage, lossless)
        else:
            report = json.loads(job["report"])
        manifest.write(storage, report, job)

    def _instances(self, job: Any, storage: Storage, lossless: str) -> Json:
        """Bring what is found into image sets, and return the report of it."""
        found = self._checked(storage)
        imported, refused = self._read(found, storage, lossless)
        is_locked = self._options.locked_ms > 0
        with self._state.changing() as rows:
            groups = settle(self._state, rows, job["datastore"], imported, is_locked)
            report = manifest.report_of(groups, refused, len(found))
            rows.execute("UPDATE jobs SET report = ? WHERE id = ?", (json.dumps(report), job["id"]))
            self._settled(groups)
        return report

    def _checked(self, storage: Storage) -> list[Found]:
        """Return what is to be imported, unless it is more than a job may have."""
        found = []
        for one in storage.found():
            found.append(one)
            if len(found) > self._options.most_files:
                raise JobFailed(f"Input has more than {self._options.most_files} files")
        if not found:
            raise JobFailed("No files were found below the input prefix")
        if sum(one.size for one in found) > self._options.most_bytes_of_a_job:
            raise JobFailed(f"Input has more than {self._options.most_bytes_of_a_job} bytes")
        return found

    def _read(self, found: list[Found], storage: Storage, lossless: str) -> tuple[list[Imported], dict[str, Refused]]:
        """Return the instances in files, in the order of the files, and why others have none."""
        warnings.filterwarnings("ignore", module=r"(pydicom|openjpeg|libjpeg)\b")  # they quote values: a patient's
        futures: list[Future[Imported]] = [self._threads.submit(self._one, one, storage, lossless) for one in found]
        imported, refused = [], {}
        for one, future in zip(found, futures, strict=True):
            try:
                imported.append(future.result())
            except Refused as refusal:
                refused[one.name] = refusal
        return imported, refused

    def _one(self, found: Found, storage: Storage, lossless: str) -> Imported:
        if self.ends:
            raise JobFailed("The service ends")
        if found.size > self._options.most_bytes_of_a_file:
            raise Refused(f"The file has more than {self._options.most_bytes_of_a_file} bytes")
        data = storage.read(found.name)
        try:
            instance, frames = read_instance(data, lossless, levels=self._options.checksums == "levels")
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"The file cannot be imported ({type(error).__name__})", "InternalServerException") from error
        name = secrets.token_hex(16)
        self._state.keep_frames(name, frames)
        return Imported(found.name, instance, name)
