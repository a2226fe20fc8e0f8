"""The account that a command works in, and the stack there: its resources by the names of its outputs."""

# ruff: noqa: PLC0415 - boto3 takes half a second to import, which no --help should wait for
from __future__ import annotations

import copy
import functools
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeAlias

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3
    from botocore.config import Config
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

Options = ParamSpec("Options")

DEFAULT_STACK = "serverless-dicom"
REGION_OF_ENDPOINTS = "us-east-1"
"""What signatures name where an endpoint is given and no region: the endpoint decides where calls go."""

CONNECTIONS = 64
"""To HealthImaging, kept for the next call: as many as there are threads that call it."""

SECONDS_OF_A_FUNCTION = 70
"""Longer than any function of the stack may take."""


_CLIENTS = frozenset(
    {"s3", "open_data", "dynamodb", "streams", "sqs", "functions", "users", "secrets", "formation", "health_imaging"}
)


class Aws:
    """Clients of one account and region, each made when it is first asked for."""

    def __init__(self, profile: str | None = None, region: str | None = None, endpoint_url: str | None = None) -> None:
        """Choose; what is None comes from the environment and from AWS's configuration files."""
        self._profile, self._region, self._endpoint_url = profile, region, endpoint_url

    def afresh(self) -> Self:
        """Choose the same, with clients of one's own: a forked process must not share the connections of another."""
        other = copy.copy(self)
        for name in [name for name in vars(other) if name in _CLIENTS]:
            del vars(other)[name]
        return other

    @cached_property
    def s3(self) -> S3Client:
        """The client of S3."""
        return self._session.client("s3", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def open_data(self) -> S3Client:
        """The client of S3 that signs nothing: for buckets that anyone may read."""
        from botocore import UNSIGNED
        from botocore.config import Config

        config = self._config.merge(Config(signature_version=UNSIGNED))
        return self._session.client("s3", endpoint_url=self._endpoint_url, config=config)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The client of DynamoDB."""
        return self._session.client("dynamodb", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def streams(self) -> DynamoDBStreamsClient:
        """The client of DynamoDB's streams."""
        return self._session.client("dynamodbstreams", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def sqs(self) -> SQSClient:
        """The client of SQS."""
        return self._session.client("sqs", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def functions(self) -> LambdaClient:
        """The client of Lambda."""
        return self._session.client("lambda", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def users(self) -> CognitoIdentityProviderClient:
        """The client of Cognito's user pools."""
        return self._session.client("cognito-idp", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        """The client of Secrets Manager."""
        return self._session.client("secretsmanager", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def formation(self) -> CloudFormationClient:
        """The client of CloudFormation."""
        return self._session.client("cloudformation", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def health_imaging(self) -> Any:
        """The client of HealthImaging, for many threads at once; whoever calls it tries again, not the client."""
        from botocore.config import Config

        endpoint = os.environ.get("AWS_ENDPOINT_URL_MEDICAL_IMAGING") or self._endpoint_url
        eager = Config(retries={"total_max_attempts": 1}, read_timeout=30, max_pool_connections=CONNECTIONS)
        if endpoint:  # a host of one's own has no other names than its own
            eager = eager.merge(Config(inject_host_prefix=False))
        return self._session.client("medical-imaging", endpoint_url=endpoint, config=self._config.merge(eager))

    def describe_stack(self, name: str) -> StackTypeDef:
        """Return what CloudFormation says of a stack; raises click.ClickException where there is none."""
        from botocore.exceptions import ClientError

        client = self.formation
        try:
            return client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise click.ClickException(
                f"there is no stack {name} in {client.meta.region_name}: "
                "deploy it, or name another with --stack-name, --region or --profile"
            ) from error

    @cached_property
    def _session(self) -> boto3.Session:
        import boto3

        session = boto3.Session(profile_name=self._profile, region_name=self._region)
        if session.region_name is None and (self._endpoint_url or os.environ.get("AWS_ENDPOINT_URL")):
            return boto3.Session(profile_name=self._profile, region_name=REGION_OF_ENDPOINTS)
        return session

    @cached_property
    def _config(self) -> Config:
        from botocore.config import Config

        return Config(
            retries={"mode": "standard", "max_attempts": 4},
            connect_timeout=5,
            read_timeout=SECONDS_OF_A_FUNCTION,
            user_agent_extra="serverless-dicom",
        )


Connect: TypeAlias = "Callable[[str | None, str | None, str | None], Aws]"
"""Makes an `Aws` of a profile, a region and an endpoint's URL."""


class Stack:
    """A deployed stack, looked up when something of it is first asked for."""

    def __init__(self, aws: Aws, name: str) -> None:
        """Look nothing up yet."""
        self.aws, self.name = aws, name

    def output(self, name: str) -> str:
        """Return the value of an output."""
        if not self.has_output(name):
            raise click.ClickException(f"stack {self.name} has no output {name}: deploy this project's template to it")
        return self._outputs[name]

    def has_output(self, name: str) -> bool:
        """Return whether there is such an output: some depend on what the stack was deployed with."""
        return name in self._outputs

    def parameter(self, name: str) -> str:
        """Return the value of a parameter; empty where it has none."""
        parameters = self._description.get("Parameters", [])
        return next((found["ParameterValue"] for found in parameters if found["ParameterKey"] == name), "")

    @cached_property
    def _outputs(self) -> dict[str, str]:
        return {found["OutputKey"]: found["OutputValue"] for found in self._description.get("Outputs", [])}

    @cached_property
    def _description(self) -> StackTypeDef:
        return self.aws.describe_stack(self.name)


def with_aws(command: Callable[Concatenate[Aws, Options], int]) -> Callable[..., int]:
    """Give a command the options that choose an account, and as its first argument what `main` makes of them."""

    @click.option("--profile", metavar="NAME", help="A profile of AWS's configuration files.")
    @click.option("--region", metavar="REGION", help="The AWS region.")
    @click.option("--endpoint-url", metavar="URL", help="Where AWS is; AWS_ENDPOINT_URL says so too.")
    @functools.wraps(command)
    def run(*args: Any, profile: str | None, region: str | None, endpoint_url: str | None, **options: Any) -> int:
        if endpoint_url and not endpoint_url.startswith(("http://", "https://")):
            raise click.UsageError(f"--endpoint-url must begin with http:// or https://, got {endpoint_url}")
        connect: Connect = click.get_current_context().obj
        return command(connect(profile, region, endpoint_url), *args, **options)

    return run


def with_stack(command: Callable[Concatenate[Stack, Options], int]) -> Callable[..., int]:
    """Give a command the options that choose a stack, and the `Stack` as its first argument."""

    @with_aws
    @click.option(
        "--stack-name",
        metavar="NAME",
        envvar="SERVERLESS_DICOM_STACK",
        default=DEFAULT_STACK,
        show_default=True,
        show_envvar=True,
        help="The stack's name.",
    )
    @functools.wraps(command)
    def run(aws: Aws, /, *args: Any, stack_name: str, **options: Any) -> int:
        return command(Stack(aws, stack_name), *args, **options)

    return run
