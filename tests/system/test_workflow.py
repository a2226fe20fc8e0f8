"""The guided workflow on the running stack: with the deployed resources, and with a stack of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from local.commons import FOLDERS, files
from serverless_dicom_cli import __name__ as package
from tests.system.conftest import LocalStack

SECONDS = 300


def run(stack: LocalStack, folder: Path, *arguments: object) -> str:
    """Run it to its end, and return what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", package, "workflow", "--yes", "-o", str(folder), *map(str, arguments)],
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def size(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


def copies(stack: LocalStack, bucket: str) -> list[str]:
    pages = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="workflow/")
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


@pytest.mark.parametrize("number", [1, 3])
def test_every_frame_of_a_public_study_is_drawn_and_right(stack: LocalStack, tmp_path: Path, number: int) -> None:
    folder = list(FOLDERS)[number - 1]
    expected = sum(key.startswith(folder) for key in files())

    told = run(stack, tmp_path, "--study", number)

    assert f"ok: {expected} of {expected} files imported, 0 failed" in told
    rows = [json.loads(line) for line in (tmp_path / f"study-{number}" / "frames.ndjson").read_text().splitlines()]
    assert all(row["ok"] and row["expected"] == row["found"] for row in rows)
    pictures = list((tmp_path / f"study-{number}").glob("*.png"))
    assert len(pictures) == len(rows) == expected
    assert all(size(picture) >= (16, 16) for picture in pictures)
    assert len(copies(stack, stack.outputs["ImportBucket"])) == expected

    run(stack, tmp_path, "--study", number, "--delete")

    assert copies(stack, stack.outputs["ImportBucket"]) == []


def test_where_nothing_is_deployed_a_stack_is_made_and_deleted(stack: LocalStack, tmp_path: Path) -> None:
    told = run(stack, tmp_path, "--study", 4, "--stack-name", "none-such", "--delete")

    assert "A stack serverless-dicom-workflow will be made" in told
    assert "stack serverless-dicom-workflow deleted" in told
    names = {found["StackName"] for found in stack.client("cloudformation").describe_stacks()["Stacks"]}
    assert "serverless-dicom-workflow" not in names
    stores = stack.client("medical-imaging").list_datastores(datastoreStatus="ACTIVE")["datastoreSummaries"]
    assert [store["datastoreName"] for store in stores] == ["serverless-dicom"]
