"""Studies that could not be summarized: which they are, and another try."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError

from serverless_dicom.runtime import events
from serverless_dicom.stores.rows import OBJECT_PREFIX
from serverless_dicom_cli.problems import service_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient

BATCH = 20
"""Studies of one call: a function has a minute for them."""

EMPTY_PAGES = 100
"""Pages without records that a stream may give before the records asked for are taken for gone."""

_GONE = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"})


@dataclass(frozen=True, slots=True)
class Batch:
    """The part of a table's stream that a function gave up on."""

    stream_arn: str
    shard_id: str
    first: str
    last: str

    @classmethod
    def of(cls, body: str) -> Batch | None:
        """Read the record that Lambda leaves of a failure; None where it is none of a stream."""
        try:
            info = json.loads(body)["DDBStreamBatchInfo"]
            return cls(info["streamArn"], info["shardId"], info["startSequenceNumber"], info["endSequenceNumber"])
        except (ValueError, KeyError, TypeError):
            return None


def changed_studies(client: DynamoDBStreamsClient, batch: Batch) -> set[str] | None:
    """Return the studies whose objects changed in a part of a stream; None if it holds them no more (24 hours)."""
    found: set[str] = set()
    try:
        iterator: str | None = client.get_shard_iterator(
            StreamArn=batch.stream_arn,
            ShardId=batch.shard_id,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch.first,
        )["ShardIterator"]
        for _ in range(EMPTY_PAGES):
            if not iterator:
                return None
            page: Any = client.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                if int(record["dynamodb"]["SequenceNumber"]) > int(batch.last):
                    return found
                found |= events.changed_studies({"Records": [record]}, OBJECT_PREFIX).keys()
                if record["dynamodb"]["SequenceNumber"] == batch.last:
                    return found
            iterator = page.get("NextShardIterator")
    except ClientError as error:
        if service_code(error) not in _GONE:
            raise
    except ParamValidationError:
        return None  # no position in any stream
    return None


def all_studies(client: DynamoDBClient, table: str) -> Iterator[str]:
    """Yield each study of the table: rows of one study follow each other in a scan."""
    last = None
    for page in client.get_paginator("scan").paginate(TableName=table, ProjectionExpression="StudyInstanceUID"):
        for item in page["Items"]:
            study = item["StudyInstanceUID"]["S"]
            if study != last:
                yield study
            last = study


def summarize(client: LambdaClient, function: str, studies: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Have studies summarized; yields, a batch, how many were and which were not."""
    waiting = iter(studies)
    while batch := list(islice(waiting, BATCH)):
        # A batch fails as a whole: one by one shows which of it.
        failed = (
            [] if _done(client, function, batch) else [study for study in batch if not _done(client, function, [study])]
        )
        yield len(batch) - len(failed), failed


def _done(client: LambdaClient, function: str, studies: list[str]) -> bool:
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"StudyInstanceUIDs": studies}).encode())
    body = json.loads(answer["Payload"].read() or b"null")
    return "FunctionError" not in answer and isinstance(body, dict) and body.get("statusCode") == 200  # noqa: PLR2004
