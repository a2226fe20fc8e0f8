"""A stack of the tests' own, beside whatever stack the user runs: its own port, its own folder."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.processes import PORTS

ROOT = Path(__file__).resolve().parents[2]
SECONDS_FOR_UP = 600


@dataclass(frozen=True)
class LocalStack:
    """A stack that runs while the tests do."""

    endpoint_url: str
    region: str
    outputs: dict[str, str]
    environment: dict[str, str]
    """For programs that are to talk to it; no setting of the user's own AWS is in it."""
    folder: Path
    port: int

    def client(self, service: str, key_id: str = "test", secret: str = "test") -> Any:  # noqa: S107 - the emulator's
        """A client of the account's root user, unless other keys are given."""
        session: Any = boto3.Session(key_id, secret, region_name=self.region)
        own = {"rekognition": "rekognitionUrl", "medical-imaging": "healthImagingUrl"}
        url = self.outputs[own.get(service, "endpointUrl")]
        return session.client(service, endpoint_url=url, config=Config(proxies={}, inject_host_prefix=False))

    @cached_property
    def login(self) -> dict[str, str]:
        """The demo user's name and password, as they stand in the file that shells source."""
        exported = re.findall(r"^export SERVERLESS_DICOM_(\w+)=(.*)$", (self.folder / "env").read_text(), re.MULTILINE)
        return {name: shlex.split(value)[0] for name, value in exported}

    def local(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m local` on this stack."""
        return local(*arguments, "--port", str(self.port), "--state", str(self.folder))

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines in a shell that knows nothing of the stack, in the repository's folder."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env=without_aws(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def without_aws() -> dict[str, str]:
    """This process's environment without a word of AWS."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def local(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m local`, as the Makefile does."""
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_FOR_UP,
        check=False,
    )


def free_port() -> int:
    """The first of as many ports of 127.0.0.1 as a stack takes, on which nothing listens just now."""
    while True:
        with socket.socket() as probe, ExitStack() as others:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            with suppress(OSError, OverflowError):
                for offset in range(1, PORTS):
                    others.enter_context(socket.socket()).bind(("127.0.0.1", port + offset))
                return port


def processes_of(folder: Path) -> list[str]:
    """The command lines of processes that were started for the stack in a folder."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={folder}/".encode() in environment.read_bytes():
                found.append(environment.with_name("cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The stack, up before the first test that asks for it and down after the last."""
    port = free_port()
    folder = ROOT / ".local" / "tests" / str(os.getpid())
    try:
        up = local("up", "--port", str(port), "--state", str(folder))
        assert up.returncode == 0, up.stderr
        outputs = json.loads((folder / "outputs.json").read_text())
        environment = without_aws() | {
            "AWS_ENDPOINT_URL": outputs["endpointUrl"],
            "AWS_ENDPOINT_URL_REKOGNITION": outputs["rekognitionUrl"],
            "AWS_ENDPOINT_URL_MEDICAL_IMAGING": outputs["healthImagingUrl"],
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": outputs["region"],
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }
        yield LocalStack(outputs["endpointUrl"], outputs["region"], outputs, environment, folder, port)
    finally:
        local("down", "--state", str(folder))
        shutil.rmtree(folder, ignore_errors=True)
    assert processes_of(folder) == []
