"""HealthImaging as imports see it: a data store that imports what is in moto's S3, and what it writes of that."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.image_sets import DATASTORE, DataStore, Set, noise
from tests.peers import refusal

ROLE = "arn:aws:iam::000000000000:role/serverless-dicom-ImportRole"
DIRECTORY = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"


def part10(content: bytes = b"") -> bytes:
    """What looks like a DICOM file to who looks at its beginning."""
    return bytes(128) + b"DICM" + content


def put(s3: Any, bucket: str, **files: bytes) -> None:
    """Put objects, by names in which `__` is a slash and `_` a dot."""
    for name, body in files.items():
        s3.put_object(Bucket=bucket, Key=name.replace("__", "/").replace("_", "."), Body=body)


def place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@dataclass
class Importer(DataStore):
    """A data store whose jobs are over as soon as they are started, each folder being an image set.

    A file whose content ends in `refuse` or `warn` is refused, or taken with a warning; `whole` is why every job fails
    as a whole. `ends_in_folder`: what GetDICOMImportJob says of the output is the job's own folder.
    """

    s3: Any = None
    ends_in_folder: bool = False
    tells_where: bool = True
    whole: str = ""
    ended: bool = True
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def start_dicom_import_job(self, **wanted: Any) -> dict[str, Any]:
        self._called("start_dicom_import_job", wanted)
        job_id = sha256(wanted["clientToken"].encode()).hexdigest()[:32]
        if job_id not in self.jobs:
            self.jobs[job_id] = wanted
            if not self.whole:
                self._import(job_id, wanted)
        return {"jobId": job_id, "jobStatus": "SUBMITTED", "datastoreId": DATASTORE}

    def get_dicom_import_job(self, **wanted: Any) -> dict[str, Any]:
        self._called("get_dicom_import_job", wanted)
        if wanted["jobId"] not in self.jobs:
            raise refusal("ResourceNotFoundException", "GetDICOMImportJob")
        job = self.jobs[wanted["jobId"]]
        status = "FAILED" if self.whole else "COMPLETED"
        output = job["outputS3Uri"] + (f"{DATASTORE}-DicomImport-{wanted['jobId']}/" if self.ends_in_folder else "")
        told = {"message": self.whole} if self.whole else {}
        return {
            "jobProperties": {
                "jobId": wanted["jobId"],
                "jobStatus": status if self.ended else "IN_PROGRESS",
                "datastoreId": DATASTORE,
                "inputS3Uri": job["inputS3Uri"],
                "outputS3Uri": output,
            }
            | told
        }

    def _import(self, job_id: str, wanted: dict[str, Any]) -> None:
        bucket, prefix = place(wanted["inputS3Uri"])
        lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for key in [found["Key"] for page in pages for found in page.get("Contents", [])]:
            body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if body[128:132] != b"DICM" or body.endswith(b"refuse"):
                reason = {"exceptionType": "ValidationException", "message": "it is none"}
                lines["failure"].append({"inputFile": key, "exception": reason})
                continue
            made = self._instance(key)
            lines["success"].append({"inputFile": key, "importResponse": made})
            if body.endswith(b"warn"):
                lines["warning"].append({"inputFile": key, "warning": {"message": "odd"}})
        self._write(job_id, wanted, lines)

    def _instance(self, key: str) -> dict[str, Any]:
        identifier = sha256(key.rpartition("/")[0].encode()).hexdigest()[:32]
        one = next((each for each in self.sets if each.identifier == identifier), None)
        if one is None:
            one = Set(identifier)
            self.sets.append(one)
        uid = f"1.2.3.{int(sha256(key.encode()).hexdigest()[:8], 16)}"
        one.add(uid, noise(4, 4, seed=len(one.frames)))
        return {"imageSetId": identifier, "imageSetVersion": "1", "isPrimary": True}

    def _write(self, job_id: str, wanted: dict[str, Any], lines: dict[str, list[dict[str, Any]]]) -> None:
        bucket, base = place(wanted["outputS3Uri"])
        folder = f"{base}{DATASTORE}-DicomImport-{job_id}"
        sets: dict[str, dict[str, Any]] = {}
        for line in lines["success"]:
            made = line["importResponse"]
            one = sets.setdefault(made["imageSetId"], {**made, "numberOfMatchedSOPInstances": 0})
            one["numberOfMatchedSOPInstances"] += 1
        summary: dict[str, Any] = {
            "jobId": job_id,
            "numberOfScannedFiles": len(lines["success"]) + len(lines["failure"]),
            "numberOfImportedFiles": len(lines["success"]),
            "numberOfFilesWithCustomerError": len(lines["failure"]),
            "numberOfFilesWithServerError": 0,
            "imageSetsSummary": list(sets.values()),
        }
        for part, name in (("success", "success"), ("failure", "failure"), ("warning", "warnings")):
            if self.tells_where:
                summary[f"{name}OutputS3Uri"] = f"s3://{bucket}/{folder}/{part.upper()}/"
            if lines[part]:
                text = "".join(json.dumps(line) + "\n" for line in lines[part])
                self.s3.put_object(Bucket=bucket, Key=f"{folder}/{part.upper()}/{part}.ndjson", Body=text.encode())
        manifest = json.dumps({"jobSummary": summary}).encode()
        self.s3.put_object(Bucket=bucket, Key=f"{folder}/job-output-manifest.json", Body=manifest)
