"""Index the headers of objects that were created, and forget those that were deleted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from serverless_dicom.errors import InvalidEvent, TransientError, http_status
from serverless_dicom.runtime.clients import dynamodb, s3
from serverless_dicom.runtime.events import is_batch, object_changes, queued_changes
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.imports import without
from serverless_dicom.runtime.settings import IndexObjectSettings
from serverless_dicom.stores.ledger import Ledger

with without("numpy", "PIL"):  # pydicom takes them for pixels, which are not read: a fifth of the cold start
    from serverless_dicom.stores.indexing import Indexer, Outcome

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.change import ObjectChange

settings = IndexObjectSettings.of(os.environ)
indexer = Indexer(s3(), Ledger(dynamodb(), settings.objects_table, settings.metadata_table), settings.header_bucket)
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Any, context: LambdaContext) -> Any:
    """Apply the changes of a queue's batch, of an S3 notification or of an EventBridge event.

    A batch is answered with the messages to deliver again; any other event with an HTTP-like outcome, or several.
    """
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    if is_batch(event):
        return process_partial_response(event, _apply_message, processor, context)
    try:
        answers = [_answer(outcome) for outcome in _apply(object_changes(event))]
    except InvalidEvent as error:
        return {"statusCode": http_status(error), "body": str(error)}
    return answers[0] if len(answers) == 1 else {"statusCode": 207, "body": answers}


def _apply_message(record: dict[str, Any]) -> None:
    with told_without_values(logger):
        changes = queued_changes(record["body"])
    _apply(changes)


def _apply(changes: list[ObjectChange]) -> list[Outcome]:
    """Apply all changes, even if one must be tried again; then raise what that one raised."""
    outcomes, failure = [], None
    for change in changes:
        try:
            with told_without_values(logger):
                outcome = indexer.apply(change)
        except TransientError as error:
            failure = error
            continue
        metrics.add_metric(f"Objects{outcome.result.title()}", MetricUnit.Count, 1)
        logger.info("object applied", uri=outcome.uri, result=outcome.result, code=getattr(outcome.error, "code", None))
        outcomes.append(outcome)
    if failure:
        raise failure
    return outcomes


def _answer(outcome: Outcome) -> dict[str, Any]:
    key = outcome.uri.removeprefix("s3://").partition("/")[2]
    if outcome.error is None:
        return {"statusCode": 200, "body": f"Successfully processed file {key}"}
    body = f"Did not index file {key}: {outcome.error} ({outcome.error.code})"
    return {"statusCode": http_status(outcome.error), "body": body}
