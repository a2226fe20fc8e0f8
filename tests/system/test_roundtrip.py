"""Into the archive of the running stack, and out again: `serverless-dicom` roundtrip, verify and export."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from serverless_dicom_cli import __name__ as package
from tests.system.conftest import LocalStack

NAMES = ["CT_small.dcm", "MR_small.dcm", "SC_rgb_rle_2frame.dcm", "rtplan.dcm", "test-SR.dcm", "693_J2KI.dcm"]
FILES = [Path(str(get_testdata_file(name, download=False))) for name in NAMES]


def run(stack: LocalStack, *arguments: object) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", package, *map(str, arguments)],
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def proof(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    told = tmp_path_factory.mktemp("roundtrip") / "proof.json"
    run(stack, "roundtrip", *FILES, "-o", told)
    found: dict[str, Any] = json.loads(told.read_text())
    return found


def test_every_file_comes_out_as_it_went_in(proof: dict[str, Any]) -> None:
    assert proof["equal"] is True
    assert sorted(Path(one["path"]).name for one in proof["files"]) == sorted(NAMES)
    assert sum(one["frames"] for one in proof["files"]) == 5


def test_every_frame_is_verified(stack: LocalStack, proof: dict[str, Any]) -> None:
    frames = json.loads(run(stack, "verify", *(one["imageSetId"] for one in proof["files"]), "--output", "json"))

    assert len(frames) == 5
    assert all(frame["ok"] for frame in frames)


@pytest.mark.parametrize("options", [[], ["--keep-compressed"]], ids=["decoded", "compressed"])
def test_a_study_is_exported_by_its_uid(
    stack: LocalStack, proof: dict[str, Any], options: list[str], tmp_path: Path
) -> None:
    assert proof["equal"]
    source = dcmread(FILES[0])

    run(stack, "export", "--study", source.StudyInstanceUID, "-o", tmp_path, *options)

    found = dcmread(tmp_path / f"{source.SOPInstanceUID}.dcm")
    assert (found.pixel_array == source.pixel_array).all()
