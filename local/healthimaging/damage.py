"""`python -m local.healthimaging.damage --state DIR FRAME`: spoil a stored frame, to see whether anybody notices.

The service may run meanwhile: it sends what is in the file.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from local.healthimaging.state import spoil


def main() -> int:
    """Spoil one frame; exit status 1 when there is none of this id, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m local.healthimaging.damage", description="Spoil a stored frame.")
    parser.add_argument("--state", type=Path, required=True, help="the folder of the service, .local/healthimaging")
    parser.add_argument("frame", help="the id of the frame, as metadata tells it")
    arguments = parser.parse_args()
    with closing(sqlite3.connect(f"file:{arguments.state / 'rows.db'}?mode=ro", uri=True)) as rows:
        query = "SELECT file, offset, length FROM frames WHERE frame = ?"
        found = rows.execute(query, (arguments.frame,)).fetchone()
    if found is None:
        print(f"there is no frame {arguments.frame}", file=sys.stderr)
        return 1
    name, offset, length = found
    spoil(arguments.state / "frames" / name[:2] / name, offset, length)
    return 0


if __name__ == "__main__":
    sys.exit(main())
