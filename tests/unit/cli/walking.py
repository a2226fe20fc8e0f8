"""What the guided workflow walks through in its tests: a public bucket, stacks, imports and a data store, in memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from serverless_dicom_cli.aws import Aws
from serverless_dicom_cli.main import main
from serverless_dicom_cli.workflow.studies import BUCKET, STUDIES
from tests.image_sets import DATASTORE
from tests.importing import ROLE, Importer, part10
from tests.stack import IMPORTS, RESULTS, Stack
from tests.unit.cli.account import Ran

FILES = 3
DEPLOYED = {
    "DatastoreId": DATASTORE,
    "ImportBucket": IMPORTS,
    "StartImportFunction": "start-import",
    "GetImportFunction": "get-import",
}
OWN = {"DatastoreId": DATASTORE, "InputBucket": "own-input", "OutputBucket": "own-output", "ImportRoleArn": ROLE}


@dataclass
class Datastore(Importer):
    """A data store that knows when its image sets were made: now, unless they were there before."""

    before: Callable[[str, dict[str, Any]], None] = lambda _name, _wanted: None
    old: set[str] = field(default_factory=set)

    def get_image_set(self, **wanted: Any) -> dict[str, Any]:
        made = datetime(2001, 1, 1, tzinfo=UTC) if wanted["imageSetId"] in self.old else datetime.now(UTC)
        return super().get_image_set(**wanted) | {"createdAt": made}


@dataclass
class Functions:
    """StartImport and GetImport over a data store: `slow` is how often an import is looked at before it ends."""

    store: Datastore
    slow: int = 0
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: dict[str, str] | None = None

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - Lambda's names
        asked = json.loads(Payload)
        answer = self._start(asked) if FunctionName == "start-import" else self._look(asked["jobId"])
        return {"Payload": BytesIO(json.dumps(answer).encode())}

    def _start(self, asked: dict[str, Any]) -> dict[str, Any]:
        job_id = f"job-{len(self.jobs)}"
        output = f"s3://{RESULTS}/imports/{job_id}/"
        made = self.store.start_dicom_import_job(
            datastoreId=DATASTORE,
            dataAccessRoleArn=ROLE,
            inputS3Uri=asked["source"],
            outputS3Uri=output,
            clientToken=job_id,
        )
        self.jobs[job_id] = {"importJobId": made["jobId"], "status": "importing"}
        return {"jobId": job_id, "status": "pending"}

    def _look(self, job_id: str) -> dict[str, Any]:
        shard, counts = self.jobs[job_id], {"found": FILES, "skipped": 0, "imageSets": 1}
        job = {"jobId": job_id, "status": "importing", "counts": counts, "shards": [dict(shard)], "error": None}
        if not self.slow:
            job |= {"status": "failed" if self.error else "complete", "error": self.error}
        self.slow = max(0, self.slow - 1)
        return job


@dataclass
class Formation:
    """CloudFormation with stacks of outputs; `slow` is how often one is asked for before it is made, or gone.

    `fails` is why none can be made.
    """

    stacks: dict[str, dict[str, Any]]
    fails: str = ""
    slow: int = 0

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - CloudFormation's names
        if StackName not in self.stacks:
            text = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": text}}, "DescribeStacks")
        found = self.stacks[StackName]
        if found["StackStatus"].endswith("_IN_PROGRESS"):
            if self.slow:
                self.slow -= 1
                return {"Stacks": [dict(found)]}
            if found["StackStatus"] == "DELETE_IN_PROGRESS":
                del self.stacks[StackName]
                return self.describe_stacks(StackName)
            found["StackStatus"] = "ROLLBACK_COMPLETE" if self.fails else "CREATE_COMPLETE"
        return {"Stacks": [dict(found)]}

    def create_stack(self, **wanted: Any) -> None:
        assert "AWS::HealthImaging::Datastore" in wanted["TemplateBody"]
        stack = stack_of(OWN) | {"StackStatus": "CREATE_IN_PROGRESS", "Tags": wanted["Tags"]}
        self.stacks[wanted["StackName"]] = stack

    def delete_stack(self, StackName: str) -> None:  # noqa: N803 - CloudFormation's names
        self.stacks[StackName]["StackStatus"] = "DELETE_IN_PROGRESS"

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - CloudFormation's names
        assert StackName in self.stacks
        why = {"ResourceStatus": "CREATE_FAILED", "LogicalResourceId": "Datastore", "ResourceStatusReason": self.fails}
        return {"StackEvents": [{"ResourceStatus": "ROLLBACK_COMPLETE"}, why]}


def stack_of(outputs: dict[str, str]) -> dict[str, Any]:
    """A stack as CloudFormation tells of it."""
    told = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    return {"StackStatus": "CREATE_COMPLETE", "Outputs": told, "Tags": []}


class Account(Aws):
    """An account with the peers above; S3 is moto's."""

    def __init__(self, store: Datastore, functions: Any, formation: Formation, s3: Any) -> None:
        super().__init__(region="us-east-1")
        self.store, self.calls, self.stacks, self.objects = store, functions, formation, s3

    @property
    def s3(self) -> Any:
        return self.objects

    @property
    def health_imaging(self) -> Any:
        return self.store

    @property
    def functions(self) -> Any:
        return self.calls

    @property
    def formation(self) -> Any:
        return self.stacks


@dataclass(slots=True)
class World:
    """What a test sees: the account, and the command in it."""

    s3: Any
    store: Datastore
    functions: Functions
    formation: Formation
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: object, s3: Any = None) -> Ran:
        """Run `serverless-dicom workflow`; `s3` may be a peer of the client."""
        account = Account(self.store, self.functions, self.formation, s3 or self.s3)
        status = main(["workflow", *map(str, arguments)], connect=lambda *_: account)
        return Ran(status, *self.capsys.readouterr())

    def keys(self, bucket: str, prefix: str = "workflow/") -> list[str]:
        """The keys in a bucket."""
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def world_of(stack: Stack, capsys: pytest.CaptureFixture[str]) -> World:
    """A world in which the stack is deployed, and the first study has FILES files."""
    stack.s3.create_bucket(Bucket=BUCKET)
    for name in ("own-input", "own-output"):
        boto3.client("s3", "us-east-1").create_bucket(Bucket=name)
    for number in range(FILES):
        key = f"{STUDIES[1].prefix}{number}.dcm"
        stack.s3.put_object(Bucket=BUCKET, Key=key, Body=part10(bytes([number])), ACL="public-read")
    store = Datastore([], s3=stack.s3)
    formation = Formation({"serverless-dicom": stack_of(DEPLOYED)})
    return World(stack.s3, store, Functions(store), formation, capsys)
