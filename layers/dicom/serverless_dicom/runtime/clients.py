"""Clients of AWS's services, with one policy of retries and time limits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 4},
    connect_timeout=3,
    read_timeout=15,
    user_agent_extra="serverless-dicom",
)
"""Four tries within a function's minute; what still fails is the queue's to retry."""


@cache
def s3() -> S3Client:
    """The client of S3."""
    return boto3.client("s3", config=CONFIG)


@cache
def dynamodb() -> DynamoDBClient:
    """The client of DynamoDB."""
    return boto3.client("dynamodb", config=CONFIG)


@cache
def sqs() -> SQSClient:
    """The client of SQS."""
    return boto3.client("sqs", config=CONFIG)


@cache
def rekognition() -> RekognitionClient:
    """The client of Rekognition, which answers a few calls a second and throttles the others."""
    patient = Config(retries={"mode": "standard", "max_attempts": 6}, read_timeout=25)
    return boto3.client("rekognition", config=CONFIG.merge(patient))


@cache
def s3_for_many() -> S3Client:
    """The client of S3 for many threads at once."""
    return boto3.client("s3", config=CONFIG.merge(Config(max_pool_connections=40)))


@cache
def step_functions() -> SFNClient:
    """The client of Step Functions."""
    return boto3.client("stepfunctions", config=CONFIG.merge(Config(read_timeout=6)))


@cache
def health_imaging() -> Any:
    """The client of HealthImaging for many threads at once; whoever calls it tries again, not the client."""
    eager = Config(retries={"mode": "standard", "max_attempts": 1}, read_timeout=30, max_pool_connections=64)
    return boto3.client("medical-imaging", config=CONFIG.merge(eager))


FOR_CALLERS = CONFIG.merge(
    Config(
        retries={"mode": "standard", "max_attempts": 2},
        connect_timeout=2,
        read_timeout=6,
        signature_version="s3v4",
        max_pool_connections=4,
    )
)
"""Somebody waits: what fails twice is told, and he tries again. URLs are signed so that their time is part of them."""


@cache
def s3_for_callers() -> S3Client:
    """The client of S3 where somebody waits for the answer."""
    return boto3.client("s3", config=FOR_CALLERS)


@cache
def dynamodb_for_callers() -> DynamoDBClient:
    """The client of DynamoDB where somebody waits for the answer."""
    return boto3.client("dynamodb", config=FOR_CALLERS.merge(Config(signature_version="v4", read_timeout=3)))


@cache
def health_imaging_for_callers() -> Any:
    """The client of HealthImaging where somebody waits for the answer; whoever calls it tries again, not the client."""
    eager = Config(retries={"mode": "standard", "max_attempts": 1}, signature_version="v4", read_timeout=12)
    return boto3.client("medical-imaging", config=FOR_CALLERS.merge(eager))


@cache
def s3_for_urls() -> S3Client:
    """The client of S3 that signs URLs, with the region in their host.

    The host without it sends callers of a bucket that is new on to the region's, which the signature does not survive;
    and the page's Content-Security-Policy names the region's.
    """
    usual = s3_for_callers()
    if unusual_host(usual):
        return usual
    return boto3.client(
        "s3",
        config=FOR_CALLERS.merge(Config(s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"})),
    )


def unusual_host(client: S3Client) -> str | None:
    """The `host` or `host:port` of a client of S3 that was sent elsewhere than to AWS (AWS_ENDPOINT_URL)."""
    place = urlsplit(client.meta.endpoint_url)
    return None if (place.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")) else place.netloc


@cache
def r2(endpoint_url: str, access_key_id: str, secret_access_key: str) -> S3Client:
    """The client of Cloudflare R2, by its S3 API at an account's address."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name="auto",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=FOR_CALLERS,
    )


@cache
def secrets() -> SecretsManagerClient:
    """The client of Secrets Manager."""
    return boto3.client("secretsmanager", config=FOR_CALLERS.merge(Config(signature_version="v4")))
