"""The data store that the stack archives in: the local HealthImaging has made it, and keeps it."""

from __future__ import annotations

from typing import Any

from botocore.config import Config

from local.deploy import STACK
from local.emulator import Emulator
from local.environment import endpoint, healthimaging_port
from local.errors import LocalError
from local.outputs import DIRECT, session

IN_PLACE = Config(inject_host_prefix=False)


def datastore(emulator: Emulator) -> str:
    """Return the id of the data store that is named after the stack.

    Raises:
        LocalError: there is none.

    """
    client: Any = session().client  # no stubs of this service are among what the tests need
    imaging = client(
        "medical-imaging", endpoint_url=endpoint(healthimaging_port(emulator.port)), config=DIRECT.merge(IN_PLACE)
    )
    for page in imaging.get_paginator("list_datastores").paginate(datastoreStatus="ACTIVE"):
        for found in page["datastoreSummaries"]:
            if found["datastoreName"] == STACK:
                return str(found["datastoreId"])
    raise LocalError(f"the local HealthImaging has no data store named {STACK}")
