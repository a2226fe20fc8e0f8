"""HealthImaging's operations: all pages, tried again while that may help, and told what it was otherwise."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.rates import UNLIMITED
from serverless_dicom.errors import (
    ArchiveBusy,
    ArchiveRefused,
    FrameNotFound,
    ImageSetNotFound,
    ServerlessDicomError,
)
from serverless_dicom.imageset.metadata import parse
from tests.image_sets import DATASTORE, IMAGE_SET, DataStore, Set, frame_id, noise
from tests.peers import refusal


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds


def archive(store: DataStore, clock: Clock | None = None, **options: Any) -> HealthImaging:
    clock = clock or Clock()
    return HealthImaging(store, DATASTORE, clock=clock, sleep=clock.sleep, **({"rates": UNLIMITED} | options))


def store_of(*, before: Callable[[str, dict[str, Any]], None] | None = None) -> DataStore:
    built = Set()
    built.add("1.2.3.1", noise(4, 4))
    store = DataStore([built])
    if before:
        store.before = before
    return store


def failing(error: Exception, times: int) -> Callable[[str, dict[str, Any]], None]:
    """Raise an error at the first calls."""
    left = [times]

    def before(_name: str, _wanted: dict[str, Any]) -> None:
        if left[0]:
            left[0] -= 1
            raise error

    return before


def test_metadata_and_frames_come_as_they_are_stored() -> None:
    store = store_of()

    found = parse(archive(store).metadata(IMAGE_SET))

    assert archive(store).frame(IMAGE_SET, found.instances[0].frames[0].id) == store.sets[0].frames[frame_id(1)]
    assert archive(store).image_set(IMAGE_SET)["imageSetState"] == "ACTIVE"


def test_a_search_reads_all_pages_and_leaves_out_what_is_not_primary_unless_it_is_wanted() -> None:
    store = DataStore([Set(f"{number:032d}", primary=number != 3) for number in range(120)], page=50)

    assert len(list(archive(store).search())) == 119
    assert len(list(archive(store).search(all_sets=True))) == 120
    assert store.count("search_image_sets") == 6


def test_a_search_ends_even_if_the_service_has_always_a_next_page() -> None:
    class Endless(DataStore):
        def search_image_sets(self, **wanted: Any) -> dict[str, Any]:
            return super().search_image_sets(**wanted | {"nextToken": "0"}) | {"nextToken": "again"}

    assert len(list(archive(Endless([Set()])).search())) == 2


def test_a_study_is_searched_by_its_uid() -> None:
    store = DataStore([Set("a" * 32, study="1.2"), Set("b" * 32, study="1.3"), Set("c" * 32, "1.3", primary=False)])

    assert [one["imageSetId"] for one in archive(store).image_sets_of_study("1.3")] == ["b" * 32]
    assert len(archive(store).image_sets_of_study("1.3", all_sets=True)) == 2


INTERNAL = refusal("InternalServerException", "GetImageFrame")
THROTTLED = refusal("ThrottlingException", "GetImageFrame")
BROKEN = [
    INTERNAL,
    THROTTLED,
    ClientError({"Error": {"Code": "503"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "x"),  # type: ignore[typeddict-item]
    EndpointConnectionError(endpoint_url="https://example.org"),
    ReadTimeoutError(endpoint_url="https://example.org"),
]


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_what_may_succeed_is_tried_again_after_pauses_that_grow(error: Exception) -> None:
    store, clock = store_of(before=failing(error, 4)), Clock()

    assert archive(store, clock).frame(IMAGE_SET, frame_id(1))
    assert 0.75 <= clock.now <= 1.5


def test_a_service_that_keeps_failing_is_told_after_eight_tries() -> None:
    store = store_of(before=failing(INTERNAL, 99))

    with pytest.raises(ArchiveBusy, match=f"frame {frame_id(1)} .*InternalServerException"):
        archive(store).frame(IMAGE_SET, frame_id(1))
    assert store.count("get_image_frame") == 8


def test_throttling_is_waited_out_for_as_long_as_patience_lasts() -> None:
    store, clock = store_of(before=failing(THROTTLED, 15)), Clock()
    assert archive(store, clock).frame(IMAGE_SET, frame_id(1))

    with pytest.raises(ArchiveBusy):
        archive(store_of(before=failing(THROTTLED, 10**6)), clock).frame(IMAGE_SET, frame_id(1))


def test_a_locked_image_set_is_waited_for_its_metadata_only() -> None:
    locked = refusal("ConflictException", "GetImageSetMetadata")

    assert archive(store_of(before=failing(locked, 10))).metadata(IMAGE_SET)
    with pytest.raises(ArchiveBusy):
        archive(store_of(before=failing(locked, 10**6))).metadata(IMAGE_SET)
    with pytest.raises(ArchiveBusy):
        archive(store_of(before=failing(locked, 1))).start_import("role", "s3://a/", "s3://b/", "token")


PERMANENT: list[tuple[ClientError | BotoCoreError, type[ServerlessDicomError]]] = [
    (refusal("ResourceNotFoundException"), ImageSetNotFound),
    (refusal("AccessDeniedException"), ArchiveRefused),
    (refusal("ValidationException"), ArchiveRefused),
    (NoCredentialsError(), ArchiveRefused),
    (ParamValidationError(report="the patient's name"), ArchiveRefused),
]


@pytest.mark.parametrize(("error", "kind"), PERMANENT, ids=lambda value: getattr(value, "__name__", None))
def test_what_cannot_succeed_is_not_tried_again_nor_quoted(error: Exception, kind: type[Exception]) -> None:
    store = store_of(before=failing(error, 99))

    with pytest.raises(kind) as raised:
        archive(store).metadata(IMAGE_SET)

    assert store.count("get_image_set_metadata") == 1
    assert raised.value.__cause__ is error
    assert "patient" not in str(raised.value)
    assert "told to" not in str(raised.value)


def test_a_frame_that_is_not_there_is_told_apart_from_an_image_set_that_is_not() -> None:
    with pytest.raises(FrameNotFound):
        archive(store_of()).frame(IMAGE_SET, frame_id(77))
    with pytest.raises(ImageSetNotFound):
        archive(store_of()).metadata("b" * 32)


def test_an_import_is_started_and_looked_at() -> None:
    store = store_of()

    started = archive(store).start_import("role", "s3://in/a/", "s3://out/", "token", "name")

    assert archive(store).import_job(started["jobId"])["jobStatus"] == "COMPLETED"
    assert store.calls[0][1] == {
        "datastoreId": DATASTORE,
        "dataAccessRoleArn": "role",
        "inputS3Uri": "s3://in/a/",
        "outputS3Uri": "s3://out/",
        "clientToken": "token",
        "jobName": "name",
    }


def test_an_image_set_is_deleted_as_soon_as_nobody_is_at_work_on_it() -> None:
    store = store_of(before=failing(refusal("ConflictException", "DeleteImageSet"), 3))

    archive(store).delete_image_set(IMAGE_SET)

    assert (store.sets, store.count("delete_image_set")) == ([], 4)
    with pytest.raises(ImageSetNotFound, match=f"deleting image set {IMAGE_SET}: there is none"):
        archive(store).delete_image_set(IMAGE_SET)


def test_calls_begin_at_the_published_rate_whoever_makes_them() -> None:
    store, clock = store_of(), Clock()
    client = archive(store, clock, rates={"GetImageFrame": 100.0})

    for _ in range(200):
        client.frame(IMAGE_SET, frame_id(1))

    assert 1.9 <= clock.now <= 2.0


def test_after_throttling_calls_begin_more_slowly_and_then_at_the_old_rate_again() -> None:
    store, clock = store_of(before=failing(THROTTLED, 3)), Clock()
    client = archive(store, clock, rates={"GetImageFrame": 100.0})

    client.frame(IMAGE_SET, frame_id(1))
    began = clock.now
    for _ in range(20):
        client.frame(IMAGE_SET, frame_id(1))
    slow = clock.now - began
    for _ in range(3000):
        client.frame(IMAGE_SET, frame_id(1))
    middle = clock.now
    for _ in range(100):
        client.frame(IMAGE_SET, frame_id(1))

    assert slow > 0.25
    assert clock.now - middle == pytest.approx(1.0, rel=0.05)
