"""Let an import go on whose job at HealthImaging has ended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.archive.workflow import Workflow
from serverless_dicom.errors import InvalidEvent
from serverless_dicom.runtime.clients import dynamodb, step_functions
from serverless_dicom.runtime.faults import told_without_values
from serverless_dicom.runtime.settings import ResumeImportSettings
from serverless_dicom.stores.import_jobs import ImportJobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = ResumeImportSettings.of(os.environ)
jobs, workflow = ImportJobs(dynamodb(), settings.imports_table), Workflow(step_functions())
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Take an event of HealthImaging, "Import Job Completed" or "Import Job Failed"; answers whether a task waited."""
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
    with told_without_values(logger):
        detail = event.get("detail") if isinstance(event, dict) else None
        import_id = detail.get("jobId") if isinstance(detail, dict) else None
        if not isinstance(import_id, str) or not import_id.isalnum():
            raise InvalidEvent("the event is none of HealthImaging: detail.jobId is no id")
        token = jobs.note_end(import_id)
        resumed = bool(token) and workflow.resume(str(token))
    logger.info("ended", importJobId=import_id, resumed=resumed)
    return {"resumed": resumed}
