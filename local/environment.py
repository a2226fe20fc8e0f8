"""The environment of programs that talk to the local stack: nothing of the user's own AWS set-up is read or reached."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from local.place import Place

REGION = "us-east-1"
ACCOUNT = "000000000000"
"""The emulator's account; its root user signs with the keys `test`, `test`."""

CONFIGURATION = """\
[default]
region = {region}
endpoint_url = {endpoint}
output = json
cli_pager =
cli_binary_format = raw-in-base64-out
"""
"""`cli_binary_format`: version 2 of `aws` would take a payload for base64, version 1 never does."""


def endpoint(port: int) -> str:
    """Return the URL of all AWS services."""
    return f"http://127.0.0.1:{port}"


def site_port(port: int) -> int:
    """Return where the page is, by where the emulator is."""
    return port + 1


def site_origin(port: int) -> str:
    """Return the page's origin."""
    return endpoint(site_port(port))


def rekognition_port(port: int) -> int:
    """Return where Rekognition's stand-in is, by where the emulator is."""
    return port + 2


def healthimaging_port(port: int) -> int:
    """Return where the local HealthImaging is, by where the emulator is."""
    return port + 3


def variables(place: Place, port: int) -> dict[str, str]:
    """Return what a program needs to find the stack, and to find nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint(port),
        "AWS_ENDPOINT_URL_REKOGNITION": endpoint(rekognition_port(port)),
        "AWS_ENDPOINT_URL_MEDICAL_IMAGING": endpoint(healthimaging_port(port)),
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # nobody knows the way to runtime-127.0.0.1
        "AWS_CONFIG_FILE": str(place.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def for_programs(place: Place, port: int) -> dict[str, str]:
    """Return this process's environment, its AWS and SAM settings replaced by those of the stack."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_", "MAKE"))}
    binaries = str(Path(sys.executable).parent)
    return kept | variables(place, port) | {"PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def configure(place: Place, port: int) -> None:
    """Write the AWS configuration that programs for this stack are shown."""
    place.aws_config.write_text(CONFIGURATION.format(region=REGION, endpoint=endpoint(port)))


def write(place: Place, port: int, login: Mapping[str, str]) -> None:
    """Write the file that makes a shell talk to this stack, as the user whom the variables in `login` name."""
    exported = variables(place, port) | dict(login)
    lines = [
        "# source this file, and `aws` and `serverless-dicom` talk to the local stack",
        "for name in $(env | sed -n 's/^\\(AWS_[A-Za-z0-9_]*\\)=.*/\\1/p'); do unset \"$name\"; done",
        *(f"export {name}={shlex.quote(value)}" for name, value in exported.items()),
        f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"',
        "# version 1 of aws looks for queues on AWS, whatever the variables say",
        'aws() { case " $* " in',
        '  *" rekognition "*) command aws --endpoint-url "$AWS_ENDPOINT_URL_REKOGNITION" "$@" ;;',
        '  *" medical-imaging "*) command aws --endpoint-url "$AWS_ENDPOINT_URL_MEDICAL_IMAGING" "$@" ;;',
        '  *) command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@" ;;',
        "esac; }",
    ]
    place.environment.touch(mode=0o600)  # a password is in it
    place.environment.write_text("\n".join(lines) + "\n")


def forget_users_settings() -> None:
    """Take the user's AWS set-up out of this process: no profile, file, role or endpoint of theirs is looked at."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
