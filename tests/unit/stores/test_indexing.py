"""The one rule by which rows come, change and go: the tables tell what the bucket holds, whatever came when."""

from itertools import permutations

import pytest

from serverless_dicom.change import ObjectChange
from serverless_dicom.errors import ObjectNotFound, RejectedObject, TransientError
from tests.bucket import Bucket, Change
from tests.datasets import INSTANCE, as_file, element, make_dataset, make_large_dataset, raw_file
from tests.peers import Peer, failing
from tests.stack import Stack

CT = as_file(make_dataset())
OTHER = as_file(make_dataset(SOPInstanceUID="1.2.3.301", PatientID="PAT-2"))
LARGE, LARGER = as_file(make_large_dataset(1)), as_file(make_large_dataset(2))
BROKEN = CT[:300]
UIDS = {
    "SOPInstanceUID": (0x00080018, INSTANCE),
    "StudyInstanceUID": (0x0020000D, "1.2.3.100"),
    "SeriesInstanceUID": (0x0020000E, "1.2.3.200"),
}


def apply(stack: Stack, *changes: Change) -> list[str]:
    return [stack.indexer.apply(change.change).result for change in changes]


def test_a_created_object_has_a_row_and_an_entry(stack: Stack, inbox: Bucket) -> None:
    created = inbox.put("a/CT.dcm", CT)

    assert apply(stack, created) == ["indexed"]

    row, entry = stack.objects()[0], stack.ledger()[f"s3://{inbox.name}/a/CT.dcm"]
    assert row["SOPInstanceUID"] == INSTANCE
    assert row["VersionId"] == created.version_id == entry["VersionId"]
    assert (entry["State"], entry["SortKey"]) == ("indexed", row["SortKey"])


def test_a_replay_changes_nothing(stack: Stack, inbox: Bucket) -> None:
    created = inbox.put("key", CT)
    apply(stack, created)
    before = stack.tables()

    assert apply(stack, created, created) == ["unchanged", "unchanged"]
    assert stack.tables() == before


def test_a_deleted_object_has_no_row_and_is_remembered(stack: Stack, inbox: Bucket) -> None:
    apply(stack, inbox.put("key", CT))
    apply(stack, inbox.delete("key"))

    assert stack.rows() == []
    assert stack.ledger()[f"s3://{inbox.name}/key"]["State"] == "deleted"


def test_an_object_overwritten_with_another_instance_leaves_one_row(stack: Stack, inbox: Bucket) -> None:
    apply(stack, inbox.put("key", CT), inbox.put("key", OTHER))

    assert [row["SOPInstanceUID"] for row in stack.objects()] == ["1.2.3.301"]


def test_one_instance_under_two_keys_is_two_rows_and_deleting_one_leaves_the_other(stack: Stack, inbox: Bucket) -> None:
    apply(stack, inbox.put("one", CT), inbox.put("two", CT))
    assert [row["Key"] for row in stack.objects()] in (["one", "two"], ["two", "one"])

    apply(stack, inbox.delete("one"))

    assert [row["Key"] for row in stack.objects()] == ["two"]


def test_a_rejected_object_is_recorded_with_its_reason_and_can_be_repaired(stack: Stack, inbox: Bucket) -> None:
    uri = f"s3://{inbox.name}/key"
    outcome = stack.indexer.apply(inbox.put("key", BROKEN).change)

    assert isinstance(outcome.error, RejectedObject)
    assert (stack.ledger()[uri]["State"], stack.ledger()[uri]["ReasonCode"]) == ("rejected", "truncated_header")
    assert stack.ledger()[uri]["Reason"] == str(outcome.error)
    assert stack.rows() == []

    assert apply(stack, inbox.put("key", CT)) == ["indexed"]
    assert "ReasonCode" not in stack.ledger()[uri]


def test_an_object_overwritten_by_what_is_no_dicom_loses_its_row(stack: Stack, inbox: Bucket) -> None:
    apply(stack, inbox.put("key", CT), inbox.put("key", b""))

    assert stack.rows() == []


@pytest.mark.parametrize("missing", UIDS)
def test_an_object_that_no_row_can_be_keyed_by_is_rejected(stack: Stack, inbox: Bucket, missing: str) -> None:
    for uid in (None, "", "1.2\\1.3", "1.2#3", "1" * 65, "é"):
        values = {tag: value if name != missing else uid for name, (tag, value) in UIDS.items()}
        body = b"".join(
            element(tag, "UI", value.encode("latin-1")) for tag, value in values.items() if value is not None
        )

        outcome = stack.indexer.apply(inbox.put("key", raw_file(body, identified=False)).change)

        assert outcome.error
        assert outcome.error.code == "invalid_identifier"
        assert missing in str(outcome.error)


def test_an_object_that_is_gone_before_it_is_read_leaves_nothing(stack: Stack, inbox: Bucket) -> None:
    created = inbox.put("key", CT)
    inbox.delete("key")

    outcome = stack.indexer.apply(created.change)

    assert isinstance(outcome.error, ObjectNotFound)
    assert stack.rows() == []


@pytest.mark.parametrize(
    "history",
    [
        lambda b: [b.put("k", CT), b.put("k", OTHER), b.put("k", CT)],
        lambda b: [b.put("k", CT), b.delete("k"), b.put("k", OTHER)],
        lambda b: [b.put("k", CT), b.put("k", OTHER), b.delete("k")],
        lambda b: [b.put("k", BROKEN), b.put("k", CT), b.put("other", CT)],
        lambda b: [b.put("k", CT), b.put("k", BROKEN), b.delete("k")],
        lambda b: [b.put("k", LARGE), b.put("k", CT), b.put("k", LARGER)],
        lambda b: [b.put("k", LARGE), b.put("k", LARGER), b.delete("k")],
        lambda b: [(v1 := b.put("k", CT)), b.put("k", OTHER), b.delete_version("k", v1.version_id)],
        lambda b: [b.put("k", CT), (v2 := b.put("k", OTHER)), b.delete_version("k", v2.version_id)],
        lambda b: [(v1 := b.put("k", CT)), b.delete_version("k", v1.version_id)],
        lambda b: [b.put("k", CT), (m := b.delete("k")), b.delete_version("k", m.version_id)],
        lambda b: [b.put("a", CT), b.put("b", CT), b.delete("a"), b.put("b", OTHER)],
    ],
    ids=[
        *("overwritten twice", "deleted and created", "overwritten and deleted", "rejected, repaired, and another"),
        *("indexed, rejected, deleted", "large, small, larger", "large and deleted", "old version deleted"),
        *("newest version deleted", "only version deleted", "delete marker deleted", "two keys"),
    ],
)
def test_every_order_of_the_events_gives_the_same_tables(stack: Stack, inbox: Bucket, history: object) -> None:
    changes: list[Change] = history(inbox)  # type: ignore[operator]
    apply(stack, *changes)
    expected, headers = stack.tables(), stack.header_keys()
    for order in permutations(changes):
        stack.forget()
        apply(stack, *order, *order[:2])
        assert stack.tables() == expected, [change.sequencer for change in order]
        assert stack.header_keys() == headers


def test_without_a_sequencer_the_object_is_looked_at_as_it_is_now(stack: Stack, inbox: Bucket) -> None:
    created = inbox.put("key", CT)
    now = ObjectChange(inbox.name, "key", "created")
    assert stack.indexer.apply(now).result == "indexed"
    assert apply(stack, created) == ["indexed"]
    late = inbox.put("key", OTHER)

    assert stack.indexer.apply(now).result == "indexed"
    assert [row["SOPInstanceUID"] for row in stack.objects()] == ["1.2.3.301"]
    inbox.delete("key")
    assert stack.indexer.apply(now).result == "deleted"
    assert stack.rows() == []
    assert apply(stack, late) == ["deleted"]


def test_a_deletion_without_a_sequencer_is_looked_at_too(stack: Stack, inbox: Bucket) -> None:
    apply(stack, inbox.put("key", CT))
    gone = ObjectChange(inbox.name, "key", "deleted")

    assert stack.indexer.apply(gone).result == "indexed"
    assert len(stack.objects()) == 1
    inbox.delete("key")
    assert stack.indexer.apply(gone).result == "deleted"
    assert stack.rows() == []


def test_an_object_of_a_bucket_whose_versions_came_later_has_none(stack: Stack) -> None:
    stack.s3.create_bucket(Bucket="older")
    stack.s3.put_object(Bucket="older", Key="key", Body=LARGE)
    stack.s3.put_bucket_versioning(Bucket="older", VersioningConfiguration={"Status": "Enabled"})

    assert stack.indexer.apply(ObjectChange("older", "key", "created", "0A", "null")).result == "indexed"
    assert stack.objects()[0]["VersionId"] is None


def test_a_large_header_lies_in_its_bucket_and_goes_with_its_row(stack: Stack, inbox: Bucket) -> None:
    apply(stack, inbox.put("key", LARGE))
    row = stack.objects()[0]

    assert "Header" not in row
    assert stack.headers()[row["HeaderKey"]]["Header"]["00100020"]["Value"] == ["PAT-4711"]

    apply(stack, inbox.put("key", LARGER))
    assert stack.header_keys() == {stack.objects()[0]["HeaderKey"]}

    apply(stack, inbox.delete("key"))
    assert stack.header_keys() == set()


def test_a_large_header_that_could_not_be_removed_is_removed_at_the_next_delivery(stack: Stack, inbox: Bucket) -> None:
    apply(stack, inbox.put("key", LARGE))
    deleted = inbox.delete("key").change

    with pytest.raises(TransientError):
        stack.indexer_of(failing(stack.s3, "delete_object"), stack.dynamodb).apply(deleted)
    stack.indexer.apply(deleted)

    assert stack.header_keys() == set()


def test_an_object_that_goes_while_it_is_read_is_looked_at_again(stack: Stack, inbox: Bucket) -> None:
    created = inbox.put("key", LARGE)

    def vanish(name: str, number: int) -> None:
        if (name, number) == ("get_object", 1):
            inbox.delete_version("key", created.version_id)

    outcome = stack.indexer_of(Peer(stack.s3, vanish), stack.dynamodb).apply(created.change)

    assert isinstance(outcome.error, ObjectNotFound)


def test_an_object_that_is_overwritten_while_it_is_read_is_never_a_mixture(stack: Stack, inbox: Bucket) -> None:
    created = inbox.put("key", LARGE)

    def overwrite(name: str, number: int) -> None:
        if (name, number) == ("get_object", 1):
            inbox.put("key", as_file(make_dataset(PatientID="PAT-2", TextValue="x" * 900_000)))

    indexer = stack.indexer_of(Peer(stack.s3, overwrite), stack.dynamodb)
    try:
        indexer.apply(created.change)
    except TransientError:
        indexer.apply(created.change)

    assert [row["PatientID"] for row in stack.objects()] == ["PAT-2"]


@pytest.mark.parametrize("method", ["get_object", "put_object"])
def test_what_s3_refuses_is_tried_again_later(stack: Stack, inbox: Bucket, method: str) -> None:
    created = inbox.put("key", LARGE).change

    for code in ("SlowDown", "InternalError", "AccessDenied", "InvalidObjectState"):
        with pytest.raises(TransientError, match=code):
            stack.indexer_of(failing(stack.s3, method, code), stack.dynamodb).apply(created)
    assert stack.tables() == ([], {})
    assert stack.indexer.apply(created).result == "indexed"


@pytest.mark.parametrize("method", ["get_item", "transact_write_items"])
def test_what_dynamodb_refuses_is_tried_again_later(stack: Stack, inbox: Bucket, method: str) -> None:
    created = inbox.put("key", CT).change

    for code in ("ProvisionedThroughputExceededException", "TransactionCanceledException", "ThrottlingException"):
        with pytest.raises(TransientError, match=code):
            stack.indexer_of(stack.s3, failing(stack.dynamodb, method, code)).apply(created)
    assert stack.indexer.apply(created).result == "indexed"
