"""The stack's tables, as the demo watches them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.conditions import Key
from mypy_boto3_dynamodb.service_resource import Table

from local.errors import LocalError
from local.outputs import DIRECT, session
from local.stack import Stack

Row = dict[str, Any]

SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True, slots=True)
class Tables:
    """The two tables of a stack."""

    metadata: Table
    objects: Table

    @classmethod
    def of(cls, stack: Stack) -> Tables:
        """Return the tables of a stack that runs."""
        service = session().resource("dynamodb", endpoint_url=stack.outputs["endpointUrl"], config=DIRECT)
        return cls(service.Table(stack.outputs["MetadataTable"]), service.Table(stack.outputs["ObjectsTable"]))

    def state(self, uri: str) -> Row:
        """Return what is known of an S3 object: State, ReasonCode and Reason of a rejected one; {} of a new one."""
        return self.objects.get_item(Key={"S3Uri": uri}, ConsistentRead=True).get("Item", {})

    def object(self, uri: str, study_instance_uid: str) -> Row:
        """Return the row of an S3 object, {} if there is none."""
        return next((row for row in self._study(study_instance_uid) if row.get("S3Uri") == uri), {})

    def summary(self, study_instance_uid: str) -> Row:
        """Return the row of a study, {} if there is none."""
        return next((row for row in self._study(study_instance_uid) if row["SortKey"] == "STUDY"), {})

    def _study(self, study_instance_uid: str) -> list[Row]:
        """Return all rows of a study: its own, those of its series and of its objects."""
        condition = Key("StudyInstanceUID").eq(study_instance_uid)
        return self.metadata.query(KeyConditionExpression=condition, ConsistentRead=True)["Items"]


def watch(what: str, looks: Mapping[str, Callable[[], bool]], seconds: float) -> dict[str, float]:
    """Look at several things in turn until each has come true; return when each was first seen so, by time.monotonic.

    Raises:
        LocalError: some had not come true in that many seconds.

    """
    deadline = time.monotonic() + seconds
    seen: dict[str, float] = {}
    while len(seen) < len(looks):
        for name, look in looks.items():
            if name not in seen and look():
                seen[name] = time.monotonic()
        if time.monotonic() > deadline:
            missing = ", ".join(name for name in looks if name not in seen)
            raise LocalError(f"waited {seconds:.0f} s in vain for {what}: {missing}; CloudWatch Logs may tell why")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return seen
