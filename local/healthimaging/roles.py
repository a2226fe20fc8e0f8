"""The account that an import job reads from and writes to, by a role that trusts the service."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.environment import ACCOUNT, REGION
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

    def check(self, role: str) -> None:
        """Refuse a role that is not there or does not trust the service.

        Raises:
            Fault: ValidationException.

        """
        if not self._checks_roles:
            return
        try:
            found = self._client(session(), "iam").get_role(RoleName=role.rpartition("/")[2])["Role"]
        except (ClientError, BotoCoreError) as error:
            raise invalid("dataAccessRoleArn: the role does not exist") from error
        if found["Arn"] != role or not trusts(found["AssumeRolePolicyDocument"]):
            raise invalid(f"dataAccessRoleArn: the role cannot be assumed by {SERVICE}")

    def storage(self, role: str, source: str, target: str) -> S3:
        """Return the input and the output of a job, by its role's permissions.

        Raises:
            JobFailed: the role cannot be assumed any more.

        """
        own = self._assumed(role) if self._checks_roles else session()
        return S3(self._client(own, "s3"), source, target)

    def _assumed(self, role: str) -> boto3.Session:
        try:
            answer = self._client(session(), "sts").assume_role(RoleArn=role, RoleSessionName="health-imaging-import")
        except (ClientError, BotoCoreError) as error:
            raise JobFailed("The dataAccessRoleArn could not be assumed") from error
        keys = answer["Credentials"]
        return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION)

    def _client(self, own: boto3.Session, service: str) -> Any:
        client: Any = own.client
        return client(service, endpoint_url=self._url, config=DIRECT.merge(POOL))


def trusts(policy: Json | str) -> bool:
    """Say whether a trust policy lets the service assume the role, in the account that this machine stands for."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = _listed(document.get("Statement", []))
    allowed = [each for each in statements if each.get("Effect") == "Allow" and _is_for_the_service(each)]
    denied = [each for each in statements if each.get("Effect") == "Deny" and _is_for_the_service(each)]
    return bool(allowed) and not denied


def _is_for_the_service(statement: Json) -> bool:
    principal = statement.get("Principal", {})
    services = ["*"] if principal == "*" else _listed(principal.get("Service", []))
    conditions = statement.get("Condition", {})
    accounts = {
        account
        for operator, keys in conditions.items()
        if operator.startswith("StringEquals")
        for key, value in keys.items()
        if key.lower() == "aws:sourceaccount"
        for account in _listed(value)
    }
    return (
        {SERVICE, "*"} & set(services) != set()
        and {"sts:AssumeRole", "sts:*", "*"} & set(_listed(statement.get("Action", []))) != set()
        and (not accounts or ACCOUNT in accounts)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
