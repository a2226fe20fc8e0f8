"""`python -m local.healthimaging --port 4569 --state DIR --endpoint-url http://127.0.0.1:4566`: until it is ended."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from dataclasses import fields
from functools import partial
from pathlib import Path

from local.environment import forget_users_settings
from local.healthimaging.face import DATASTORE
from local.healthimaging.options import Options
from local.healthimaging.server import begun
from local.healthimaging.service import HealthImaging


def main() -> int:
    """Serve until the process is ended; exit status 1 when the folder is in use, 2 for a wrong command line."""
    arguments = parser().parse_args()
    forget_users_settings()
    told = {field.name: getattr(arguments, field.name) for field in fields(Options)}
    try:
        service = HealthImaging(Options(**told))
    except BlockingIOError:
        print(f"{arguments.state} is in use by another process", file=sys.stderr)
        return 1
    ends = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ends.set())
    server, thread = begun(arguments.port, service, partial(print, file=sys.stderr, flush=True))
    print(f"http://127.0.0.1:{server.port} {service.datastore_named(arguments.datastore)}", flush=True)
    ends.wait()
    server.end(thread)
    service.close()
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    found = argparse.ArgumentParser(prog="python -m local.healthimaging", description="A local AWS HealthImaging.")
    option = found.add_argument
    option("--port", type=int, default=0, help="where it listens on 127.0.0.1 (any that is free, and told)")
    option("--datastore", default=DATASTORE, metavar="NAME", help="a data store that is made if none has the name")
    option("--state", type=Path, help="the folder for all that it keeps (a temporary one)")
    option("--endpoint-url", metavar="URL", help="where S3, IAM, STS and EventBridge are (nowhere: no jobs)")
    option("--no-roles", dest="checks_roles", action="store_false", help="read and write S3 with keys test, test")
    option(
        "--rates", choices=["published", "none"], default="none", help="published: throttle as AWS publishes it (none)"
    )
    option(
        "--frames",
        choices=["jph", "codestream"],
        default="jph",
        help="what HTJ2K frames are sent as: jph, or the bare codestream (jph)",
    )
    option(
        "--checksums",
        choices=["levels", "full"],
        default="levels",
        help="levels: of each resolution, full: of the whole frame alone (levels)",
    )
    option("--locked-ms", type=float, default=0, help="how long image sets are LOCKED when they change (0)")
    option("--most-files", type=int, default=5_000, help="files of one import job (5,000)")
    option("--most-bytes-of-a-job", type=int, default=10_000_000_000, help="of all its files (10,000,000,000)")
    option("--most-bytes-of-a-file", type=int, default=4_000_000_000, help="of each (4,000,000,000)")
    option("--delay-ms", type=float, default=0, help="added to every request (0)")
    option("--failing-frames", type=float, default=0, metavar="PART", help="of requests for frames, 0 to 1 (0)")
    option("--seed", type=int, help="what chance begins with (it differs)")
    option("--workers", type=int, help="threads that import (two for each processor)")
    return found


if __name__ == "__main__":
    sys.exit(main())
