"""Messages into and out of queues, in the batches of 10 that SQS takes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

Item = TypeVar("Item")

BATCH = 10
ATTEMPTS = 5
FIRST_WAIT = 0.2
"""Seconds, doubled each time."""
SECONDS_TO_HANDLE = 900
"""How long a message that was received stays hidden from others."""


@dataclass(slots=True)
class Sent:
    """What became of a batch, by the position of each message: its new id, or the code of its failure."""

    ids: dict[int, str] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)


def send(client: SQSClient, queue_url: str, bodies: Sequence[str], first_wait: float = FIRST_WAIT) -> Sent:
    """Send up to 10 messages; those that SQS refuses for its own reasons are sent again, ever more slowly."""
    sent, left = Sent(), list(range(len(bodies)))
    for attempt in range(ATTEMPTS if bodies else 0):
        if attempt:
            time.sleep(first_wait * 2**attempt)
        answer = client.send_message_batch(
            QueueUrl=queue_url, Entries=[{"Id": str(index), "MessageBody": bodies[index]} for index in left]
        )
        sent.ids |= {int(done["Id"]): done["MessageId"] for done in answer.get("Successful", [])}
        refused = answer.get("Failed", [])
        sent.failures = {int(entry["Id"]): entry["Code"] for entry in refused} | {
            index: code for index, code in sent.failures.items() if index not in sent.ids
        }
        left = [int(entry["Id"]) for entry in refused if not entry["SenderFault"]]
        if not left:
            break
    return sent


def received(client: SQSClient, queue_url: str) -> Iterator[list[MessageTypeDef]]:
    """Yield messages of a queue, up to 10 at a time, until it is empty; whoever is done with one deletes it."""
    while messages := client.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1, VisibilityTimeout=SECONDS_TO_HANDLE
    ).get("Messages"):
        yield messages


def delete(client: SQSClient, queue_url: str, messages: Iterable[MessageTypeDef]) -> None:
    """Delete messages; one that SQS does not delete just now comes again, which does no harm."""
    for batch in batches(messages):
        entries = [{"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]} for at, message in enumerate(batch)]
        client.delete_message_batch(QueueUrl=queue_url, Entries=cast("Any", entries))


def release(client: SQSClient, queue_url: str, messages: Iterable[MessageTypeDef]) -> None:
    """Let others, or the next run, have messages that are not done with."""
    for batch in batches(messages):
        entries = [
            {"Id": str(at), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for at, message in enumerate(batch)
        ]
        client.change_message_visibility_batch(QueueUrl=queue_url, Entries=cast("Any", entries))


def put_back(client: SQSClient, dead_letters: str, queue_url: str) -> Iterator[tuple[int, dict[int, str]]]:
    """Move messages to another queue; yields, a batch, how many went and the failures.

    A message is deleted only after it was sent: a crash in between doubles it and loses nothing. Ends when the queue
    is empty, when messages cannot be sent, or when one that was put back has already failed again.
    """
    put: set[str] = set()
    for messages in received(client, dead_letters):
        back = [message for message in messages if message["MessageId"] in put]
        others = [message for message in messages if message["MessageId"] not in put]
        sent = send(client, queue_url, [message["Body"] for message in others])
        delete(client, dead_letters, [others[index] for index in sent.ids])
        release(client, dead_letters, [*back, *(others[index] for index in sent.failures)])
        yield len(sent.ids), sent.failures
        if sent.failures or back:
            return
        put |= set(sent.ids.values())


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield items ten by ten."""
    waiting = iter(items)
    while batch := list(islice(waiting, BATCH)):
        yield batch
