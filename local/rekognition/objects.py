"""Images that lie in S3: read from the emulator with its root keys, for the callers' own are not known here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.outputs import DIRECT, session
from local.rekognition.faults import invalid_object, too_large
from local.rekognition.pictures import MOST_BYTES_OF_AN_OBJECT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FIRST_REGION = "us-east-1"
"""S3 names no location for its buckets."""


def s3_at(endpoint: str) -> S3Client:
    """Return a client of the emulator's S3."""
    return session().client("s3", endpoint_url=endpoint, config=DIRECT)


def read_object(s3: S3Client, reference: dict[str, Any], region: str) -> bytes:
    """Return the bytes of an S3Object that lies in the region.

    Raises:
        Fault: it is not there, not readable, in another region, or too large.

    """
    bucket, version = reference.get("Bucket"), reference.get("Version")
    if not bucket or not reference.get("Name"):
        raise invalid_object("an S3Object needs a Bucket and a Name")
    where = {"Bucket": bucket, "Key": reference["Name"]} | ({"VersionId": version} if version else {})
    try:
        home = s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or FIRST_REGION
        if home != region:
            raise invalid_object(f"the bucket is in {home}, the request is for {region}")
        answer = s3.get_object(**where)
        with answer["Body"] as body:
            if answer["ContentLength"] > MOST_BYTES_OF_AN_OBJECT:
                raise too_large(f"{answer['ContentLength']:,} bytes, of at most {MOST_BYTES_OF_AN_OBJECT:,}")
            return bytes(body.read())
    except ClientError as error:
        raise invalid_object(f"S3 answered {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise invalid_object(f"S3 did not answer ({type(error).__name__})") from error
