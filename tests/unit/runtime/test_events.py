"""The shapes in which AWS tells of a change, and the one in which the core has it."""

import json
from typing import Any

import pytest

from serverless_dicom.change import ObjectChange
from serverless_dicom.errors import InvalidEvent
from serverless_dicom.runtime.events import changed_studies, is_batch, object_changes, queued_changes
from tests.bucket import Change, batch

CREATED = Change("bucket", "a folder/k+y%20ü.dcm", "0A1B", "v1")
OVERWRITTEN_VERSION = Change("bucket", "key", "0A1C", "v0", "Permanently Deleted")
MARKED = Change("bucket", "key", "0A1D", "marker", "Delete Marker Created")
CHANGES = [CREATED, OVERWRITTEN_VERSION, MARKED]


@pytest.mark.parametrize("change", CHANGES, ids=["created", "version deleted", "marked as deleted"])
def test_every_shape_tells_the_same(change: Change) -> None:
    expected = [change.change]

    assert object_changes(change.notification()) == expected
    assert object_changes(change.event_bridge()) == expected
    assert queued_changes(json.dumps(change.notification())) == expected
    assert queued_changes(json.dumps(change.event_bridge())) == expected


def test_a_delete_marker_names_no_version() -> None:
    assert MARKED.change.version_id is None
    assert object_changes(MARKED.notification())[0].version_id is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ObjectCreated:Put", "created"),
        ("ObjectCreated:CompleteMultipartUpload", "created"),
        ("s3:ObjectCreated:Copy", "created"),
        ("ObjectRemoved:Delete", "deleted"),
        ("ObjectRemoved:DeleteMarkerCreated", "deleted"),
        ("LifecycleExpiration:Delete", "deleted"),
        ("LifecycleExpiration:DeleteMarkerCreated", "deleted"),
        ("ObjectTagging:Put", None),
        ("ObjectRestore:Completed", None),
    ],
)
def test_the_names_of_notifications(name: str, kind: str | None) -> None:
    event = CREATED.notification()
    event["Records"][0]["eventName"] = name

    assert [change.kind for change in object_changes(event)] == ([kind] if kind else [])


def test_a_notification_without_sequencer_and_version_is_complete() -> None:
    event = CREATED.notification()
    del event["Records"][0]["s3"]["object"]["sequencer"], event["Records"][0]["s3"]["object"]["versionId"]

    assert object_changes(event) == [ObjectChange("bucket", CREATED.key, "created")]


def test_events_of_others_and_test_events_tell_of_nothing_or_are_refused() -> None:
    assert object_changes({"Event": "s3:TestEvent"}) == []
    assert object_changes({"Records": []}) == []
    assert object_changes(CREATED.event_bridge() | {"detail-type": "Object Tags Added"}) == []
    with pytest.raises(InvalidEvent):
        object_changes(CREATED.event_bridge() | {"source": "aws.ec2"})


def broken(path: list[Any], value: Any, *, bridge: bool) -> Any:
    event: Any = CREATED.event_bridge() if bridge else CREATED.notification()
    inner = event
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return event


@pytest.mark.parametrize("value", [None, 5, [], {}, ""])
@pytest.mark.parametrize(
    "path", [["detail", "object", "key"], ["detail", "bucket", "name"], ["detail", "object"], ["detail"]]
)
def test_a_garbled_event_is_refused(path: list[Any], value: Any) -> None:
    with pytest.raises(InvalidEvent):
        object_changes(broken(path, value, bridge=True))


@pytest.mark.parametrize("value", [None, 5, [], {}, ""])
@pytest.mark.parametrize("path", [["object", "key"], ["bucket", "name"], ["object"], ["bucket"]])
def test_a_garbled_notification_is_refused(path: list[Any], value: Any) -> None:
    with pytest.raises(InvalidEvent):
        object_changes(broken(["Records", 0, "s3", *path], value, bridge=False))


@pytest.mark.parametrize("value", [5, [], {}])
def test_a_garbled_sequencer_is_refused(value: Any) -> None:
    with pytest.raises(InvalidEvent):
        object_changes(broken(["detail", "object", "sequencer"], value, bridge=True))


@pytest.mark.parametrize("body", ["", "x", "5", "[]", "null", "{}", "\ud800"])
def test_a_message_that_is_no_event_is_refused(body: str) -> None:
    with pytest.raises(InvalidEvent):
        queued_changes(body)


def test_a_batch_is_told_from_a_notification() -> None:
    assert is_batch(batch("{}"))
    assert not is_batch(CREATED.notification())
    assert not any(is_batch(event) for event in (None, [], {}, {"Records": None}, {"Records": []}, {"Records": [None]}))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("0A", "0B"), ("0A", "0A1"), ("9", "A"), ("0055AED6DCD90281E5", "0055AED6DCD90281E6"), ("0a", "0B")],
)
def test_sequencers_of_any_length_are_ordered_as_s3_says(earlier: str, later: str) -> None:
    first, second = (ObjectChange("b", "k", "created", sequencer).order or "" for sequencer in (earlier, later))

    assert first < second
    assert ObjectChange("b", "k", "created", "0A").order == ObjectChange("b", "k", "created", "0A000").order
    assert ObjectChange("b", "k", "created").order is None


def test_a_stream_names_each_study_once_with_its_first_record() -> None:
    def record(study: str, number: int, sort_key: str = "OBJECT#1#2#3") -> dict[str, Any]:
        return {
            "dynamodb": {
                "Keys": {"StudyInstanceUID": {"S": study}, "SortKey": {"S": sort_key}},
                "SequenceNumber": str(number),
            }
        }

    event = {"Records": [record("1.2", 1), record("1.3", 2), record("1.2", 3), record("1.4", 4, "STUDY")]}

    assert changed_studies(event, "OBJECT#") == {"1.2": "1", "1.3": "2"}
    assert changed_studies({"StudyInstanceUIDs": ["1.2", "1.2"]}, "OBJECT#") == {"1.2": ""}


@pytest.mark.parametrize("event", [None, [], {}, {"Records": 5}, {"Records": [{}]}, {"StudyInstanceUIDs": [5]}])
def test_anything_else_names_no_studies(event: Any) -> None:
    with pytest.raises(InvalidEvent, match="StudyInstanceUIDs"):
        changed_studies(event, "OBJECT#")
