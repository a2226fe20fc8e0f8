"""Import jobs from S3: what they read and write, what they refuse, and that none is ever stuck."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.healthimaging import Imaging, Options, running
from tests.datasets import as_file
from tests.unit.local.healthimaging.conftest import SERIES, Client, instance
from tests.unit.local.healthimaging.s3 import Bucket, serving

Json = dict[str, Any]
ROLE = "arn:aws:iam::000000000000:role/import"


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serving() as bucket:
        for number in (1, 2, 3):
            bucket.objects[f"inbox/p/{number}.dcm"] = as_file(instance(number))
        bucket.objects["inbox/p/folder/"] = b""
        bucket.objects["inbox/other/9.dcm"] = as_file(instance(9))
        yield bucket


@pytest.fixture
def options(bucket: Bucket, tmp_path: Path) -> Options:
    return Options(state=tmp_path / "state", endpoint_url=bucket.url, checks_roles=False)


@pytest.fixture
def imaging(options: Options) -> Iterator[Imaging]:
    with running(options) as imaging:
        yield imaging


def started(client: Client, token: str = "t", **parameters: Any) -> Json:  # noqa: S107 - idempotency's
    told = {
        "dataAccessRoleArn": ROLE,
        "clientToken": token,
        "inputS3Uri": "s3://inbox/p/",
        "outputS3Uri": "s3://out/o/",
    }
    return client("StartDICOMImportJob", **(told | parameters))


def ended(imaging: Imaging, client: Client, job: str) -> Json:
    imaging.service.jobs.wait(job)
    properties: Json = client("GetDICOMImportJob", jobId=job)["jobProperties"]
    return properties


def result(bucket: Bucket, properties: Json, name: str) -> bytes:
    return bucket.objects[properties["outputS3Uri"].removeprefix("s3://") + name]


def lines(bucket: Bucket, properties: Json, name: str) -> list[Json]:
    return [json.loads(line) for line in result(bucket, properties, name).splitlines()]


def test_a_prefix_is_imported_and_told_of(imaging: Imaging, client: Client, bucket: Bucket) -> None:
    bucket.objects["inbox/p/notes.txt"] = b"no image"
    answer = started(client, jobName="mine")
    assert answer["jobStatus"] == "SUBMITTED"
    properties = ended(imaging, client, answer["jobId"])
    assert (properties["jobStatus"], properties["jobName"]) == ("COMPLETED", "mine")
    folder = f"s3://out/o/{client.datastore_id}-DicomImport-{answer['jobId']}/"
    assert properties["outputS3Uri"] == folder
    (image_set,) = [summary["imageSetId"] for summary in client.found()]
    assert json.loads(result(bucket, properties, "job-output-manifest.json"))["jobSummary"] == {
        "jobId": answer["jobId"],
        "datastoreId": client.datastore_id,
        "inputS3Uri": "s3://inbox/p/",
        "outputS3Uri": folder,
        "successOutputS3Uri": f"{folder}SUCCESS/",
        "failureOutputS3Uri": f"{folder}FAILURE/",
        "warningsOutputS3Uri": f"{folder}WARNING/",
        "numberOfScannedFiles": 4,
        "numberOfImportedFiles": 3,
        "numberOfFilesWithCustomerError": 1,
        "numberOfFilesWithServerError": 0,
        "numberOfGeneratedImageSets": 1,
        "imageSetsSummary": [
            {"imageSetId": image_set, "imageSetVersion": 1, "isPrimary": True, "numberOfMatchedSOPInstances": 3}
        ],
    }
    response = {"imageSetId": image_set, "imageSetVersion": 1, "isPrimary": True}
    assert lines(bucket, properties, "SUCCESS/success.ndjson") == [
        {"inputFile": f"p/{number}.dcm", "importResponse": response} for number in (1, 2, 3)
    ]
    (failure,) = lines(bucket, properties, "FAILURE/failure.ndjson")
    assert failure["inputFile"] == "p/notes.txt"
    assert failure["exception"]["exceptionType"] == "ValidationException"
    assert lines(bucket, properties, "WARNING/warning.ndjson") == []


def test_a_job_whose_every_file_fails_is_completed(imaging: Imaging, client: Client, bucket: Bucket) -> None:
    bucket.objects = {"inbox/p/a": b"", "inbox/p/b": b"no image"}
    properties = ended(imaging, client, started(client)["jobId"])
    assert (properties["jobStatus"], "message" in properties) == ("COMPLETED", False)
    assert len(lines(bucket, properties, "FAILURE/failure.ndjson")) == 2
    assert client.found() == []


def test_files_with_something_odd_are_warned_of(imaging: Imaging, client: Client, bucket: Bucket) -> None:
    truncated = instance(1)
    truncated.PixelData = truncated.PixelData[:30]
    bucket.objects = {"inbox/p/1.dcm": as_file(truncated), "inbox/p/2.dcm": as_file(instance(2, Modality="MR"))}
    properties = ended(imaging, client, started(client)["jobId"])
    first, second = lines(bucket, properties, "WARNING/warning.ndjson")
    assert first["importResponse"]["warnings"] == [
        {
            "warning_reason_code": 45328,
            "type": "FramesExtractionFailure",
            "message": "32 bytes of pixels are described, 30 are there",
        }
    ]
    (coerced,) = second["importResponse"]["warnings"]
    assert coerced["type"] == "CoercionOfDataElements"
    assert coerced["message"] == "of its image set: Modality"


def test_the_same_request_starts_one_job(imaging: Imaging, client: Client) -> None:
    first = started(client)
    assert started(client)["jobId"] == first["jobId"]
    code, status, _ = client.refused(
        "StartDICOMImportJob",
        dataAccessRoleArn=ROLE,
        clientToken="t",
        inputS3Uri="s3://inbox/other/",
        outputS3Uri="s3://out/o/",
    )
    assert (code, status) == ("ConflictException", 409)
    assert started(client, "u")["jobId"] != first["jobId"]
    imaging.service.jobs.wait(first["jobId"])


def test_more_than_a_job_may_have_fails_it(bucket: Bucket, tmp_path: Path) -> None:
    for limit, told in (
        ({"most_files": 2}, "Input has more than 2 files"),
        ({"most_bytes_of_a_job": 100}, "Input has more than 100 bytes"),
    ):
        options = Options(state=tmp_path / told, endpoint_url=bucket.url, checks_roles=False, **limit)
        with running(options) as imaging:
            client = Client(imaging)
            properties = ended(imaging, client, started(client)["jobId"])
            assert (properties["jobStatus"], properties["message"]) == ("FAILED", told)
            assert client.found() == []


def test_a_file_that_is_too_large_fails_alone(bucket: Bucket, tmp_path: Path) -> None:
    bucket.objects["inbox/p/large.dcm"] = bytes(5_000)
    options = Options(state=tmp_path / "s", endpoint_url=bucket.url, checks_roles=False, most_bytes_of_a_file=4_999)
    with running(options) as imaging:
        client = Client(imaging)
        properties = ended(imaging, client, started(client)["jobId"])
        (failure,) = lines(bucket, properties, "FAILURE/failure.ndjson")
        assert failure["exception"]["message"] == "The file has more than 4999 bytes"


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ({"inbox/"}, "The input could not be listed: AccessDenied"),
        ({"inbox/p/1.dcm", "inbox/p/2.dcm", "inbox/p/3.dcm"}, None),
    ],
)
def test_what_s3_refuses_fails(imaging: Imaging, client: Client, bucket: Bucket, refused: set[str], told: str) -> None:
    bucket.refused = refused
    properties = ended(imaging, client, started(client)["jobId"])
    assert properties.get("message") == told
    assert properties["jobStatus"] == ("FAILED" if told else "COMPLETED")
    assert client.found() == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_whole_bucket_is_imported_and_another_takes_the_results(
    imaging: Imaging, client: Client, bucket: Bucket, slash: str
) -> None:
    answer = started(client, inputS3Uri=f"s3://inbox{slash}", outputS3Uri=f"s3://out{slash}")
    properties = ended(imaging, client, answer["jobId"])
    assert properties["outputS3Uri"] == f"s3://out/{client.datastore_id}-DicomImport-{answer['jobId']}/"
    manifest = json.loads(result(bucket, properties, "job-output-manifest.json"))
    assert manifest["jobSummary"]["numberOfImportedFiles"] == 4


def test_an_empty_prefix_fails(imaging: Imaging, client: Client) -> None:
    properties = ended(imaging, client, started(client, inputS3Uri="s3://inbox/nothing/")["jobId"])
    assert (properties["jobStatus"], properties["message"]) == ("FAILED", "No files were found below the input prefix")


def test_jobs_are_listed_the_newest_first(imaging: Imaging, client: Client) -> None:
    jobs = [started(client, f"t{number}")["jobId"] for number in range(3)]
    for job in jobs:
        imaging.service.jobs.wait(job)
    pages = client.boto.get_paginator("list_dicom_import_jobs").paginate(
        datastoreId=client.datastore_id, jobStatus="COMPLETED", PaginationConfig={"PageSize": 2}
    )
    assert [summary["jobId"] for page in pages for summary in page["jobSummaries"]] == jobs[::-1]
    assert client("ListDICOMImportJobs", jobStatus="FAILED")["jobSummaries"] == []


class Interrupted:
    """A service that is stopped while one of its files is being read, and a way to start it again."""

    def __init__(self, options: Options, bucket: Bucket) -> None:
        self.options, self.bucket = options, bucket
        self.reached, self.goes_on = threading.Event(), threading.Event()

    def stop_at(self, name: str) -> str:
        """The job that was running when the service ended."""

        def wait(read: str) -> None:
            if read == name:
                self.reached.set()
                self.goes_on.wait(20)

        self.bucket.before_read = wait
        with running(self.options) as imaging:
            job: str = started(Client(imaging))["jobId"]
            assert self.reached.wait(20)
            threading.Timer(0.2, self.goes_on.set).start()
        self.bucket.before_read = lambda _: None
        return job


def test_a_job_that_was_interrupted_goes_on_after_a_restart(options: Options, bucket: Bucket) -> None:
    job = Interrupted(Options(**{**_fields(options), "workers": 1}), bucket).stop_at("inbox/p/2.dcm")
    with running(options) as imaging:
        client = Client(imaging)
        properties = ended(imaging, client, job)
        assert properties["jobStatus"] == "COMPLETED"
        (summary,) = client.found()
        assert (summary["version"], len(client.instances(summary["imageSetId"]))) == (1, 3)
        assert len(lines(bucket, properties, "SUCCESS/success.ndjson")) == 3
    kept = [path for path in (options.state / "frames").rglob("*") if path.is_file()]  # type: ignore[operator]
    assert len(kept) == 3


def test_results_that_were_not_written_are_written_after_a_restart(options: Options, bucket: Bucket) -> None:
    with running(options) as imaging:
        client = Client(imaging)
        job = started(client)["jobId"]
        ended(imaging, client, job)
        with imaging.service.state.changing() as rows:  # as if the service had been killed before it wrote them
            rows.execute("UPDATE jobs SET status = 'IN_PROGRESS', ended = NULL")
    results = {name for name in bucket.objects if name.startswith("out/")}
    for name in results:
        del bucket.objects[name]
    with running(options) as imaging:
        client = Client(imaging)
        assert ended(imaging, client, job)["jobStatus"] == "COMPLETED"
        assert [summary["version"] for summary in client.found()] == [1]
    assert {name for name in bucket.objects if name.startswith("out/")} >= {n for n in results if "FAILURE" not in n}


def test_a_restart_loses_nothing(options: Options) -> None:
    with running(options) as imaging:
        client = Client(imaging)
        ended(imaging, client, started(client)["jobId"])
        before = [client.found(), client.metadata(client.found()[0]["imageSetId"]), client("ListDatastores")]
        (frame,) = client.instances(before[0][0]["imageSetId"])[f"{SERIES}.1"]["ImageFrames"]
        data = client.frame(before[0][0]["imageSetId"], frame["ID"])
    with running(options) as imaging:
        client = Client(imaging)
        again = [client.found(), client.metadata(client.found()[0]["imageSetId"]), client("ListDatastores")]
        for summary in [*before[0], *again[0]]:
            summary.pop("lastAccessedAt")
        assert again == before
        assert client.frame(again[0][0]["imageSetId"], frame["ID"]) == data


def test_one_process_at_a_time_has_a_state(options: Options) -> None:
    with running(options), pytest.raises(BlockingIOError), running(options):
        pass


def _fields(options: Options) -> Json:
    return {name: getattr(options, name) for name in Options.__dataclass_fields__}
