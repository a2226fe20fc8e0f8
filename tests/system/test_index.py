"""Objects come, change and go in the running stack, and the tables tell what the buckets hold."""

import json
import random
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from tests.datasets import as_file, make_dataset
from tests.system.conftest import LocalStack
from tests.waiting import until

Instance: TypeAlias = tuple[str, str, str]
"""Study, series and SOP instance."""

GARBAGE = b"<html>no DICOM</html>"


def instance(study: str, series: str, sop: str) -> bytes:
    return as_file(make_dataset(StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=sop))


def rows(stack: LocalStack, prefix: str) -> list[dict[str, Any]]:
    """All rows of the studies whose UIDs begin with `prefix`."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.outputs["MetadataTable"], ConsistentRead=True)
    )
    items = [item for page in pages for item in page["Items"]]
    return [item for item in items if item["StudyInstanceUID"]["S"].startswith(prefix)]


def state(stack: LocalStack, uri: str) -> dict[str, Any]:
    found = stack.client("dynamodb").get_item(
        TableName=stack.outputs["ObjectsTable"], Key={"S3Uri": {"S": uri}}, ConsistentRead=True
    )
    return {name: value.get("S") for name, value in found.get("Item", {}).items()}


def summary_of(held: dict[str, Instance]) -> dict[str, tuple[int, int, int]]:
    """Series, instances and objects of each study, of the instances that lie under keys."""
    studies: dict[str, list[Instance]] = defaultdict(list)
    for one in held.values():
        studies[one[0]].append(one)
    return {
        study: (len({series for _, series, _ in ones}), len({sop for *_, sop in ones}), len(ones))
        for study, ones in studies.items()
    }


def test_a_busy_bucket_ends_as_its_tables_tell(stack: LocalStack) -> None:
    chance, s3, bucket = random.Random(7), stack.client("s3"), stack.outputs["InboxBucket"]  # noqa: S311 - no secret
    keys = [f"busy/{number} +%é.dcm" for number in range(12)]
    histories: dict[str, list[Instance | bytes | None]] = {key: [] for key in keys}
    for _ in range(100):
        new: Instance = (
            f"1.2.88.{chance.randint(1, 3)}",
            f"1.2.8.{chance.randint(1, 3)}",
            f"1.2.7.{chance.randint(1, 20)}",
        )
        histories[chance.choice(keys)].append(chance.choice([new, new, new, None, GARBAGE]))

    def live(key: str) -> None:
        for step in histories[key]:
            if step is None:
                s3.delete_object(Bucket=bucket, Key=key)
            else:
                s3.put_object(Bucket=bucket, Key=key, Body=step if isinstance(step, bytes) else instance(*step))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(live, keys))
    held = {key: last for key, steps in histories.items() if steps and isinstance(last := steps[-1], tuple)}

    def told() -> tuple[dict[str, Instance], dict[str, tuple[int, int, int]]]:
        found = rows(stack, "1.2.88.")
        objects = {
            row["Key"]["S"]: (row["StudyInstanceUID"]["S"], row["SeriesInstanceUID"]["S"], row["SOPInstanceUID"]["S"])
            for row in found
            if row["RowType"]["S"] == "object"
        }
        counts = ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "NumberOfObjects")
        studies = {
            row["StudyInstanceUID"]["S"]: (int(row[counts[0]]["N"]), int(row[counts[1]]["N"]), int(row[counts[2]]["N"]))
            for row in found
            if row["RowType"]["S"] == "study"
        }
        return objects, studies

    assert until(told, (held, summary_of(held))) == (held, summary_of(held))


def test_what_fails_for_now_is_retried_and_then_set_aside(stack: LocalStack) -> None:
    s3, sqs = stack.client("s3"), stack.client("sqs")
    queue, dead = stack.outputs["IndexQueueUrl"], stack.outputs["IndexDeadLetterQueueUrl"]
    s3.create_bucket(Bucket="not-allowed")
    s3.put_object(Bucket="not-allowed", Key="x.dcm", Body=instance("1.2.89", "1.2.89.1", "1.2.89.2"))
    event = {"source": "aws.s3", "detail-type": "Object Created"}
    detail = {"bucket": {"name": "not-allowed"}, "object": {"key": "x.dcm", "sequencer": "01"}}
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    try:
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(event | {"detail": detail}))
        assert until(counted(sqs, dead), 1) == 1
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)
    assert state(stack, "s3://not-allowed/x.dcm") == {}
    (letter,) = sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0)["Messages"]
    assert json.loads(letter["Body"])["detail"] == detail
    sqs.purge_queue(QueueUrl=dead)


def counted(sqs: Any, queue: str) -> Callable[[], int]:
    """A look at how many messages wait in a queue."""
    name = "ApproximateNumberOfMessages"
    return lambda: int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])


def test_a_damaged_object_is_recorded_with_its_reason_and_not_retried(stack: LocalStack) -> None:
    bucket, sqs = stack.outputs["InboxBucket"], stack.client("sqs")
    uri = f"s3://{bucket}/damaged.dcm"
    stack.client("s3").put_object(
        Bucket=bucket, Key="damaged.dcm", Body=instance("1.2.90", "1.2.90.1", "1.2.90.2")[:400]
    )
    assert until(lambda: state(stack, uri).get("State"), "rejected") == "rejected"
    assert state(stack, uri)["ReasonCode"] == "truncated_header"
    assert until(counted(sqs, stack.outputs["IndexQueueUrl"]), 0) == 0
    assert rows(stack, "1.2.90") == []
