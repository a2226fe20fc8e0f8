"""Imports on the running stack: from a bucket or from here into HealthImaging, verified, and told as they were."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.datasets import as_file, make_dataset
from tests.system.conftest import LocalStack
from tests.waiting import until

ENDED = {"complete", "partial", "failed"}


def image(number: int) -> bytes:
    """A slice of a series."""
    dataset = make_dataset(
        InstanceNumber=str(number),
        SOPInstanceUID=f"1.2.826.0.1.3680043.10.1.{number}",
        StudyInstanceUID="1.2.826.0.1.3680043.10.2",
        SeriesInstanceUID="1.2.826.0.1.3680043.10.3",
    )
    return as_file(dataset)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three instances of one series, one file that is cut off, and one that is not DICOM."""
    study = tmp_path_factory.mktemp("study")
    for number in (1, 2, 3):
        (study / f"{number}.dcm").write_bytes(image(number))
    (study / "cut.dcm").write_bytes(image(4)[:200])
    (study / "notes.txt").write_text("no DICOM " * 100)
    return study


def run(stack: LocalStack, arguments: str) -> tuple[int, Any, str]:
    """Exit status, JSON and what was told of `serverless-dicom import`."""
    done = stack.shell(f"source {stack.folder / 'env'}\nserverless-dicom import {arguments} --output json")
    return done.returncode, json.loads(done.stdout or "null"), done.stderr


def test_what_is_here_is_uploaded_imported_and_verified_and_failures_have_its_names(
    stack: LocalStack, study: Path
) -> None:
    status, job, told = run(stack, f"{study}/1.dcm {study}/2.dcm {study}/3.dcm {study}/cut.dcm")

    assert (status, job["status"]) == (1, "partial"), told
    assert (job["counts"]["imported"], job["counts"]["failed"], job["counts"]["framesMismatched"]) == (3, 1, 0)
    assert job["counts"]["imageSets"] == 1
    assert f"failed: {study}/cut.dcm: " in told
    assert f"skipped: {study}/notes.txt" not in told


def test_a_prefix_is_imported_where_it_lies_without_what_is_not_dicom(stack: LocalStack, study: Path) -> None:
    s3, inbox = stack.client("s3"), stack.outputs["InboxBucket"]
    for path in study.iterdir():
        if path.name != "cut.dcm":
            s3.upload_file(str(path), inbox, f"to import/日+/{path.name}")

    status, job, told = run(stack, f"'s3://{inbox}/to import/'")

    assert (status, job["status"], job["failures"]) == (0, "complete", []), told
    assert job["skipped"] == {"not_dicom": 1}
    (shard,) = job["shards"]
    assert (shard["source"], shard["copied"]) == (f"s3://{inbox}/to import/", False)
    archive: Any = stack.client("s3")
    verdicts = archive.list_objects_v2(
        Bucket=stack.outputs["ResultsBucket"], Prefix=f"imports/{job['jobId']}/verdicts/"
    )
    (found,) = verdicts["Contents"]
    lines = archive.get_object(Bucket=stack.outputs["ResultsBucket"], Key=found["Key"])["Body"].read().splitlines()
    assert [json.loads(line)["ok"] for line in lines] == [True] * job["counts"]["framesVerified"]


def test_by_the_api_an_import_is_its_caller_s_alone(stack: LocalStack, study: Path) -> None:
    stack.client("s3").upload_file(str(study / "1.dcm"), stack.outputs["InboxBucket"], "mine/1.dcm")
    token = stack.shell(f"source {stack.folder / 'env'}\nserverless-dicom token").stdout.strip()

    def call(path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{stack.outputs['ApiUrl']}{path}", body, {"Authorization": token})  # noqa: S310
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return answer.status, json.load(answer)

    source = f"s3://{stack.outputs['InboxBucket']}/mine/1.dcm"
    code, begun = call("/imports", json.dumps({"source": source}).encode())
    assert (code, begun["status"]) == (202, "pending")
    assert until(lambda: call(f"/imports/{begun['jobId']}")[1]["status"] in ENDED, True)
    job = call(f"/imports/{begun['jobId']}")[1]
    assert (job["status"], job["counts"]["imported"], job["shards"][0]["copied"]) == ("complete", 1, True)

    payload = json.dumps({"jobId": begun["jobId"]}).encode()
    answer = stack.client("lambda").invoke(FunctionName=stack.outputs["GetImportFunction"], Payload=payload)
    assert json.load(answer["Payload"])["error"] == "job_not_found"


def test_what_holds_no_dicom_and_what_may_not_be_read_are_refused(stack: LocalStack) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["InboxBucket"], Key="nothing/notes.txt", Body=b"x" * 200)
    status, job, _ = run(stack, f"s3://{stack.outputs['InboxBucket']}/nothing/")
    assert (status, job["status"], job["error"]["code"]) == (1, "failed", "nothing_to_import")

    status, _, told = run(stack, "s3://some-other-bucket/")
    assert (status, "source_not_allowed" in told) == (1, True)
