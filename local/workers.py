"""The functions' workers on this machine: how many there may be, and that some are there before the first object."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from local.emulator import Emulator
from local.environment import endpoint
from local.outputs import DIRECT, session

AT_ONCE = 2
"""The fewest that AWS allows a queue: the emulator unpacks the whole layer for each worker."""

OF_QUEUES = ("IndexObject", "AnalyzeImage")
OTHERS = ("SummarizeStudy", "Convert", "RequestUpload", "GetResult", "SearchStudies")

ALIAS = "live"
"""What events call: the template's AutoPublishAlias."""

NOTHING = b"{}"
"""An event that tells of nothing: a function says so, and has started."""


def prepare(emulator: Emulator, outputs: dict[str, str]) -> None:
    """Hold the queues to AT_ONCE workers, and start what SnapStart would have ready on AWS."""
    client = session().client("lambda", endpoint_url=endpoint(emulator.port), config=DIRECT)
    of_queues, others = ([outputs[f"{name}Function"] for name in names] for names in (OF_QUEUES, OTHERS))
    for function in of_queues:
        for mapping in client.list_event_source_mappings(FunctionName=f"{function}:{ALIAS}")["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": AT_ONCE})
    for function in (*of_queues, *others):
        waiter = client.get_waiter("published_version_active")
        waiter.wait(FunctionName=function, Qualifier=ALIAS, WaiterConfig={"Delay": 1, "MaxAttempts": 300})

    def start(function: str) -> None:
        client.invoke(FunctionName=function, Qualifier=ALIAS, Payload=NOTHING)

    with ThreadPoolExecutor() as threads:
        list(threads.map(start, [*of_queues * AT_ONCE, *others]))
