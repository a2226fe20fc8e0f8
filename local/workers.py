"""How many workers a queue may start at once on this machine."""

from __future__ import annotations

from local.emulator import Emulator
from local.environment import endpoint
from local.outputs import DIRECT, session

AT_ONCE = 2
"""The fewest that AWS allows: the emulator unpacks the whole layer for each worker."""


def restrict(emulator: Emulator, function: str) -> None:
    """Hold the queues that feed a function to that many workers; the template's own number is made for AWS."""
    client = session().client("lambda", endpoint_url=endpoint(emulator.port), config=DIRECT)
    for mapping in client.list_event_source_mappings(FunctionName=f"{function}:live")["EventSourceMappings"]:
        client.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": AT_ONCE})
