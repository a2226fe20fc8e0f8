"""Messages that come again: when, how often, and what is told at the last time."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger

from serverless_dicom.errors import AnalysisFailed, EmptyObject, TransientError
from serverless_dicom.runtime.redelivery import MAX_RECEIVES, Delivery, delivered
from tests.stack import REGION, Stack

LOGGER = Logger(service="redelivery")


@pytest.fixture
def queue(stack: Stack) -> tuple[Any, str]:  # noqa: ARG001 - wanted for what it does
    """A client of SQS, and the URL of a queue with one message."""
    client = boto3.client("sqs", REGION)
    url = client.create_queue(QueueName="AnalysisQueue", Attributes={"VisibilityTimeout": "360"})["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="{}")
    return client, url


@pytest.fixture
def received(queue: tuple[Any, str]) -> Callable[..., dict[str, Any]]:
    """Receives the message as Lambda tells of it."""

    def receive(number: int = 1) -> dict[str, Any]:
        (message,) = queue[0].receive_message(QueueUrl=queue[1])["Messages"]
        return {
            "receiptHandle": message["ReceiptHandle"],
            "attributes": {"ApproximateReceiveCount": str(number)},
            "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:AnalysisQueue",
        }

    return receive


def asked(client: Any) -> list[dict[str, Any]]:
    """What the queue is asked for from now on."""
    calls: list[dict[str, Any]] = []
    client.meta.events.register(
        "provide-client-params.sqs.ChangeMessageVisibility", lambda params, **_: calls.append(dict(params))
    )
    return calls


@pytest.mark.parametrize(("number", "seconds"), [(1, 20), (2, 40), (4, 80)])
def test_what_fails_for_now_comes_again_sooner(
    queue: tuple[Any, str], received: Callable[..., dict[str, Any]], number: int, seconds: int
) -> None:
    client, url = queue
    record, calls = received(number), asked(client)

    with pytest.raises(TransientError, match="busy"), delivered(client, record, LOGGER):
        raise TransientError("busy")

    assert [(call["QueueUrl"], call["VisibilityTimeout"]) for call in calls] == [(url, seconds)]


def test_the_last_delivery_and_one_that_succeeds_or_fails_for_good_are_left_alone(
    queue: tuple[Any, str], received: Callable[..., dict[str, Any]]
) -> None:
    client, calls, record = queue[0], asked(queue[0]), received(MAX_RECEIVES)

    with pytest.raises(TransientError), delivered(client, record, LOGGER):
        raise TransientError("busy")
    with delivered(client, record, LOGGER) as delivery:
        assert delivery == Delivery(MAX_RECEIVES, is_last=True)
    with pytest.raises(EmptyObject), delivered(client, record, LOGGER):
        raise EmptyObject("no")

    assert calls == []


def test_a_queue_that_refuses_hides_no_error_and_is_told_of(
    queue: tuple[Any, str], received: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    (client, url), record = queue, received()
    client.delete_queue(QueueUrl=url)
    logger = Logger(service="redelivery-refused")

    with pytest.raises(TransientError, match="busy"), delivered(client, record, logger):
        raise TransientError("busy")

    assert "the queue delivers the message no sooner" in capsys.readouterr().out


def test_what_is_told_of_a_failure() -> None:
    assert Delivery().failure(TransientError("x")) is None
    assert Delivery(4).failure(TransientError("x")) is None
    final = Delivery(5, is_last=True).failure(TransientError("x"))
    assert isinstance(final, AnalysisFailed)
    assert str(final) == (
        "the analysis was tried 5 times and failed each time, at last with transient: upload the file anew later"
    )
    refused = EmptyObject("0 bytes")
    assert Delivery().failure(refused) is refused
