"""The Python and processor that a layer is for, and what of the lock applies to them."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass

from packaging.markers import default_environment
from packaging.requirements import Requirement

from build_layer.errors import LayerError

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""Lambda's word for a processor: the one that wheels and Python use."""

GLIBC_TAGS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""Wheels that Amazon Linux 2023 (glibc 2.34), the base of Lambda's Python 3.12 and later, can load."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a layer is for; `architecture` is None for the Python and processor that run this."""

    python: str
    """Major and minor version: `3.13`."""
    architecture: str | None

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read `python3.13-arm64`, `python3.13-x86_64`, … or `host`."""
        if text == "host":
            return cls(f"{sys.version_info.major}.{sys.version_info.minor}", None)
        match = re.fullmatch(r"python(3\.\d+)-(.+)", text)
        if match is None or match[2] not in MACHINES:
            raise LayerError(f"a target is host or python3.13-arm64 or python3.13-x86_64 or the like, got {text}")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        """Name the target in file names and messages."""
        return f"python{self.python}-{self.architecture or f'host-{platform.machine()}'}"

    def pip_options(self) -> list[str]:
        """Return what tells pip to choose wheels for the target instead of for itself."""
        if self.architecture is None:
            return []
        options = ["--python-version", self.python, "--implementation", "cp"]
        options += ["--ignore-requires-python"]  # pip weighs it against the Python that runs pip; the lock has decided
        for tag in GLIBC_TAGS:
            options += ["--platform", f"{tag}_{MACHINES[self.architecture]}"]
        return options

    def environment(self) -> dict[str, str]:
        """Return the values of PEP 508's markers on the target."""
        environment = {name: str(value) for name, value in default_environment().items()}
        if self.architecture is not None:
            environment |= {
                "python_version": self.python,
                "python_full_version": f"{self.python}.0",
                "implementation_name": "cpython",
                "implementation_version": f"{self.python}.0",
                "platform_python_implementation": "CPython",
                "platform_machine": MACHINES[self.architecture],
                "platform_system": "Linux",
                "sys_platform": "linux",
                "os_name": "posix",
            }
        return environment


def applicable(lock: str, target: Target) -> str:
    """Return the lock's entries for the target, with their hashes and without their markers.

    pip weighs markers against the Python that runs it even where `--python-version` names another (its issue 11664),
    and would so take the numpy of this machine's Python.
    """
    entries = []
    for entry in re.findall(r"^\S.*(?:\n[ \t]+.*)*", lock, flags=re.MULTILINE):
        if entry.startswith(("#", "-")):
            continue
        requirement = Requirement(entry.split("\\")[0].split("#")[0].strip())
        if requirement.marker is None or requirement.marker.evaluate(target.environment()):
            hashes = re.findall(r"--hash=\S+", entry)
            entries.append(" ".join([f"{requirement.name}{requirement.specifier}", *hashes]))
    return "\n".join(entries) + "\n"
