"""A message of a queue that cannot be worked at just now: when it comes again, and whether it does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from serverless_dicom.errors import AnalysisFailed, ServerlessDicomError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools import Logger
    from mypy_boto3_sqs import SQSClient

MAX_RECEIVES = 5
"""Deliveries of a message, by the queue's redrive policy: after the last comes the dead-letter queue."""

SECONDS = 20
"""From the first delivery to the second; it grows with each."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a message, `number` from 1; `is_last` says that no other follows."""

    number: int = 1
    is_last: bool = False

    def failure(self, error: ServerlessDicomError) -> ServerlessDicomError | None:
        """What to tell of a message that an error came of; None where it is to be delivered again."""
        if not isinstance(error, TransientError):
            return error
        if not self.is_last:
            return None
        return AnalysisFailed(
            f"the analysis was tried {self.number} times and failed each time, at last with {error.code}: "
            "upload the file anew later"
        )


@contextmanager
def delivered(client: SQSClient, record: dict[str, Any], logger: Logger) -> Iterator[Delivery]:
    """Work at a message; where a TransientError comes of it, have it delivered again sooner than the queue would.

    A queue's own time is made for a worker that died. Where the queue refuses, the message comes when that is over.
    """
    number = int(record["attributes"]["ApproximateReceiveCount"])
    delivery = Delivery(number, is_last=number >= MAX_RECEIVES)
    try:
        yield delivery
    except TransientError:
        if not delivery.is_last:
            _come_back(client, record, SECONDS * number, logger)
        raise


def _come_back(client: SQSClient, record: dict[str, Any], seconds: int, logger: Logger) -> None:
    account, name = record["eventSourceARN"].split(":")[-2:]
    try:
        client.change_message_visibility(
            QueueUrl=f"{client.meta.endpoint_url.rstrip('/')}/{account}/{name}",
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=seconds,
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("the queue delivers the message no sooner", queue=name, kind=type(error).__name__)
