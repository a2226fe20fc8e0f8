"""Keep the series and study rows true to the object rows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.errors import InvalidEvent, TransientError, http_status
from serverless_dicom.runtime.clients import dynamodb
from serverless_dicom.runtime.events import changed_studies
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.settings import SummarizeStudySettings
from serverless_dicom.stores.rows import OBJECT_PREFIX
from serverless_dicom.stores.studies import Studies

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = SummarizeStudySettings.of(os.environ)
studies = Studies(dynamodb(), settings.metadata_table)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Summarize each study that the records of the table's stream, or `{"StudyInstanceUIDs": […]}`, name.

    Of the stream's batch, the answer names the first record of a study that must be tried again: Lambda delivers that
    one and all after it once more.
    """
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    try:
        changed = changed_studies(event, OBJECT_PREFIX)
    except InvalidEvent as error:
        return {"statusCode": http_status(error), "body": str(error)}
    failed = [record for study, record in changed.items() if not _summarize(study)]
    if "Records" in event:
        return {"batchItemFailures": [{"itemIdentifier": record} for record in failed]}
    if failed:
        raise TransientError(f"{len(failed)} of {len(changed)} studies could not be summarized just now")
    return {"statusCode": 200, "body": f"Summarized {len(changed)} studies"}


def _summarize(study: str) -> bool:
    try:
        with told_without_values(logger):
            studies.refresh(study)
    except TransientError:
        return False
    metrics.add_metric("StudiesSummarized", MetricUnit.Count, 1)
    return True
