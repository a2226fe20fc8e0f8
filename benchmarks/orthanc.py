"""Orthanc on a free port of loopback, for as long as it is measured."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from benchmarks.process import SCRATCH

SECONDS_TO_START = 30.0


@dataclass(slots=True)
class Orthanc:
    """A server that answers, over one connection that is kept."""

    line: http.client.HTTPConnection
    version: str = ""

    def upload(self, path: Path) -> str:
        """Store a file; what Orthanc calls it."""
        status, body = self._ask("POST", "/instances", path.read_bytes())
        if status != HTTPStatus.OK:
            message = f"Orthanc refuses {path.name}: status {status}"
            raise RuntimeError(message)
        return str(json.loads(body)["ID"])

    def rendered(self, instance: str, quality: int) -> tuple[float, bytes]:
        """The seconds that a rendered JPEG takes, and its bytes; empty if Orthanc cannot."""
        start = time.perf_counter()
        target = f"/instances/{instance}/rendered?quality={quality}"
        status, body = self._ask("GET", target, headers={"Accept": "image/jpeg"})
        return time.perf_counter() - start, body if status == HTTPStatus.OK else b""

    def asked(self) -> float:
        """The seconds that any answer takes: what HTTP and the server's own loop cost."""
        start = time.perf_counter()
        self._ask("GET", "/tools/now")
        return time.perf_counter() - start

    def _ask(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        self.line.request(method, target, body, headers or {})
        answer = self.line.getresponse()
        return answer.status, answer.read()


@contextmanager
def running() -> Iterator[Orthanc | None]:
    """Start it with an empty storage, and end it; None where it is not installed."""
    program = shutil.which("Orthanc")
    if not program:
        yield None
        return
    folder = SCRATCH / "orthanc"
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = {
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "KeepAlive": True,
        "HttpVerbose": False,
        "Plugins": [],
    }
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(configuration)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield _connected(process, port, folder / "log")
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _connected(process: subprocess.Popen[bytes], port: int, log: Path) -> Orthanc:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            line.request("GET", "/system")
            return Orthanc(line, str(json.loads(line.getresponse().read())["Version"]))
        except OSError:
            time.sleep(0.1)
    message = f"Orthanc does not start:\n{log.read_text()[-2000:]}"
    raise RuntimeError(message)
