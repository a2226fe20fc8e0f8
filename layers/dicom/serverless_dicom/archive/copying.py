"""Objects that share a folder with too many others -> copies of them in a prefix of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from serverless_dicom.errors import ObjectNotFound
from serverless_dicom.faults import translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client

AT_ONCE = 32
"""Objects that are copied at once."""


def copied(client: S3Client, source: tuple[str, Sequence[str]], target: tuple[str, Sequence[str]]) -> list[str]:
    """Copy keys of a bucket to as many keys of another, without their bytes coming here.

    Tags and metadata stay behind: HealthImaging does not look at them, and reading them is another permission. Returns
    the keys that are no longer there. Raises TransientError.
    """
    (bucket, keys), (other, others) = source, target

    def copy(key: str, to: str) -> str | None:
        try:
            with translated(f"copying s3://{bucket}/{key}"):
                client.copy_object(
                    CopySource={"Bucket": bucket, "Key": key},
                    Bucket=other,
                    Key=to,
                    MetadataDirective="REPLACE",
                    TaggingDirective="REPLACE",
                    ContentType="application/dicom",
                )
        except ObjectNotFound:
            return key
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [missing for missing in pool.map(copy, keys, others) if missing]
