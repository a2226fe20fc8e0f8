"""The service in this process, for tests and benchmarks: ready with a data store, on a port that was free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.healthimaging.options import Options
from local.healthimaging.server import Service, begun
from local.healthimaging.service import HealthImaging, Job
from local.outputs import session

DATASTORE = "local"


class Imaging:
    """A service that runs."""

    def __init__(self, service: HealthImaging, server: Service) -> None:
        """Make a data store, or find the one of an earlier run."""
        self.service = service
        self.url = f"http://127.0.0.1:{server.port}"
        self.datastore_id = service.datastore_named(DATASTORE)

    def client(self, **options: Any) -> Any:
        """Return boto3's client of the service; `options` are botocore's Config's."""
        config = Config(proxies={}, inject_host_prefix=False, **{"max_pool_connections": 64, **options})
        client: Any = _session().client
        return client("medical-imaging", endpoint_url=self.url, config=config)

    def import_files(self, paths: Iterable[Path | str]) -> Job:
        """Import files of this machine into the data store, without S3, and wait for the end."""
        return self.service.import_files(self.datastore_id, [Path(path) for path in paths])

    def damage_frame(self, image_set_id: str, frame_id: str) -> None:
        """Change one byte in the middle of a stored frame: who verifies it finds it."""
        self.service.damage_frame(image_set_id, frame_id)

    def settle(self) -> None:
        """Wait until no image set is LOCKED any more."""
        self.service.changes.wait()


@cache
def _session() -> boto3.Session:
    """Return one session for all clients: each reads the services' descriptions anew."""
    return session()


@contextmanager
def running(options: Options = Options(), port: int = 0) -> Iterator[Imaging]:  # noqa: B008 - it cannot change
    """Run the service while the context lasts.

    Raises:
        BlockingIOError: another process has the folder of `options.state`.

    """
    service = HealthImaging(options)
    try:
        server, thread = begun(port, service)
        try:
            yield Imaging(service, server)
        finally:
            server.end(thread)
    finally:
        service.close()
