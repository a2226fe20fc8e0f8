"""The account that an import job reads from and writes to, by a role that trusts the service."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.environment import REGION
from local.healthimaging.events import as_the_service
from local.healthimaging.faults import invalid
from local.healthimaging.storage import S3, JobFailed
from local.outputs import DIRECT, session

SERVICE = "medical-imaging.amazonaws.com"

POOL = Config(max_pool_connections=64)

Json = dict[str, Any]


class Account:
    """IAM, STS and S3 at one address."""

    def __init__(self, endpoint_url: str, *, checks_roles: bool) -> None:
        """Call nothing yet."""
        self._url, self._checks_roles = endpoint_url, checks_roles

    def check(self, role: str, datastore: str) -> None:
        """Refuse a role that is not there, or that the service cannot assume for the data store.

        Raises:
            Fault: ValidationException.

        """
        if not self._checks_roles:
            return
        try:
            found = self._client(session(), "iam").get_role(RoleName=role.rpartition("/")[2])["Role"]
        except (ClientError, BotoCoreError) as error:
            raise invalid("dataAccessRoleArn: the role does not exist") from error
        try:
            if found["Arn"] != role or not trusts(found["AssumeRolePolicyDocument"]):
                raise JobFailed("another service's")  # noqa: TRY301 - the same as one that STS refuses
            self._assumed(role, datastore)
        except JobFailed as error:
            raise invalid(f"dataAccessRoleArn: the role cannot be assumed by {SERVICE}") from error

    def storage(self, job: Any) -> S3:
        """Return the input and the output of the job in a row, by its role's permissions.

        Raises:
            JobFailed: the role cannot be assumed any more.

        """
        own = self._assumed(job["role"], job["datastore"]) if self._checks_roles else session()
        return S3(self._client(own, "s3"), job["input"], job["output"])

    def _assumed(self, role: str, datastore: str) -> boto3.Session:
        sts = self._client(session(), "sts")
        as_the_service(sts, datastore)
        try:
            keys = sts.assume_role(RoleArn=role, RoleSessionName="health-imaging-import")["Credentials"]
        except (ClientError, BotoCoreError) as error:
            raise JobFailed("The dataAccessRoleArn could not be assumed") from error
        return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION)

    def _client(self, own: boto3.Session, service: str) -> Any:
        client: Any = own.client
        return client(service, endpoint_url=self._url, config=DIRECT.merge(POOL))


def trusts(policy: Json | str) -> bool:
    """Say whether a trust policy names the service; STS judges its conditions, and would let other services' pass."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    return any(
        SERVICE in _listed(statement["Principal"].get("Service", []))
        for statement in _listed(document.get("Statement", []))
        if statement.get("Effect") == "Allow" and isinstance(statement.get("Principal"), dict)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
