"""Leaving packages out of an import."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from serverless_dicom.runtime.imports import without


def test_a_package_is_absent_within_and_there_again_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "never_seen_before.py").write_text("answer = 42")
    monkeypatch.syspath_prepend(tmp_path)

    with without("never_seen_before"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("never_seen_before")

    assert importlib.import_module("never_seen_before").answer == 42


def test_a_package_that_is_imported_already_stays() -> None:
    with without("json"):
        import json  # noqa: PLC0415

    assert json.loads("1") == 1


def test_a_header_is_read_without_the_packages_for_pixels() -> None:
    # In a process of its own: in this one, pydicom and numpy have been imported.
    code = """
import sys
from serverless_dicom.runtime.imports import without
with without("numpy", "PIL"):
    from serverless_dicom.header import read_header
    from serverless_dicom.header.ranges import MemoryRanges
from pydicom.data import get_testdata_file
with open(get_testdata_file("CT_small.dcm", download=False), "rb") as file:
    header = read_header(MemoryRanges(file.read()), "CT_small.dcm")
print(header.record["PatientID"], {"numpy", "PIL"} & sys.modules.keys())
import numpy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "1CT1 set()\n"


def test_studies_are_summarized_without_the_parser() -> None:
    # A cold start without pydicom takes two thirds of the time.
    code = "import sys, serverless_dicom.stores.studies; print('pydicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
