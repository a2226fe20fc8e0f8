"""Every frame is compared with its checksum: one that differs is named, and what was begun is gone on with."""

from typing import Any

import pytest

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.rates import UNLIMITED
from serverless_dicom.archive.summing import summed_up
from serverless_dicom.archive.verification import GROUP, Verifier
from serverless_dicom.errors import ArchiveBusy
from tests.image_sets import DATASTORE, IMAGE_SET, DataStore, Set, encoded, frame_id, noise
from tests.peers import refusal
from tests.stack import RESULTS, Stack

FOREVER = float("inf")


def store_of(instances: int = 2, frames: int = 2) -> DataStore:
    built = Set()
    for number in range(instances):
        pixels = [noise(4, 4, seed=number * frames + frame) for frame in range(frames)]
        built.add(f"1.2.3.{number}", *pixels, number=str(number + 1))
    return DataStore([built])


def verifier(stack: Stack, store: DataStore, **options: Any) -> Verifier:
    archive = HealthImaging(store, DATASTORE, rates=UNLIMITED, sleep=lambda _: None)
    return Verifier(archive, Documents(stack.s3, RESULTS, "imports/x/"), **options)


def verdicts(stack: Stack, part: str = "") -> list[dict[str, Any]]:
    return list(Documents(stack.s3, RESULTS, "imports/x/").lines(f"verdicts/{IMAGE_SET}{part}.ndjson"))


def test_given_what_was_imported_then_every_frame_has_its_verdict(stack: Stack) -> None:
    known = verifier(stack, store_of()).verify(IMAGE_SET, "1", FOREVER)

    assert (known["verified"], known["mismatched"], known["next"], known["new"]) == (4, 0, None, 4)
    rows = verdicts(stack)
    assert [(row["instance"], row["frame"], row["ok"]) for row in rows] == [
        ("1.2.3.0", 1, True),
        ("1.2.3.0", 2, True),
        ("1.2.3.1", 1, True),
        ("1.2.3.1", 2, True),
    ]
    assert all(row["expected"] == row["found"] and row["imageSetId"] == IMAGE_SET for row in rows)


def test_given_another_frame_than_was_imported_then_it_is_named_and_the_import_fails(stack: Stack) -> None:
    store = store_of()
    store.sets[0].frames[frame_id(3)] = encoded(noise(4, 4, seed=99))

    known = verifier(stack, store).verify(IMAGE_SET, "1", FOREVER)

    assert (known["verified"], known["mismatched"]) == (4, 1)
    (wrong,) = [row for row in verdicts(stack) if not row["ok"]]
    assert (wrong["instance"], wrong["frame"], wrong["imageFrameId"]) == ("1.2.3.1", 1, frame_id(3))
    documents = Documents(stack.s3, RESULTS, "imports/x/")
    documents.write("plan.json", [{"number": 0}])
    made = {"image_set_id": IMAGE_SET, "version": "1", "is_primary": True, "instances": 2}
    numbers = {"imported": 2, "failed": 0, "warnings": 0}
    documents.write("shards/0/outcome.json", {"numbers": numbers, "image_sets": [made]})
    summary = summed_up(documents)
    assert (summary.status, summary.error and summary.error.code) == ("failed", "frames_differ")
    assert f"first frame 1 of instance 1.2.3.1 ({frame_id(3)} of image set {IMAGE_SET})" in str(summary.error)
    assert summary.frames == [wrong]


@pytest.mark.parametrize("spoilt", [b"", b"no codestream", b"\xff\x4f\xff\x51" + bytes(40)])
def test_given_a_frame_that_cannot_be_decoded_then_it_is_a_mismatch(stack: Stack, spoilt: bytes) -> None:
    store = store_of(1, 1)
    store.sets[0].frames[frame_id(1)] = spoilt
    assert verifier(stack, store).verify(IMAGE_SET, "1", FOREVER)["mismatched"] == 1


def test_given_a_frame_that_is_not_there_then_it_is_a_mismatch(stack: Stack) -> None:
    store = store_of(1, 2)
    del store.sets[0].frames[frame_id(2)]
    known = verifier(stack, store).verify(IMAGE_SET, "1", FOREVER)
    assert (known["verified"], known["mismatched"]) == (2, 1)
    assert "there is none in this data store" in known["examples"][0]["reason"]


def test_given_a_service_that_is_away_then_it_is_tried_again_later(stack: Stack) -> None:
    store = store_of()

    def away(name: str, _wanted: dict[str, Any]) -> None:
        if name == "get_image_frame":
            raise refusal("InternalServerException", "GetImageFrame")

    store.before = away
    with pytest.raises(ArchiveBusy):
        verifier(stack, store).verify(IMAGE_SET, "1", FOREVER)
    assert verdicts(stack) == []


def test_given_an_end_of_time_then_the_next_call_goes_on_where_this_one_stopped(stack: Stack) -> None:
    store = store_of(instances=GROUP + 10, frames=1)
    clock = iter([1.0, 1.0, 1.0])
    slow = verifier(stack, store, now=lambda: next(clock))

    first = slow.verify(IMAGE_SET, "1", until=0.5)
    assert (first["verified"], first["next"]) == (GROUP, GROUP)
    second = slow.verify(IMAGE_SET, "1", until=0.5)
    assert (second["verified"], second["next"], second["new"]) == (GROUP + 10, None, 10)

    assert (len(verdicts(stack)), len(verdicts(stack, ".2"))) == (GROUP, 10)
    assert store.count("get_image_frame") == GROUP + 10
    assert slow.verify(IMAGE_SET, "1", until=0.5)["new"] == 0
    assert store.count("get_image_set_metadata") == 2


def test_given_a_newer_version_then_it_is_verified_anew(stack: Stack) -> None:
    store = store_of()
    verifier(stack, store).verify(IMAGE_SET, "1", FOREVER)
    assert verifier(stack, store).verify(IMAGE_SET, "2", FOREVER)["new"] == 4


def test_given_an_image_set_that_is_gone_then_its_import_is_not_complete(stack: Stack) -> None:
    known = verifier(stack, DataStore([])).verify(IMAGE_SET, "1", FOREVER)
    assert (known["next"], known["new"], "image set" in known["error"]) == (0, 0, True)


def test_given_instances_without_frames_then_there_is_nothing_to_verify(stack: Stack) -> None:
    built = Set()
    built.add("1.2.3.1")
    known = verifier(stack, DataStore([built])).verify(IMAGE_SET, "1", FOREVER)
    assert (known["verified"], known["next"]) == (0, None)
