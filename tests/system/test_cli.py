"""The command line against the running stack: upload, search, convert, reindex, redrive."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file

from serverless_dicom_cli import __name__ as package
from tests.datasets import as_file, make_dataset
from tests.system.conftest import LocalStack

SECONDS = 60


def run(stack: LocalStack, *arguments: object, status: int = 0) -> str:
    """Run the command line as a user of the stack does, and return what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", package, *map(str, arguments)],
        env=stack.environment | {"XDG_STATE_HOME": str(stack.folder / "state")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == status, ran.stderr
    return ran.stdout


def search(stack: LocalStack, *arguments: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(stack, "search", *arguments, "--output", "json"))
    return found


def eventually(look: Callable[[], list[Any]], count: int) -> list[Any]:
    """Look until so many are there, and return them."""
    deadline = time.monotonic() + SECONDS
    while len(found := look()) != count:
        assert time.monotonic() < deadline, f"waited in vain for {count}, there are {len(found)}"
        time.sleep(0.2)
    return found


def put_study(stack: LocalStack, bucket: str, study: str, count: int = 3) -> list[str]:
    """Put objects of one study into a bucket, and return their keys."""
    keys = [f"{study}/{number} +é.dcm" for number in range(count)]
    for number, key in enumerate(keys):
        data = as_file(make_dataset(StudyInstanceUID=study, SOPInstanceUID=f"{study}.{number}", PatientID=f"P-{study}"))
        stack.client("s3").put_object(Bucket=bucket, Key=key, Body=data)
    return keys


def rows(stack: LocalStack, study: str) -> list[dict[str, Any]]:
    """All rows of a study, objects and summaries."""
    found = stack.client("dynamodb").query(
        TableName=stack.outputs["MetadataTable"],
        KeyConditionExpression="StudyInstanceUID = :study",
        ExpressionAttributeValues={":study": {"S": study}},
        ProjectionExpression="StudyInstanceUID, SortKey",
    )
    return list(found["Items"])


def forget(stack: LocalStack, study: str, keys: list[str], bucket: str) -> None:
    """Take a study out of the tables, as if it had never been seen."""
    dynamodb = stack.client("dynamodb")
    for key in keys:
        dynamodb.delete_item(TableName=stack.outputs["ObjectsTable"], Key={"S3Uri": {"S": f"s3://{bucket}/{key}"}})
    for row in rows(stack, study):
        if row["SortKey"]["S"].startswith("OBJECT#"):
            dynamodb.delete_item(TableName=stack.outputs["MetadataTable"], Key=row)
    eventually(lambda: rows(stack, study), 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as it comes from a CD."""
    folder = tmp_path / "CD 1"
    folder.mkdir()
    for name in ("CT_small.dcm", "MR_small.dcm"):
        (folder / name).write_bytes(Path(str(get_testdata_file(name, download=False))).read_bytes())
    (folder / "autorun.inf").write_text("[autorun]")
    return folder


def test_what_is_uploaded_is_found(stack: LocalStack, folder: Path) -> None:
    inbox = stack.outputs["InboxBucket"]
    printed = run(stack, "upload", folder, "--prefix", "from cd")
    assert printed.splitlines() == [f"s3://{inbox}/from cd/CD 1/{name}" for name in ("CT_small.dcm", "MR_small.dcm")]
    (study,) = eventually(lambda: search(stack, "--patient-id", "1CT1", "--study-date", "20040101-20041231"), 1)
    assert study["ModalitiesInStudy"] == ["CT"]
    (found,) = eventually(lambda: search(stack, "--patient-name", "compressedsamples mr*", "--level", "object"), 1)
    assert found["S3Uri"] == f"s3://{inbox}/from cd/CD 1/MR_small.dcm"
    assert found["PatientID"] == "4MR1"
    table = run(stack, "search", "--modality", "CT").splitlines()
    assert any("1CT1" in line and study["StudyInstanceUID"] in line for line in table[1:])


def test_headers_of_objects_are_those_of_the_files(stack: LocalStack, folder: Path) -> None:
    run(stack, "upload", folder, "--prefix", "headers")
    local = json.loads(run(stack, "headers", folder / "CT_small.dcm", "--output", "json"))
    url = f"s3://{stack.outputs['InboxBucket']}/headers/CD 1/CT_small.dcm"
    remote = json.loads(run(stack, "headers", url, "--output", "json"))
    assert remote[0]["record"] == local[0]["record"]
    assert remote[0]["header"] == local[0]["header"]


def test_pictures_of_objects_are_those_of_the_files(stack: LocalStack, folder: Path, tmp_path: Path) -> None:
    run(stack, "upload", folder, "--prefix", "pictures")
    url = f"s3://{stack.outputs['InboxBucket']}/pictures/"
    local, remote = tmp_path / "local", tmp_path / "remote"
    run(stack, "convert", folder, "-o", local, "--format", "png", status=1)
    assert run(stack, "convert", url, "-o", remote, "--format", "png", "--jobs", 1).splitlines() == [
        f"{remote}/CD 1/{name}.png" for name in ("CT_small.dcm", "MR_small.dcm")
    ]
    for name in ("CT_small.dcm.png", "MR_small.dcm.png"):
        assert (remote / "CD 1" / name).read_bytes() == (local / name).read_bytes()


def test_objects_that_the_tables_do_not_know_are_reindexed(stack: LocalStack) -> None:
    inbox, study = stack.outputs["InboxBucket"], "1.2.77.1"
    keys = put_study(stack, inbox, study)
    eventually(lambda: rows(stack, study), 5)
    forget(stack, study, keys, inbox)
    assert run(stack, "reindex", f"s3://{inbox}/{study}/") == "3 objects sent to be indexed\n"
    eventually(lambda: rows(stack, study), 5)
    (summary,) = eventually(lambda: search(stack, "--study-uid", study), 1)
    assert summary["NumberOfStudyRelatedInstances"] == 3


def test_dead_letters_are_put_back_and_worked_off(stack: LocalStack) -> None:
    inbox, study, sqs = stack.outputs["InboxBucket"], "1.2.77.2", stack.client("sqs")
    keys = put_study(stack, inbox, study)
    eventually(lambda: rows(stack, study), 5)
    forget(stack, study, keys, inbox)
    event = {"source": "aws.s3", "detail-type": "Object Created"}
    for queue, key in zip(("IndexDeadLetterQueueUrl", "RuleDeadLetterQueueUrl"), keys, strict=False):
        detail = {"bucket": {"name": inbox}, "object": {"key": key, "sequencer": "00FF"}}
        sqs.send_message(QueueUrl=stack.outputs[queue], MessageBody=json.dumps(event | {"detail": detail}))
    printed = run(stack, "redrive")
    assert printed.splitlines()[:2] == ["1 objects to index put back", "1 events to index put back"]
    eventually(lambda: search(stack, "--study-uid", study, "--level", "object"), 2)
    for queue in ("IndexDeadLetterQueueUrl", "RuleDeadLetterQueueUrl", "SummaryDeadLetterQueueUrl"):
        assert "Messages" not in sqs.receive_message(QueueUrl=stack.outputs[queue])


def stream_of(stack: LocalStack) -> tuple[str, str, list[Any]]:
    """The table's stream: its ARN, its shard, and the records in it."""
    streams = stack.client("dynamodbstreams")
    arn = streams.list_streams(TableName=stack.outputs["MetadataTable"])["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    position = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records: list[Any] = []
    iterator = position["ShardIterator"]
    while (page := streams.get_records(ShardIterator=iterator))["Records"]:
        records += page["Records"]
        iterator = page["NextShardIterator"]
    return arn, shard, records


def drop_summary(stack: LocalStack, study: str) -> None:
    """Remove the rows of a study and its series, as if its summary had failed."""
    for row in rows(stack, study):
        if not row["SortKey"]["S"].startswith("OBJECT#"):
            stack.client("dynamodb").delete_item(TableName=stack.outputs["MetadataTable"], Key=row)
    assert search(stack, "--study-uid", study) == []


@pytest.mark.parametrize("remembered", [True, False], ids=["from the stream", "without the stream"])
def test_failed_summaries_are_made_up_for(stack: LocalStack, remembered: bool) -> None:
    study = f"1.2.77.3{int(remembered)}"
    put_study(stack, stack.outputs["InboxBucket"], study)
    eventually(lambda: rows(stack, study), 5)
    arn, shard, records = stream_of(stack)
    numbers = [
        record["dynamodb"]["SequenceNumber"]
        for record in records
        if record["dynamodb"]["Keys"]["StudyInstanceUID"]["S"] == study
    ]
    drop_summary(stack, study)
    info = {
        "streamArn": arn,
        "shardId": shard if remembered else "shardId-00000000000000000000-00000000",
        "startSequenceNumber": numbers[0],
        "endSequenceNumber": numbers[-1],
    }
    stack.client("sqs").send_message(
        QueueUrl=stack.outputs["SummaryDeadLetterQueueUrl"], MessageBody=json.dumps({"DDBStreamBatchInfo": info})
    )
    run(stack, "redrive", "--summaries")
    (summary,) = search(stack, "--study-uid", study)
    assert summary["NumberOfStudyRelatedInstances"] == 3


def test_summarize_counts_anew(stack: LocalStack) -> None:
    study = "1.2.77.4"
    put_study(stack, stack.outputs["InboxBucket"], study)
    eventually(lambda: rows(stack, study), 5)
    drop_summary(stack, study)
    assert run(stack, "summarize", study) == "1 studies summarized\n"
    assert len(search(stack, "--study-uid", study)) == 1


def test_a_stack_or_a_bucket_that_is_not_there_is_told(stack: LocalStack, folder: Path) -> None:
    for arguments, told in (
        (["search", "--stack-name", "another"], "there is no stack another in us-east-1"),
        (["upload", folder / "CT_small.dcm", "--bucket", "nobody-s"], "there is no such bucket"),
        (["reindex", "s3://nobody-s"], "ExistingBucket=nobody-s"),
    ):
        ran = subprocess.run(
            [sys.executable, "-m", package, *map(str, arguments)],
            env=stack.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert told in ran.stderr
        assert len(ran.stderr.splitlines()) == 1
