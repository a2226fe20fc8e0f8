"""Clients of AWS's services, with one policy of retries and time limits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

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
