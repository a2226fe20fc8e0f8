"""Objects of S3, read by range and never as a mixture of two versions."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from serverless_dicom.errors import ObjectNotFound, SourceTooLarge, TransientError
from serverless_dicom.header.ranges import FIRST_READ
from serverless_dicom.stores.objects import MAX_WHOLE, S3Object
from tests.bucket import Bucket
from tests.peers import Peer, failing
from tests.stack import HEADERS, Stack

DATA = bytes(range(256)) * 1000


def opened(stack: Stack, key: str = "key") -> S3Object:
    return S3Object.open(stack.s3, "serverless-dicom-inbox-000000000000-us-east-1", key)


@pytest.mark.parametrize("size", [0, 1, FIRST_READ - 1, FIRST_READ, FIRST_READ + 1, 200_000])
def test_its_size_is_known_and_its_head_is_there(stack: Stack, inbox: Bucket, size: int) -> None:
    inbox.put("key", DATA[:size])
    found = opened(stack)

    assert found.size == size
    assert found.read(0, min(size, FIRST_READ)) == DATA[: min(size, FIRST_READ)]
    assert found.version_id == inbox.changes[0].version_id


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 10), (100, 100), (0, 200_000), (65_530, 65_545), (65_536, 65_537), (199_000, 200_000)]
)
def test_any_range_of_it_can_be_read(stack: Stack, inbox: Bucket, start: int, stop: int) -> None:
    inbox.put("key", DATA[:200_000])

    assert opened(stack).read(start, stop) == DATA[start:stop]


def test_what_came_with_the_opening_costs_no_request(stack: Stack, inbox: Bucket) -> None:
    inbox.put("key", DATA)
    peer = Peer(stack.s3, lambda *_: None)
    found = S3Object.open(peer, inbox.name, "key")
    found.read(0, FIRST_READ)
    found.read(FIRST_READ, FIRST_READ + 10)

    assert peer.calls == ["get_object", "get_object"]


def test_an_object_that_was_overwritten_meanwhile_is_not_read_on(stack: Stack, inbox: Bucket) -> None:
    inbox.put("key", DATA)
    found = opened(stack)
    inbox.put("key", DATA[::-1])

    with pytest.raises(TransientError, match="PreconditionFailed"):
        found.read(100_000, 100_010)


@pytest.mark.parametrize(("bucket", "key"), [(HEADERS, "none"), ("no-such-bucket-anywhere", "key")])
def test_what_is_not_there_is_not_found(stack: Stack, bucket: str, key: str) -> None:
    with pytest.raises(ObjectNotFound, match=f"s3://{bucket}/{key}: NoSuch"):
        S3Object.open(stack.s3, bucket, key)


def test_a_deleted_object_is_not_found(stack: Stack, inbox: Bucket) -> None:
    inbox.put("key", DATA)
    inbox.delete("key")

    with pytest.raises(ObjectNotFound):
        opened(stack)


def test_a_bucket_without_versions_gives_none(stack: Stack) -> None:
    stack.s3.create_bucket(Bucket="plain")
    stack.s3.put_object(Bucket="plain", Key="key", Body=DATA)
    found = S3Object.open(stack.s3, "plain", "key")

    assert found.version_id is None
    assert found.read(100_000, 100_010) == DATA[100_000:100_010]


def test_an_empty_object_that_is_gone_at_the_second_look_is_not_found(stack: Stack, inbox: Bucket) -> None:
    created = inbox.put("key", b"")

    def vanish(name: str, _: int) -> None:
        if name == "head_object":
            stack.s3.delete_object(Bucket=inbox.name, Key="key", VersionId=created.version_id)

    with pytest.raises(ObjectNotFound):
        S3Object.open(Peer(stack.s3, vanish), inbox.name, "key")


def test_a_refusal_names_the_object_and_the_reason(stack: Stack, inbox: Bucket) -> None:
    inbox.put("key", DATA)

    with pytest.raises(TransientError, match=rf"^reading s3://{inbox.name}/key: AccessDenied$"):
        S3Object.open(failing(stack.s3, "get_object", "AccessDenied"), inbox.name, "key")


def test_the_version_that_was_asked_for_is_read(stack: Stack, inbox: Bucket) -> None:
    first = inbox.put("key", DATA).version_id
    inbox.put("key", DATA[::-1])
    found = S3Object.open(stack.s3, inbox.name, "key", first)

    assert found.version_id == first
    assert found.read(0, 10) == DATA[:10]
    assert found.read(100_000, 100_010) == DATA[100_000:100_010]


def test_an_empty_version_is_read(stack: Stack, inbox: Bucket) -> None:
    first = inbox.put("key", b"").version_id
    inbox.put("key", DATA)

    assert S3Object.open(stack.s3, inbox.name, "key", first).size == 0


@pytest.mark.parametrize("code", ["NoSuchVersion", "InvalidArgument"])
def test_a_version_that_there_is_not_is_not_found(stack: Stack, inbox: Bucket, code: str) -> None:
    inbox.put("key", DATA)

    with pytest.raises(ObjectNotFound, match=rf"^reading s3://{inbox.name}/key: "):
        S3Object.open(failing(stack.s3, "get_object", code), inbox.name, "key", "no-version")


def test_an_argument_that_is_no_version_is_no_absence(stack: Stack, inbox: Bucket) -> None:
    inbox.put("key", DATA)

    with pytest.raises(TransientError, match="InvalidArgument"):
        S3Object.open(failing(stack.s3, "get_object", "InvalidArgument"), inbox.name, "key")


class Rangeless:
    """A client of an endpoint that sends all of an object, whatever range is asked for."""

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self.body = io.BytesIO(data)
        self.size = len(data) if size is None else size
        self.calls: list[dict[str, Any]] = []

    def get_object(self, **wanted: Any) -> Any:
        self.calls.append(wanted)
        return {"Body": self.body, "ContentLength": self.size, "ETag": '"e"', "LastModified": datetime.now(UTC)}


def test_an_endpoint_that_ignores_ranges_is_asked_once() -> None:
    client: Any = Rangeless(DATA)
    found = S3Object.open(client, "bucket", "key", "v1")

    assert found.size == len(DATA)
    assert found.read(100_000, 100_010) == DATA[100_000:100_010]
    assert found.read(len(DATA), len(DATA)) == b""
    assert len(client.calls) == 1
    assert client.calls[0]["VersionId"] == "v1"


def test_an_object_that_is_too_large_for_one_piece_is_not_begun() -> None:
    client: Any = Rangeless(DATA, MAX_WHOLE + 1)

    with pytest.raises(SourceTooLarge, match=rf"s3://bucket/key: the endpoint knows no ranges, and {MAX_WHOLE + 1} "):
        S3Object.open(client, "bucket", "key")
    assert client.body.closed


def test_an_endpoint_that_begins_to_ignore_ranges_is_not_believed(stack: Stack, inbox: Bucket) -> None:
    inbox.put("key", DATA)
    found = opened(stack)
    client: Any = Rangeless(DATA)

    with pytest.raises(TransientError, match=r"other bytes came than the 10 that were asked for$"):
        replace(found, client=client).read(100_000, 100_010)
    assert client.body.tell() == 11
