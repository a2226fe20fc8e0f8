"""Import new objects of the inbox, many at once."""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.places import Place
from serverless_dicom.archive.planning import LIST
from serverless_dicom.archive.workflow import Workflow
from serverless_dicom.errors import InvalidEvent, http_status
from serverless_dicom.runtime.clients import dynamodb, s3, step_functions
from serverless_dicom.runtime.events import is_batch, object_changes, queued_changes
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.http import DIRECT
from serverless_dicom.runtime.settings import BatchImportsSettings
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.change import ObjectChange

settings = BatchImportsSettings.of(os.environ)
jobs = ImportJobs(dynamodb(), settings.imports_table)
workflow = Workflow(step_functions(), settings.workflow_arn)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, _context: LambdaContext) -> Any:
    """Start one import, a bucket, of all objects that a queue's batch, or one event of S3, tells of.

    A message that tells of nothing is set aside; all of them come again where an import cannot be started.
    """
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    if not is_batch(event):
        try:
            return {"statusCode": 202, "body": _started(object_changes(event), str(uuid.uuid4()))}
        except InvalidEvent as error:
            return {"statusCode": http_status(error), "body": str(error)}
    changes, failures = [], []
    for record in event["Records"]:
        try:
            changes += queued_changes(record["body"])
        except InvalidEvent as error:
            logger.warning(str(error), code=error.code)
            failures.append({"itemIdentifier": record["messageId"]})
    _started(changes, " ".join(sorted(record["messageId"] for record in event["Records"])))
    return {"batchItemFailures": failures}


def _started(changes: list[ObjectChange], messages: str) -> list[str]:
    """The ids of the imports that were started; the same messages again are the same import."""
    keys: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for change in changes:
        if change.kind == "created":
            keys[change.bucket][change.key] = None
    ids = []
    with told_without_values(logger):
        for bucket, found in keys.items():
            job_id, place = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{bucket} {messages}")), Place(bucket)
            documents = Documents.of_import(s3(), settings.results_bucket, job_id)
            documents.write_lines(LIST, ({"key": key} for key in found))
            jobs.create(DIRECT, place.uri, job_id)
            workflow.start(job_id, place.uri)
            logger.info("started", job=job_id, bucket=bucket, objects=len(found))
            ids.append(job_id)
    return ids
