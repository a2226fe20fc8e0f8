"""What an import job leaves behind: its manifest, and a line of JSON for each file that succeeded, failed or warned."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from local.healthimaging.grouping import Group
from local.healthimaging.instances import Refused
from local.healthimaging.storage import Storage
from local.healthimaging.warnings import Warned

Json = dict[str, Any]

MANIFEST = "job-output-manifest.json"
SUCCESS, FAILURE, WARNING = "SUCCESS/success.ndjson", "FAILURE/failure.ndjson", "WARNING/warning.ndjson"


def report_of(groups: list[Group], refused: dict[str, Refused], scanned: int) -> Json:
    """Return all that there is to write of a job whose instances are in their image sets."""
    successes, warned = [], []
    for group in groups:
        told = {"imageSetId": group.image_set, "imageSetVersion": group.version, "isPrimary": group.is_primary}
        for one in group.members:
            successes.append({"inputFile": one.name, "importResponse": told})
            warnings = list(one.instance.warnings)
            if keywords := group.coerced.get(one.name):
                warnings.append(Warned("COERCION_OF_DATA_ELEMENTS", f"of its image set: {', '.join(keywords)}"))
            if warnings:
                response = told | {"warnings": [_told(each) for each in warnings]}
                warned.append({"inputFile": one.name, "importResponse": response})
    failures = [
        {"inputFile": name, "exception": {"exceptionType": reason.kind, "message": str(reason)}}
        for name, reason in refused.items()
    ]
    servers = sum(reason.kind == "InternalServerException" for reason in refused.values())
    return {
        "success": successes,
        "failure": failures,
        "warning": warned,
        "summary": {
            "numberOfScannedFiles": scanned,
            "numberOfImportedFiles": len(successes),
            "numberOfFilesWithCustomerError": len(refused) - servers,
            "numberOfFilesWithServerError": servers,
            "numberOfGeneratedImageSets": len(groups),
            "imageSetsSummary": [
                {
                    "imageSetId": group.image_set,
                    "imageSetVersion": group.version,
                    "isPrimary": group.is_primary,
                    "numberOfMatchedSOPInstances": len({one.instance.sop_instance_uid for one in group.members}),
                }
                for group in groups
            ],
        },
    }


def _told(warning: Warned) -> Json:
    return {"warning_reason_code": warning.reason, "type": warning.type, "message": str(warning)}


def write(storage: Storage, report: Json, job: Any) -> None:
    """Write the results of the job in a row; the manifest last, for it names the others.

    Raises:
        JobFailed: they cannot be written.

    """
    target = job["output"]
    for name, told in ((SUCCESS, "success"), (FAILURE, "failure"), (WARNING, "warning")):
        storage.write(name, _lines(report[told]))
    summary = {
        "jobId": job["id"],
        "datastoreId": job["datastore"],
        "inputS3Uri": job["input"],
        "outputS3Uri": target,
        "successOutputS3Uri": f"{target}SUCCESS/",
        "failureOutputS3Uri": f"{target}FAILURE/",
        "warningsOutputS3Uri": f"{target}WARNING/",
        **report["summary"],
    }
    storage.write(MANIFEST, json.dumps({"jobSummary": summary}, indent=2).encode())


def _lines(objects: Iterable[Json]) -> bytes:
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in objects)
