"""index_object: whatever shape an event has, the tables tell afterwards what the bucket holds."""

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file

from serverless_dicom.errors import TransientError
from serverless_dicom.runtime import clients
from tests.bucket import Bucket, Change, batch
from tests.datasets import SECRETS, as_file, make_dataset
from tests.functions.conftest import Function, refused
from tests.stack import INBOX, Stack, header_of

CT = as_file(make_dataset())
OTHER = as_file(make_dataset(SOPInstanceUID="1.2.3.301"))
NOT_DICOM = b"<html>" * 100
KEYS = [
    *("plain.dcm", "with space.dcm", "a+b.dcm", "100%.dcm", "%2B%20.dcm"),
    *("ключ/鍵/ü.dcm", "a=b&c?d#e", "x//y/.dcm", "k" * 1024),
]
SHAPES: dict[str, Callable[[Change], Any]] = {
    "EventBridge": lambda change: change.event_bridge(),
    "S3": lambda change: change.notification(),
    "EventBridge in a queue": lambda change: batch(change.event_bridge()),
    "S3 in a queue": lambda change: batch(change.notification()),
}


@pytest.fixture
def index_object(start: Callable[[str], Function]) -> Function:
    return start("index_object")


@pytest.mark.parametrize("shape", SHAPES)
def test_given_an_object_when_it_is_created_and_deleted_then_its_row_comes_and_goes(
    index_object: Function, stack: Stack, inbox: Bucket, shape: str
) -> None:
    answer = index_object(SHAPES[shape](inbox.put("key", CT)))

    expected = (
        {"batchItemFailures": []}
        if "queue" in shape
        else {"statusCode": 200, "body": "Successfully processed file key"}
    )
    assert answer == expected
    assert [row["PatientID"] for row in stack.objects()] == ["PAT-4711"]

    index_object(SHAPES[shape](inbox.delete("key")))
    assert stack.rows() == []


@pytest.mark.parametrize("shape", SHAPES)
def test_given_any_key_when_its_event_comes_then_that_object_is_read(
    index_object: Function, stack: Stack, inbox: Bucket, shape: str
) -> None:
    for key in KEYS:
        index_object(SHAPES[shape](inbox.put(key, CT)))

    assert {row["Key"]: row["S3Uri"] for row in stack.objects()} == {key: f"s3://{INBOX}/{key}" for key in KEYS}


def test_given_the_longest_key_when_its_object_is_rejected_then_that_is_recorded(
    index_object: Function, stack: Stack, inbox: Bucket
) -> None:
    change = inbox.put("k" * 1024, NOT_DICOM)

    assert index_object(change.event_bridge())["statusCode"] == 422
    assert [entry["State"] for entry in stack.ledger().values()] == ["rejected"]


def test_given_one_event_of_several_objects_when_invoked_then_each_has_its_outcome(
    index_object: Function, stack: Stack, inbox: Bucket
) -> None:
    records = [inbox.put("good", CT).record(), inbox.put("bad", NOT_DICOM).record(), inbox.put("other", OTHER).record()]

    answer = index_object({"Records": records})

    assert answer["statusCode"] == 207
    assert [outcome["statusCode"] for outcome in answer["body"]] == [200, 422, 200]
    assert "not_dicom" in answer["body"][1]["body"]
    assert len(stack.objects()) == 2


def test_given_a_batch_with_a_message_of_several_records_when_one_is_bad_then_none_is_delivered_again(
    index_object: Function, stack: Stack, inbox: Bucket
) -> None:
    both = {"Records": [inbox.put("bad", NOT_DICOM).record(), inbox.put("good", CT).record()]}

    answer = index_object(batch(both, inbox.put("empty", b"").event_bridge()))

    assert answer == {"batchItemFailures": []}
    assert [row["Key"] for row in stack.objects()] == ["good"]
    assert {uri.rpartition("/")[2]: entry.get("ReasonCode") for uri, entry in stack.ledger().items()} == {
        "bad": "not_dicom",
        "good": None,
        "empty": "empty_object",
    }


def test_given_a_batch_when_s3_refuses_one_object_then_only_its_message_is_delivered_again(
    index_object: Function, stack: Stack, inbox: Bucket
) -> None:
    changes = [inbox.put(key, as_file(make_dataset(SOPInstanceUID=f"1.2.{key}"))) for key in ("1", "22", "3")]
    messages = [{"Records": [changes[1].record(), changes[0].record()]}, changes[2].event_bridge()]

    with refused(clients.s3(), "s3.GetObject", f"{INBOX}/22", f"{INBOX}.s3.amazonaws.com/22"):
        answer = index_object(batch(*messages))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert {row["Key"] for row in stack.objects()} == {"1", "3"}
    assert index_object(batch(messages[0])) == {"batchItemFailures": []}
    assert {row["Key"] for row in stack.objects()} == {"1", "22", "3"}


def test_given_a_batch_when_dynamodb_refuses_everything_then_every_message_is_delivered_again(
    index_object: Function, stack: Stack, inbox: Bucket
) -> None:
    messages = batch(inbox.put("1", CT).event_bridge(), inbox.put("2", NOT_DICOM).event_bridge())

    with refused(clients.dynamodb(), "dynamodb.TransactWriteItems"):
        answer = index_object(messages)

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["message-0", "message-1"]
    assert stack.tables() == ([], {})


def test_given_a_direct_call_when_s3_refuses_then_it_fails_rather_than_answers(
    index_object: Function, inbox: Bucket
) -> None:
    event = inbox.put("key", CT).event_bridge()

    with refused(clients.s3(), "s3.GetObject"), pytest.raises(TransientError, match="AccessDenied"):
        index_object(event)


@pytest.mark.parametrize("shape", SHAPES)
def test_given_the_events_of_a_history_when_they_come_in_any_order_then_the_tables_are_the_same(
    index_object: Function, stack: Stack, inbox: Bucket, shape: str
) -> None:
    first = inbox.put("key", CT)
    changes = [first, inbox.put("key", OTHER), inbox.delete_version("key", first.version_id)]
    for change in changes:
        index_object(SHAPES[shape](change))
    expected = stack.tables()

    for order in permutations(changes):
        stack.forget()
        for change in order:
            index_object(SHAPES[shape](change))
        assert stack.tables() == expected
    assert {row["Key"]: row["SOPInstanceUID"] for row in expected[0]} == {"key": "1.2.3.301"}


def test_given_a_whole_history_in_one_batch_backwards_then_the_tables_are_right(
    index_object: Function, stack: Stack, inbox: Bucket
) -> None:
    changes = [inbox.put("key", CT), inbox.delete("key"), inbox.put("key", OTHER), inbox.put("key", NOT_DICOM)]

    index_object(batch(*(change.event_bridge() for change in reversed(changes))))

    assert stack.rows() == []
    assert stack.ledger()[f"s3://{INBOX}/key"]["ReasonCode"] == "not_dicom"


def test_given_the_test_event_of_a_bucket_and_changes_of_tags_then_nothing_happens(
    index_object: Function, stack: Stack, inbox: Bucket
) -> None:
    tagged = inbox.put("key", CT).notification()
    tagged["Records"][0]["eventName"] = "ObjectTagging:Put"
    restored = inbox.changes[0].event_bridge() | {"detail-type": "Object Restore Completed"}

    answer = index_object(batch({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": INBOX}, tagged, restored))

    assert answer == {"batchItemFailures": []}
    assert stack.tables() == ([], {})


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", "null", '{"Records": [1]}', '{"detail": {}}', '"text"'])
def test_given_a_message_that_nobody_understands_then_it_is_left_for_the_dead_letter_queue(
    index_object: Function, inbox: Bucket, stack: Stack, body: str
) -> None:
    answer = index_object(batch(body, inbox.put("key", CT).event_bridge()))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert len(stack.objects()) == 1


@pytest.mark.parametrize(
    "event", [{}, [], None, "text", 5, {"Records": "x"}, {"Records": [{}]}, {"detail": {}, "source": "aws.s3"}]
)
def test_given_a_call_that_nobody_understands_then_it_is_told_what_was_expected(
    index_object: Function, event: Any
) -> None:
    answer = index_object(event)

    assert answer["statusCode"] == 400
    assert "expected an S3 notification" in answer["body"]


def test_given_an_object_that_is_not_there_when_called_then_it_is_told(
    index_object: Function, event: Callable[[str], Any]
) -> None:
    assert index_object(event("index_object"))["statusCode"] == 404


@pytest.fixture
def demo_object(inbox: Bucket) -> None:
    """The object that the sample events tell of."""
    path = get_testdata_file("CT_small.dcm", download=False)
    assert isinstance(path, str)
    inbox.put("demo/CT_small.dcm", Path(path).read_bytes())


@pytest.mark.usefixtures("demo_object")
@pytest.mark.parametrize("name", ["index_object", "index_object_eventbridge", "index_object_sqs"])
def test_given_the_sample_events_when_the_demo_object_is_there_then_it_is_indexed(
    index_object: Function, stack: Stack, event: Callable[[str], Any], name: str
) -> None:
    answer = index_object(event(name))

    assert answer in (
        {"batchItemFailures": []},
        {"statusCode": 200, "body": "Successfully processed file demo/CT_small.dcm"},
    )
    [row] = stack.objects()
    assert (row["PatientName"], row["StudyDate"]) == ("CompressedSamples^CT1", "20040119")
    assert header_of(row)["00100010"]["Value"] == [{"Alphabetic": "CompressedSamples^CT1"}]

    assert index_object(event("index_object_deleted"))["statusCode"] == 200
    assert stack.rows() == []


def test_nothing_of_a_patient_is_told_to_logs_metrics_or_callers(
    index_object: Function, stack: Stack, inbox: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = make_dataset(PatientWeight="70", InstanceNumber=None)
    damaged = as_file(odd).replace(b"70", b"xx")
    bodies = [
        CT,
        damaged,
        CT[:-40],
        CT[:500],
        CT.replace(b"ISO_IR 192", b"ISO_IR 999"),
        CT.replace(b"1.2.3.100", b"PAT-4711 "),
    ]
    changes = [inbox.put(str(index), body) for index, body in enumerate(bodies)]

    answers = [index_object(change.event_bridge()) for change in changes]
    answers.append(index_object(batch(*(change.notification() for change in changes))))
    with refused(clients.dynamodb(), "dynamodb.TransactWriteItems"):
        answers.append(index_object(batch(inbox.put("key", CT).event_bridge())))

    told = "".join(capfd.readouterr()) + json.dumps(answers)
    told += str([entry.get("Reason") for entry in stack.ledger().values()])
    assert "ObjectsIndexed" in told  # the metrics were told
    assert "truncated_header" in told
    assert [secret for secret in SECRETS if secret in told] == []
