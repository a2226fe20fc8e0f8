"""What is signed: one object, for minutes, and of an upload as much as S3 can hold it to."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

from serverless_dicom.runtime.urls import SECONDS, UploadBucket, url_to_read


@pytest.fixture
def client(away_from_aws: None) -> Any:  # noqa: ARG001 - wanted for what it does
    return boto3.client("s3", config=Config(signature_version="s3v4"))


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_an_object_is_shown_as_what_it_is_and_not_kept(client: Any) -> None:
    url = url_to_read(client, "results", "converted/x/image.png", "image/png")
    asked = query(url)
    assert urlsplit(url).path.endswith("/converted/x/image.png")
    assert asked["X-Amz-Expires"] == str(SECONDS) == "300"
    assert asked["response-content-type"] == "image/png"
    assert (asked["response-content-disposition"], asked["response-cache-control"]) == ("inline", "private, no-store")


def test_keys_of_any_letters_are_signed_as_they_are(client: Any) -> None:
    url = url_to_read(client, "inbox", "in/a b+日#?.dcm", "application/dicom")
    assert urlsplit(url).path.endswith("/in/a%20b%2B%E6%97%A5%23%3F.dcm")


@pytest.mark.parametrize(("size", "signed"), [(None, "content-type;host"), (12, "content-length;content-type;host")])
def test_an_upload_is_held_to_its_type_and_to_its_size_where_that_is_known(
    client: Any, size: int | None, signed: str
) -> None:
    asked = query(UploadBucket(client, "uploads").url("uploads/x/image", "image/png", size, 60))
    assert (asked["X-Amz-SignedHeaders"], asked["X-Amz-Expires"]) == (signed, "60")
    assert not [name for name in asked if "checksum" in name.lower()]  # which nobody could send


def test_a_form_is_held_to_key_type_and_most_bytes(client: Any) -> None:
    url, fields = UploadBucket(client, "uploads").form("uploads/x/image", "image/png", 1000, 60)
    policy = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    assert "uploads" in url
    assert (fields["key"], fields["Content-Type"]) == ("uploads/x/image", "image/png")
    assert ["content-length-range", 1, 1000] in policy
    assert {"key": "uploads/x/image"} in policy
    assert {"Content-Type": "image/png"} in policy
    assert {"bucket": "uploads"} in policy
