"""What every function behind the API does with a call, whatever it is about: answers, counts and logs it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from aws_lambda_powertools.metrics import MetricUnit

from serverless_dicom.runtime.faults import told_unexpected
from serverless_dicom.runtime.http import Request, Responder

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from serverless_dicom.runtime.http import Answer


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Answers calls; pages of `allowed_origin` may read the answers, and call with `method`."""

    logger: Logger
    metrics: Metrics
    allowed_origin: str
    method: Literal["GET", "POST"] = "POST"

    def answer(self, event: Any, context: LambdaContext, act: Callable[[Responder], Answer]) -> Answer:
        """What `act` answers, or its error; a browser's OPTIONS is answered without it."""
        began = time.monotonic()
        responder = Responder(Request.of(event, context.aws_request_id), self.allowed_origin, self.method)
        act_of = responder.preflight if responder.request.method == "OPTIONS" else partial(act, responder)
        answer, code = responder.answered(act_of, partial(told_unexpected, self.logger))
        self.metrics.add_metric("Answers" if code == "ok" else "Failures", MetricUnit.Count, 1)
        self.logger.info("answered", code=code, milliseconds=round((time.monotonic() - began) * 1000))
        return answer
