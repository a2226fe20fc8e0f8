"""`serverless-dicom redrive` and `summarize`: what failed is tried again, and nothing is lost."""

import json
from itertools import chain
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.unit.cli.account import TABLE, Account, InMemory

EVENTS = [json.dumps({"event": number}) for number in range(25)]


def failure(account: Account, first: str, last: str) -> str:
    """The record that Lambda leaves of a part of the table's stream."""
    streams = InMemory(account.outputs, account.functions).streams
    arn = account.dynamodb.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    info = {
        "streamArn": arn,
        "shardId": shards[0]["ShardId"],
        "startSequenceNumber": first,
        "endSequenceNumber": last,
    }
    return json.dumps({"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": info})


def sequence_numbers(account: Account) -> list[str]:
    """The numbers of all records of the table's stream."""
    streams = InMemory(account.outputs, account.functions).streams
    arn = account.dynamodb.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return [record["dynamodb"]["SequenceNumber"] for record in records]


def test_objects_and_events_go_to_the_index_queue_again(account: Account) -> None:
    account.send("IndexDeadLetterQueue", *EVENTS[:22])
    account.send("RuleDeadLetterQueue", *EVENTS[22:])
    ran = account.run("redrive")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "22 objects to index put back",
        "3 events to index put back",
        "0 studies summarized",
    ]
    assert account.bodies("IndexQueue") == sorted(EVENTS)
    assert account.bodies("IndexDeadLetterQueue") == account.bodies("RuleDeadLetterQueue") == []


def test_only_what_is_named_is_put_back(account: Account) -> None:
    account.send("IndexDeadLetterQueue", EVENTS[0])
    account.send("RuleDeadLetterQueue", EVENTS[1])
    account.run("redrive", "--rules")
    assert account.bodies("IndexQueue") == [EVENTS[1]]
    assert account.bodies("IndexDeadLetterQueue") == [EVENTS[0]]


class Refuses:
    """An SQS that takes no messages."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: ARG002, N803 - SQS's names
        return {"Failed": [{"Id": entry["Id"], "Code": "Denied", "SenderFault": True} for entry in Entries]}

    def receive_message(self, **request: Any) -> Any:
        return self.client.receive_message(**request)

    def delete_message_batch(self, **request: Any) -> Any:
        return self.client.delete_message_batch(**request)

    def change_message_visibility_batch(self, **request: Any) -> Any:
        return self.client.change_message_visibility_batch(**request)


def test_what_cannot_be_sent_stays_where_it_was(account: Account) -> None:
    account.send("IndexDeadLetterQueue", *EVENTS[:12])
    aws = InMemory(account.outputs, account.functions)
    aws.sqs = Refuses(account.sqs)  # type: ignore[assignment]
    ran = account.run("redrive", "--index", aws=aws)
    assert ran.status == 1
    assert "Denied" in ran.err
    assert account.bodies("IndexDeadLetterQueue") == sorted(EVENTS[:12])


class Fails(Refuses):
    """An SQS whose index queue hands every message back to the dead letters, under its own id, three times."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.again, self.times = list[Any](), 3

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - SQS's names
        answer = self.client.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)
        ids = {entry["Id"]: entry["MessageId"] for entry in answer["Successful"]}
        self.again += [{"MessageId": ids[entry["Id"]], "Body": entry["MessageBody"]} for entry in Entries]
        return answer

    def receive_message(self, **request: Any) -> Any:
        found = super().receive_message(**request)
        if "Messages" not in found and self.again and self.times:
            self.times -= 1
            return {"Messages": [message | {"ReceiptHandle": "gone"} for message in self.again]}
        return found

    def change_message_visibility_batch(self, **request: Any) -> Any:
        self.released = len(request["Entries"])


def test_a_message_that_fails_again_at_once_ends_the_run(account: Account) -> None:
    account.send("IndexDeadLetterQueue", *EVENTS[:3])
    aws = InMemory(account.outputs, account.functions)
    aws.sqs = Fails(account.sqs)  # type: ignore[assignment]
    ran = account.run("redrive", "--index", aws=aws)
    assert (ran.status, ran.out) == (0, "3 objects to index put back\n")
    assert (aws.sqs.released, aws.sqs.times) == (3, 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("last", "studies"), [(3, ["1.2"]), (4, ["1.2", "1.3"]), (5, ["1.2", "1.3"])])
def test_studies_whose_summary_failed_are_summarized_again(account: Account, last: int, studies: list[str]) -> None:
    account.put_objects_of("1.1", "1.2", "1.3")
    numbers = sequence_numbers(account)
    account.send("SummaryDeadLetterQueue", failure(account, numbers[2], numbers[last]))
    ran = account.run("redrive", "--summaries")
    assert (ran.status, ran.out) == (0, f"{len(studies)} studies summarized\n")
    assert account.functions.asked == [studies]
    assert account.bodies("SummaryDeadLetterQueue") == []


class Forgetful:
    """Streams of DynamoDB that hold no record any more."""

    def get_shard_iterator(self, **request: Any) -> Any:
        if len(request["SequenceNumber"]) < 21:
            raise ParamValidationError(report="Invalid length for parameter SequenceNumber")
        error = {"Error": {"Code": "TrimmedDataAccessException", "Message": "past the trim horizon"}}
        raise ClientError(error, "GetShardIterator")  # type: ignore[arg-type]


def test_where_the_stream_has_forgotten_all_studies_are_summarized_once(account: Account) -> None:
    account.put_objects_of("1.1", "1.2", "1.3")
    numbers = sequence_numbers(account)
    gone = failure(account, numbers[0], numbers[1])
    account.send("SummaryDeadLetterQueue", gone, gone, failure(account, "1", "2"), "not even JSON", "{}")
    aws = InMemory(account.outputs, account.functions)
    aws.streams = Forgetful()  # type: ignore[assignment]
    ran = account.run("redrive", "--summaries", aws=aws)
    assert ran.status == 0
    assert [sorted(studies) for studies in account.functions.asked] == [["1.1", "1.2", "1.3"]]
    assert "all studies of the table" in ran.err
    assert account.bodies("SummaryDeadLetterQueue") == []


def test_a_study_that_fails_again_keeps_its_message_and_not_the_others(account: Account) -> None:
    account.put_objects_of("1.1", "1.2", "1.3")
    numbers = sequence_numbers(account)
    account.send("SummaryDeadLetterQueue", failure(account, numbers[0], numbers[5]))
    account.functions.broken.add("1.2")
    ran = account.run("redrive", "--summaries")
    assert (ran.status, ran.out) == (1, "2 studies summarized, 1 failed\n")
    assert "not summarized, see the function's log: 1.2" in ran.err
    assert account.functions.asked == [["1.1"], ["1.3"]]
    assert len(account.bodies("SummaryDeadLetterQueue")) == 1


def test_summarize_takes_studies_or_all(account: Account) -> None:
    account.put_objects_of(*(f"1.{number}" for number in range(25)))
    assert account.run("summarize", "9.1", "9.2").status == 0
    assert account.functions.asked == [["9.1", "9.2"]]
    ran = account.run("summarize", "--all")
    assert ran.out == "25 studies summarized\n"
    assert sorted(chain.from_iterable(account.functions.asked[1:])) == sorted(f"1.{number}" for number in range(25))


def test_summarize_has_to_be_told_what(account: Account) -> None:
    for arguments in ([], ["1.2", "--all"]):
        ran = account.run("summarize", *arguments)
        assert ran.status == 2
        assert "or all of them with --all" in ran.err


def test_objects_that_no_import_could_be_started_for_wait_again(account: Account) -> None:
    queues = ("ArchiveQueue", "ArchiveDeadLetterQueue", "ArchiveRuleDeadLetterQueue")
    account.outputs.update({f"{name}Url": account.sqs.create_queue(QueueName=name)["QueueUrl"] for name in queues})
    account.send("ArchiveDeadLetterQueue", EVENTS[0])
    account.send("ArchiveRuleDeadLetterQueue", EVENTS[1])
    account.send("IndexDeadLetterQueue", EVENTS[2])
    ran = account.run("redrive", "--imports")
    assert ran.out.splitlines() == ["1 objects to import put back"] * 2
    assert account.bodies("ArchiveQueue") == EVENTS[:2]
    assert account.run("redrive").out.splitlines()[-1] == "0 objects to import put back"
    assert account.bodies("IndexQueue") == [EVENTS[2]]
