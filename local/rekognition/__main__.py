"""`python -m local.rekognition --port 4568 --s3 http://127.0.0.1:4566`: the stand-in, until it is ended."""

from __future__ import annotations

import argparse
import sys
import threading

from local.environment import forget_users_settings
from local.rekognition.objects import s3_at
from local.rekognition.reading import Reader
from local.rekognition.server import Rekognition, Service


def main() -> int:
    """Serve until the process is ended; exit status 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m local.rekognition", description="A stand-in for Rekognition.")
    parser.add_argument("--port", type=int, required=True, help="where it listens on 127.0.0.1")
    parser.add_argument("--s3", required=True, metavar="URL", help="where the emulator's S3 is")
    parser.add_argument("--rate", type=float, help="requests a second; more are refused as AWS refuses them")
    arguments = parser.parse_args()
    if arguments.rate is not None and arguments.rate <= 0:
        parser.error(f"--rate must be above 0, got {arguments.rate:g}")
    forget_users_settings()
    reader = Reader()
    server = Service(arguments.port, Rekognition(s3_at(arguments.s3), reader, arguments.rate))
    threading.Thread(target=reader.load, daemon=True).start()  # the server answers meanwhile
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
