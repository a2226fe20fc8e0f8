"""Who may call: by the policies of the account, where the service runs beside the stack's emulator.

Elsewhere nobody knows a caller's policies, and whoever signs may do everything.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import urllib3

from local.healthimaging.datastores import arn_of
from local.healthimaging.faults import Fault, denied
from local.healthimaging.protocol import Parameters
from local.healthimaging.roles import SERVICE

PERMISSION = "/_local/permission"
SECONDS_OF_VALIDITY = 3
MOST_KNOWN = 10_000
OK = 200

Asked = tuple[str, str, str]
"""The access key, the action and the resource."""


class Callers:
    """Answers of the emulator, kept for a moment."""

    def __init__(self, endpoint_url: str | None) -> None:
        """Ask there; where it is None, let everybody pass."""
        self._url = endpoint_url
        self._pool = urllib3.PoolManager(maxsize=8, timeout=urllib3.Timeout(5), retries=False)
        self._known: dict[Asked, tuple[float, Fault | None]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of connections."""
        self._pool.clear()

    def check(self, key: str, operation: str, parameters: Parameters) -> None:
        """Refuse a caller whose policies do not allow the operation.

        Raises:
            Fault: AccessDeniedException, or UnrecognizedClientException for a key that the account has not.

        """
        if self._url is None:
            return
        for resource in resources_of(parameters):
            self._check((key, f"medical-imaging:{operation}", resource))
        if operation == "StartDICOMImportJob":
            self._check((key, "iam:PassRole", parameters["dataAccessRoleArn"]))

    def _check(self, asked: Asked) -> None:
        now = time.monotonic()
        with self._lock:
            known = self._known.get(asked)
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
        if known is None or known[0] < now:
            known = (now + SECONDS_OF_VALIDITY, self._asked(asked))
            with self._lock:
                self._known[asked] = known
        if known[1] is not None:
            raise known[1]

    def _asked(self, asked: Asked) -> Fault | None:
        key, action, resource = asked
        fields = {"key": key, "action": action, "resource": resource, "iam:passedtoservice": SERVICE}
        try:
            answer = self._pool.request("GET", f"{self._url}{PERMISSION}", fields=fields)
        except urllib3.exceptions.HTTPError:
            return None  # the emulator ends, or is none
        if answer.status != OK:
            return None
        told: dict[str, Any] = json.loads(answer.data)
        if told["decision"] == "Allow":
            return None
        if told["decision"] == "Unknown":
            message = "The security token included in the request is invalid."
            return Fault("UnrecognizedClientException", 403, message)
        return denied(f"User: {told['principal']} is not authorized to perform: {action} on resource: {resource}")


def resources_of(parameters: Parameters) -> list[str]:
    """Return the ARNs that a policy has to name for a request; an operation on none is on everything."""
    datastore = parameters.get("datastoreId")
    if datastore is None:
        return [parameters.get("resourceArn", "*")]
    sets = [parameters.get(name) for name in ("imageSetId", "sourceImageSetId")]
    sets.append(parameters.get("copyImageSetInformation", {}).get("destinationImageSet", {}).get("imageSetId"))
    return [arn_of(datastore, image_set) for image_set in sets if image_set] or [arn_of(datastore)]
