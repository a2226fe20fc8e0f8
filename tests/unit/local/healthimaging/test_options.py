"""What goes wrong on purpose, and how long things take: the service's options for tests of its clients."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import imagecodecs
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.healthimaging import Options, running
from tests.datasets import as_file
from tests.unit.local.healthimaging.conftest import SERIES, Client, bringing, instance
from tests.unit.local.healthimaging.s3 import serving

ROOT = Path(__file__).parents[4]


def test_some_requests_for_frames_fail_by_chance(tmp_path: Path) -> None:
    with running(Options(state=tmp_path / "s", failing_frames=0.5, seed=1)) as imaging:
        client = Client(imaging)
        (image_set,) = bringing(imaging, tmp_path / "f")(instance(1)).image_sets
        (frame,) = client.instances(image_set)[f"{SERIES}.1"]["ImageFrames"]
        failed = []
        for _ in range(40):
            try:
                client.frame(image_set, frame["ID"])
            except ClientError as error:
                failed.append(error.response["Error"]["Code"])
        assert set(failed) == {"InternalServerException"}
        assert 8 < len(failed) < 32


def test_every_request_takes_as_long_as_told(tmp_path: Path) -> None:
    with running(Options(state=tmp_path / "s", delay_ms=150)) as imaging:
        client = Client(imaging)
        client("ListDatastores")
        began = time.monotonic()
        client("ListDatastores")
        assert time.monotonic() - began >= 0.15


def test_frames_are_bare_codestreams_if_told(tmp_path: Path) -> None:
    with running(Options(state=tmp_path / "s", frames="codestream", checksums="full")) as imaging:
        client, dataset = Client(imaging), instance(1)
        (image_set,) = bringing(imaging, tmp_path / "f")(dataset).image_sets
        (frame,) = client.instances(image_set)[f"{SERIES}.1"]["ImageFrames"]
        data, content_type = client.frame(image_set, frame["ID"])
        assert (data[:4], content_type) == (b"\xff\x4f\xff\x51", "image/jph")
        assert imagecodecs.htj2k_decode(data).tobytes() == dataset.PixelData


def test_image_sets_are_locked_for_a_while_if_told(tmp_path: Path) -> None:
    with running(Options(state=tmp_path / "s", locked_ms=400)) as imaging:
        client = Client(imaging)
        (image_set,) = bringing(imaging, tmp_path / "f")(instance(1)).image_sets
        properties = client("GetImageSet", imageSetId=image_set)
        assert (properties["imageSetState"], properties["imageSetWorkflowStatus"]) == ("LOCKED", "IMPORTING")
        assert client.refused("GetImageSetMetadata", imageSetId=image_set)[:2] == ("ConflictException", 409)
        assert client.refused("DeleteImageSet", imageSetId=image_set)[:2] == ("ConflictException", 409)
        imaging.settle()
        assert client("GetImageSet", imageSetId=image_set)["imageSetWorkflowStatus"] == "CREATED"
        information = {"sourceImageSet": {"latestVersionId": "1"}}
        client("CopyImageSet", sourceImageSetId=image_set, copyImageSetInformation=information)
        assert client("GetImageSet", imageSetId=image_set)["imageSetWorkflowStatus"] == "COPYING_WITH_READ_ONLY_ACCESS"
        assert client.metadata(image_set)["ImageSetID"] == image_set
        imaging.settle()


def test_what_began_before_a_restart_ends_after_it(tmp_path: Path) -> None:
    options = Options(state=tmp_path / "s", locked_ms=300)
    with running(options) as imaging:
        client = Client(imaging)
        (image_set,) = bringing(imaging, tmp_path / "f")(instance(1)).image_sets
        imaging.settle()
        client("DeleteImageSet", imageSetId=image_set)
    with running(options) as imaging:
        imaging.settle()
        assert Client(imaging)("GetImageSet", imageSetId=image_set)["imageSetState"] == "DELETED"


@contextmanager
def program(*options: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The service as a program of its own: the process, its URL, and the id of its data store."""
    command = [sys.executable, "-m", "local.healthimaging", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url, store = process.stdout.readline().split()
            yield process, url, store
        finally:
            process.kill()


def client_of(url: str) -> Any:
    session: Any = boto3.Session("test", "test", region_name="us-east-1")
    config = Config(proxies={}, inject_host_prefix=False)
    return session.client("medical-imaging", endpoint_url=url, config=config)


def test_a_killed_service_goes_on_with_its_import(tmp_path: Path) -> None:
    with serving() as bucket:
        for number in range(1, 7):
            bucket.objects[f"inbox/p/{number}.dcm"] = as_file(instance(number))
        where = ["--state", str(tmp_path / "s"), "--endpoint-url", bucket.url, "--no-roles", "--workers", "1"]
        bucket.before_read = lambda name: time.sleep(30 if name.endswith("4.dcm") else 0)
        with program(*where) as (process, url, store):
            job = client_of(url).start_dicom_import_job(
                datastoreId=store,
                dataAccessRoleArn="arn:aws:iam::000000000000:role/import",
                inputS3Uri="s3://inbox/p/",
                outputS3Uri="s3://out/o/",
            )["jobId"]
            while len(list((tmp_path / "s" / "frames").glob("*/*"))) < 3:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGKILL)
        bucket.before_read = lambda _: None
        with program(*where) as (_, url, again):
            assert again == store
            client = client_of(url)
            for _ in range(200):
                told = client.get_dicom_import_job(datastoreId=store, jobId=job)["jobProperties"]
                if told["jobStatus"] in {"COMPLETED", "FAILED"}:
                    break
                time.sleep(0.1)
            assert told["jobStatus"] == "COMPLETED"
            (summary,) = client.search_image_sets(datastoreId=store, searchCriteria={})["imageSetsMetadataSummaries"]
            assert summary["DICOMTags"]["DICOMNumberOfStudyRelatedInstances"] == 6
        manifest = f"out/o/{store}-DicomImport-{job}/job-output-manifest.json"
        assert json.loads(bucket.objects[manifest])["jobSummary"]["numberOfImportedFiles"] == 6


def test_a_program_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with program("--state", str(tmp_path / "s")) as (process, url, _):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        second = subprocess.run(
            [sys.executable, "-m", "local.healthimaging", "--state", str(tmp_path / "s")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (second.returncode, "in use by another process" in second.stderr) == (1, True)
        process.terminate()
        assert process.wait(timeout=10) == 0
        connection.close()


def test_a_frame_of_a_running_service_is_spoiled_by_a_command(tmp_path: Path) -> None:
    with running(Options(state=tmp_path / "s")) as imaging:
        client = Client(imaging)
        (image_set,) = bringing(imaging, tmp_path / "f")(instance(1)).image_sets
        (frame,) = client.instances(image_set)[f"{SERIES}.1"]["ImageFrames"]
        before, _ = client.frame(image_set, frame["ID"])
        command = [sys.executable, "-m", "local.healthimaging.damage", "--state", str(tmp_path / "s")]
        assert subprocess.run([*command, frame["ID"]], cwd=ROOT, check=False).returncode == 0
        after, _ = client.frame(image_set, frame["ID"])
        assert len(after) == len(before)
        assert sum(one != other for one, other in zip(after, before, strict=True)) == 1
        missing = subprocess.run([*command, "0" * 32], cwd=ROOT, capture_output=True, check=False)
        assert (missing.returncode, b"there is no frame" in missing.stderr) == (1, True)


@pytest.mark.parametrize("option", ["--delay-ms", "--failing-frames"])
def test_options_are_numbers(option: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local.healthimaging", option, "many"], cwd=ROOT, capture_output=True, check=False
    )
    assert ran.returncode == 2
