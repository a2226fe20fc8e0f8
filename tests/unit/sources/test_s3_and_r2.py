"""Objects of S3 and R2: only of what an operator named, with the store's errors told as a source's."""

from dataclasses import dataclass, field

import pytest

from serverless_dicom.errors import (
    InvalidRequest,
    ObjectNotFound,
    ServerlessDicomError,
    SourceFailed,
    SourceNotAllowed,
    SourceTimeout,
    TransientError,
)
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.sources import open_source
from serverless_dicom.sources.address import parse_address
from serverless_dicom.sources.deadline import Deadline
from serverless_dicom.sources.r2 import R2Source
from serverless_dicom.sources.s3 import S3Source
from tests.fetching import SECRET, refused

ACCOUNT = "0123456789abcdef0123456789abcdef"
QUERY = f"X-Amz-Signature={SECRET}"


@dataclass
class Store:
    """Holds one object, tells what was opened, and fails as it is told to."""

    opened: list[tuple[str | None, ...]] = field(default_factory=list)
    fault: ServerlessDicomError | None = None

    def open(self, *names: str | None) -> "Store":
        self.opened.append(names)
        return self._failed_or_not()

    def _failed_or_not(self) -> "Store":
        if self.fault:
            raise self.fault
        return self

    size = 5

    def read(self, start: int, stop: int) -> bytes:
        return self._failed_or_not() and MemoryRanges(b"bytes").read(start, stop)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("s3://inbox/a/key", ("inbox", "a/key", None)),
        ("s3://inbox/key?versionId=v1", ("inbox", "key", "v1")),
        (f"https://inbox.s3.eu-central-1.amazonaws.com/a%20key?{QUERY}&versionId=v1", ("inbox", "a key", "v1")),
        ("https://s3.amazonaws.com/inbox/key", ("inbox", "key", None)),
        ("s3://shared/public/key", ("shared", "public/key", None)),
    ],
)
def test_objects_of_named_buckets_are_opened(store: Store, url: str, opened: tuple[str | None, ...]) -> None:
    with open_source(
        parse_address(url, "s3"), {"s3": S3Source(["inbox", "shared/public/", ""], store.open)}, 5
    ) as ranges:
        assert ranges.size == 5
        assert ranges.read(1, 3) == b"yt"
    assert store.opened == [opened]


@pytest.mark.parametrize(
    "url",
    [
        "s3://other/key",
        "s3://inbox2/key",
        "s3://INBOX/key",
        "s3://inbox.other/key",
        "s3://shared/key",
        "s3://shared/publicity",
        f"https://other.s3.amazonaws.com/inbox/key?{QUERY}",
        f"https://s3.amazonaws.com/other/inbox?{QUERY}",
        f"https://s3-eu-west-1.amazonaws.com/other/key?{QUERY}",
        f"https://inbox.other.s3.amazonaws.com/key?{QUERY}",
        f"https://other.s3.dualstack.eu-west-1.amazonaws.com/key?{QUERY}",
        f"http://127.0.0.1:9000/other/inbox/key?{QUERY}",
    ],
)
def test_objects_of_other_buckets_are_not(store: Store, url: str) -> None:
    sources = {"s3": S3Source(["inbox", "shared/public/"], store.open)}

    with (
        refused(SourceNotAllowed, r"is in no bucket that may be read; .* AllowedBuckets$"),
        open_source(parse_address(url, s3_endpoint="127.0.0.1:9000"), sources, 5),
    ):
        pass
    assert store.opened == []


def test_no_bucket_is_allowed_by_an_empty_list(store: Store) -> None:
    with (
        refused(SourceNotAllowed),
        open_source(parse_address("s3://inbox/key", "s3"), {"s3": S3Source([""], store.open)}, 5),
    ):
        pass


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        (f"https://{ACCOUNT}.r2.cloudflarestorage.com/bucket/a%20key?{QUERY}", ACCOUNT),
        (f"https://bucket.{ACCOUNT}.r2.cloudflarestorage.com/a%20key", ACCOUNT),
        (f"https://{ACCOUNT}.eu.r2.cloudflarestorage.com/bucket/a%20key", f"{ACCOUNT}.eu"),
    ],
)
def test_objects_of_named_accounts_are_opened(store: Store, url: str, endpoint: str) -> None:
    with open_source(parse_address(url, "r2"), {"r2": R2Source([ACCOUNT.upper()], store.open)}, 5) as ranges:
        assert ranges.read(0, 5) == b"bytes"
    assert store.opened == [(f"https://{endpoint}.r2.cloudflarestorage.com", "bucket", "a key")]


@pytest.mark.parametrize("host", ["f" * 32, f"{ACCOUNT}.{'f' * 32}", f"europe.{'f' * 32}", "eu", f"{ACCOUNT}.evil"])
@pytest.mark.parametrize("accounts", [[ACCOUNT], [""], []])
def test_objects_of_other_accounts_are_not(store: Store, host: str, accounts: list[str]) -> None:
    url = f"https://{host}.r2.cloudflarestorage.com/bucket/key?{QUERY}"

    with (
        refused(SourceNotAllowed, r"is of no R2 account that may be read; .* R2AccountIds$"),
        open_source(parse_address(url), {"r2": R2Source(accounts, store.open)}, 5),
    ):
        pass
    assert store.opened == []


@pytest.mark.parametrize("url", ["s3://inbox/key", f"https://{ACCOUNT}.r2.cloudflarestorage.com/inbox/key"])
@pytest.mark.parametrize(
    ("fault", "kind", "match"),
    [
        (
            TransientError("reading s3://inbox/key: AccessDenied"),
            SourceFailed,
            "^reading s3://inbox/key: AccessDenied$",
        ),
        (TransientError("reading s3://inbox/key: SlowDown"), SourceFailed, "SlowDown$"),
        (ObjectNotFound("reading s3://inbox/key: NoSuchKey"), ObjectNotFound, "^reading s3://inbox/key: NoSuchKey$"),
    ],
)
def test_the_store_s_errors_are_the_source_s(
    store: Store, url: str, fault: ServerlessDicomError, kind: type[ServerlessDicomError], match: str
) -> None:
    sources = {"s3": S3Source(["inbox"], store.open), "r2": R2Source([ACCOUNT], store.open)}
    with open_source(parse_address(url), sources, 5) as ranges:
        store.fault = fault
        with refused(kind, match):
            ranges.read(0, 5)
    with refused(kind, match), open_source(parse_address(url), sources, 5):
        pass


def test_a_store_that_takes_too_long_is_too_slow(store: Store) -> None:
    now = [0.0]
    address, source = parse_address("s3://inbox/key"), S3Source(["inbox"], store.open)
    with source.open(address, Deadline(15, clock=lambda: now[0])) as ranges:
        now[0] = 14.9
        assert ranges.read(0, 5) == b"bytes"
        now[0] = 15
        with refused(SourceTimeout):
            ranges.read(0, 5)
    store.fault = TransientError("reading s3://inbox/key: ReadTimeoutError")
    with refused(SourceTimeout), source.open(address, Deadline(0)):
        pass
    assert len(store.opened) == 1


def test_a_kind_that_nobody_serves_is_not_allowed() -> None:
    with (
        refused(SourceNotAllowed, "^nothing is fetched from sources of type s3$"),
        open_source(parse_address("s3://b-1/key"), {}, 5),
    ):
        pass


def test_what_is_no_address_is_told_before_anything_is_opened(store: Store) -> None:
    with (
        refused(InvalidRequest),
        open_source(parse_address("s3://inbox/key", "http"), {"s3": S3Source(["inbox"], store.open)}, 5),
    ):
        pass
    assert store.opened == []
