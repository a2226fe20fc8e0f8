"""An account in memory with a deployed stack, for commands to work in."""

import json
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import boto3
import pytest

from serverless_dicom.stores.ledger import to_item
from serverless_dicom_cli.aws import Aws
from serverless_dicom_cli.main import main
from tests.stack import INBOX, Stack, resource

EXISTING = "old-archive"
TABLE = "DicomMetadata"
QUEUES = ("IndexQueue", "IndexDeadLetterQueue", "RuleDeadLetterQueue", "SummaryDeadLetterQueue")


@dataclass(slots=True)
class Functions:
    """A Lambda whose one function keeps what it is asked to summarize, and fails where a study is in `broken`."""

    asked: list[list[str]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - Lambda's names
        assert FunctionName == "summarize-study"
        studies = json.loads(Payload)["StudyInstanceUIDs"]
        if self.broken & set(studies):
            return {"FunctionError": "Unhandled", "Payload": BytesIO(b'{"errorType": "TransientError"}')}
        self.asked.append(studies)
        return {"Payload": BytesIO(json.dumps({"statusCode": 200, "body": ""}).encode())}


class InMemory(Aws):
    """An account whose stack is described from memory; its services are moto's, its functions `Functions`."""

    def __init__(self, outputs: dict[str, str], functions: Functions) -> None:
        super().__init__(region="us-east-1")
        self._outputs, self._functions = outputs, functions

    @property
    def functions(self) -> Any:
        return self._functions

    def describe_stack(self, name: str) -> Any:
        return {
            "StackName": name,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in self._outputs.items()],
            "Parameters": [{"ParameterKey": "ExistingBucket", "ParameterValue": EXISTING}],
        }


@dataclass(frozen=True, slots=True)
class Account:
    """What a test sees of the account, and the command line in it."""

    outputs: dict[str, str]
    functions: Functions
    s3: Any
    sqs: Any
    dynamodb: Any
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: object, aws: Aws | None = None) -> "Ran":
        """Run the command line."""
        given = aws or InMemory(self.outputs, self.functions)
        status = main([str(argument) for argument in arguments], connect=lambda *_: given)
        out, err = self.capsys.readouterr()
        return Ran(status, out, err)

    def send(self, queue: str, *bodies: str) -> None:
        """Put messages into one of QUEUES."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.outputs[f"{queue}Url"], MessageBody=body)

    def bodies(self, queue: str) -> list[str]:
        """Take all messages that are to be had from one of QUEUES, as a set that is sorted."""
        found: list[str] = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.outputs[f"{queue}Url"], MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            found += [message["Body"] for message in messages]
        return sorted(found)

    def put_objects_of(self, *studies: str) -> None:
        """Put two rows of objects for each study into the table."""
        for study in studies:
            for number in (1, 2):
                item = to_item({"StudyInstanceUID": study, "SortKey": f"OBJECT#{study}.9#{study}.9.{number}#0"})
                self.dynamodb.put_item(TableName=TABLE, Item=item)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of the command line ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def account_of(stack: Stack, capsys: pytest.CaptureFixture[str]) -> Account:
    """The account of a stack whose tables and buckets are there: with queues, a stream, and an older bucket."""
    sqs = boto3.client("sqs")
    stack.s3.create_bucket(Bucket=EXISTING)
    stream = resource("DicomMetadata")["StreamSpecification"] | {"StreamEnabled": True}
    stack.dynamodb.update_table(TableName=TABLE, StreamSpecification=stream)
    urls = {f"{name}Url": sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
    outputs = {"InboxBucket": INBOX, "MetadataTable": TABLE, "SummarizeStudyFunction": "summarize-study"} | urls
    return Account(outputs, Functions(), stack.s3, sqs, stack.dynamodb, capsys)
