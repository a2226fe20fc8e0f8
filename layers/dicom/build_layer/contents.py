"""What a layer leaves out, and what makes two builds of it the same files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NEEDLESS_FOLDERS = (
    "bin",  # console scripts, each naming the Python of the machine that built it
    "numpy/_core/include",  # C headers
    "numpy/f2py",  # a Fortran compiler's front end
    "pydicom/data/test_files",
    "pydicom/data/charset_files",
)
NEEDLESS_FILES = (
    "*.pyi",
    "*.a",
    "*.h",
    "*.pxd",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
)
"""Nothing of these is imported; pip's records would name files that are gone. Licences and entry points stay."""

EPOCH = 946_684_800
"""2000-01-01: a time that zip archives can hold."""


def prune(folder: Path) -> None:
    """Take out tests, headers and records."""
    for name in NEEDLESS_FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for tests in sorted(folder.glob("numpy/**/tests")):
        shutil.rmtree(tests)
    for pattern in NEEDLESS_FILES:
        for path in folder.rglob(pattern):
            path.unlink()


def normalise(folder: Path) -> None:
    """Give every file the same time, and the modes that Lambda's own user can read whatever the umask was."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (EPOCH, EPOCH))


def tree_size(folder: Path) -> int:
    """Return the bytes of all files under the folder, as Lambda counts them after unzipping."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
