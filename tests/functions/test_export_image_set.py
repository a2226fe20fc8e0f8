"""export_image_set: objects in the results bucket, a report beside them, and an end before its time is up."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, repeat
from random import Random
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from serverless_dicom.archive.bucket import PART_BYTES
from serverless_dicom.runtime import clients
from tests.archive import answered_by
from tests.functions.conftest import Context, Function, refused
from tests.image_sets import DATASTORE, IMAGE_SET, STUDY, DataStore, Set, encoded, frame_id, noise, pixel_module
from tests.stack import RESULTS, Stack

OTHER = "b" * 32


@dataclass
class Exports:
    """The function, what it reads, and what it writes."""

    function: Function
    store: DataStore
    s3: Any

    def __call__(self, **fields: Any) -> Any:
        return self.function(fields)

    def keys(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=RESULTS, Prefix="exports/").get("Contents", [])
        return [one["Key"].removeprefix("exports/") for one in found]

    def read(self, key: str) -> bytes:
        data: bytes = self.s3.get_object(Bucket=RESULTS, Key=f"exports/{key}")["Body"].read()
        return data


@dataclass(frozen=True, slots=True)
class Hurried(Context):
    """A call whose time runs as `left` says."""

    left: Callable[[], int] = lambda: 0

    def get_remaining_time_in_millis(self) -> int:
        return self.left()


@pytest.fixture
def exports(start: Callable[[str], Function], stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exports]:
    """A study of two instances, the second of two frames, and a set of it that is not primary."""
    monkeypatch.setenv("DATASTORE_ID", DATASTORE)
    monkeypatch.setenv("RESULTS_BUCKET", RESULTS)
    first, second = Set(), Set(OTHER, primary=False)
    first.add("1.2.1", noise(9, 7))
    first.add("1.2.2", noise(9, 7, seed=2), noise(9, 7, seed=3), number="2")
    second.add("1.2.1", noise(9, 7, seed=99))
    store = DataStore([first, second])
    clients.health_imaging.cache_clear()
    function = start("export_image_set")
    with answered_by(store, clients.health_imaging()):
        yield Exports(function, store, stack.s3)


def test_given_an_image_set_then_its_instances_lie_in_a_folder_with_a_report(exports: Exports) -> None:
    answer = exports(imageSetId=IMAGE_SET)

    assert (answer["success"], answer["status"]) == (True, "complete")
    assert answer["counts"] == {"written": 2, "present": 0, "withoutPictures": 0, "failed": 0}
    assert answer["objects"] == f"s3://{RESULTS}/exports/{IMAGE_SET}/dicom/"
    assert exports.keys() == [f"{IMAGE_SET}/dicom/{name}" for name in ("1.2.1.dcm", "1.2.2.dcm", "report.json")]
    found = dcmread(BytesIO(exports.read(f"{IMAGE_SET}/dicom/1.2.2.dcm")))
    assert np.array_equal(found.pixel_array[1], noise(9, 7, seed=3))
    report = json.loads(exports.read(f"{IMAGE_SET}/dicom/report.json"))
    assert report["status"] == "complete"
    assert report["of"]["imageSets"] == [{"imageSetId": IMAGE_SET, "versionId": "1"}]


def test_given_a_study_then_pictures_of_all_its_sets_can_be_had(exports: Exports) -> None:
    answer = exports(studyInstanceUid=STUDY, allSets=True, format="png")

    assert answer["status"] == "complete"
    names = ("1.2.1.png", "1.2.2.f2.png", "1.2.2.png", f"{OTHER}/1.2.1.png", "report.json")
    assert exports.keys() == [f"{STUDY}/png/{name}" for name in names]


@pytest.mark.parametrize("name", ["export_image_set", "export_image_set_study"])
def test_given_a_sample_event_then_it_is_understood(exports: Exports, event: Callable[[str], Any], name: str) -> None:
    assert exports.function(event(name))["status"] == "complete"


def test_given_the_same_request_again_then_no_frame_is_fetched(exports: Exports) -> None:
    exports(imageSetId=IMAGE_SET)
    fetched = exports.store.count("get_image_frame")

    answer = exports(imageSetId=IMAGE_SET)

    assert answer["counts"] == {"written": 0, "present": 2, "withoutPictures": 0, "failed": 0}
    assert exports.store.count("get_image_frame") == fetched


def test_given_another_form_in_the_same_folder_then_all_is_written_anew(exports: Exports) -> None:
    exports(imageSetId=IMAGE_SET, prefix="knee")
    answer = exports(imageSetId=IMAGE_SET, prefix="knee/", keepCompressed=True)

    assert answer["counts"]["written"] == 2
    found = dcmread(BytesIO(exports.read("knee/1.2.1.dcm")))
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.202"


def test_given_too_little_time_then_it_ends_with_part_of_it_and_the_next_call_goes_on(exports: Exports) -> None:
    left = chain([400_000] * 3, repeat(1_000))

    answer = exports.function.handler({"imageSetId": IMAGE_SET}, Hurried("export_image_set", left=lambda: next(left)))

    assert (answer["success"], answer["status"]) == (False, "partial")
    assert "time is up" in answer["stopped"]
    assert json.loads(exports.read(f"{IMAGE_SET}/dicom/report.json"))["status"] == "partial"
    again = exports(imageSetId=IMAGE_SET)
    assert again["status"] == "complete"
    assert again["counts"]["written"] + again["counts"]["present"] == 2


def test_given_a_corrupt_frame_then_it_is_named_and_the_rest_is_there(exports: Exports) -> None:
    exports.store.sets[0].frames[frame_id(3)] = encoded(noise(9, 7, seed=77))

    answer = exports(imageSetId=IMAGE_SET)

    assert (answer["status"], answer["counts"]["failed"]) == ("partial", 1)
    assert answer["failed"][0]["frameId"] == frame_id(3)
    assert exports.keys() == [f"{IMAGE_SET}/dicom/{name}" for name in ("1.2.1.dcm", "report.json")]


def test_given_an_instance_that_is_large_then_it_is_sent_in_parts(exports: Exports) -> None:
    side = 2100
    frames = [np.frombuffer(Random(seed).randbytes(side * side * 2), "<i2").reshape(side, side) for seed in (1, 2)]  # noqa: S311 - noise
    exports.store.sets[0].store(
        "1.2.9",
        "1.2.840.10008.1.2.1",
        *(frame.tobytes() for frame in frames),
        **pixel_module(frames[0]),
        NumberOfFrames="2",
    )

    assert exports(imageSetId=IMAGE_SET)["status"] == "complete"

    data = exports.read(f"{IMAGE_SET}/dicom/1.2.9.dcm")
    assert len(data) > PART_BYTES
    assert np.array_equal(dcmread(BytesIO(data)).pixel_array, np.stack(frames))


def test_given_a_bucket_that_refuses_then_each_instance_tells_so(exports: Exports) -> None:
    with refused(clients.s3_for_many(), "s3.PutObject", ".dcm"):
        answer = exports(imageSetId=IMAGE_SET)
    assert {one["code"] for one in answer["failed"]} == {"transient"}
    assert answer["status"] == "failed"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "name imageSetId or studyInstanceUid"),
        ({"imageSetId": IMAGE_SET, "studyInstanceUid": STUDY}, "name imageSetId or studyInstanceUid"),
        ({"imageSetId": "../x"}, "imageSetId must be"),
        ({"imageSetId": IMAGE_SET, "prefix": "../../x"}, "prefix must be"),
        ({"imageSetId": IMAGE_SET, "prefix": "/x"}, "prefix must be"),
        ({"imageSetId": IMAGE_SET, "format": "tiff"}, "format must be"),
        ({"imageSetId": IMAGE_SET, "format": "png", "keepCompressed": True}, "keepCompressed"),
        ({"studyInstanceUid": STUDY, "versionId": "2"}, "versionId"),
        ({"imageSetId": IMAGE_SET, "versionId": 2}, "versionId"),
        ({"imageSetId": IMAGE_SET, "colour": 1}, "colour is no field"),
    ],
)
def test_given_a_wrong_request_then_it_is_told_and_nothing_is_written(
    exports: Exports, fields: dict[str, Any], told: str
) -> None:
    answer = exports(**fields)

    assert (answer["success"], answer["error"]) == (False, "invalid_request")
    assert told in answer["message"]
    assert exports.keys() == []


@pytest.mark.parametrize("fields", [{"imageSetId": "e" * 32}, {"studyInstanceUid": "1.9"}])
def test_given_what_is_not_there_then_that_is_the_answer(exports: Exports, fields: dict[str, Any]) -> None:
    assert exports(**fields)["error"] == "image_set_not_found"
