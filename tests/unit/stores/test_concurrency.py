"""Two workers at one object: whatever one does between two steps of the other, the tables tell of the bucket."""

from collections.abc import Callable
from functools import partial

import pytest

from serverless_dicom.errors import TransientError
from tests.bucket import Bucket, Change
from tests.datasets import as_file, make_dataset, make_large_dataset
from tests.peers import Peer
from tests.stack import Stack

CT = as_file(make_dataset())
OTHER = as_file(make_dataset(SOPInstanceUID="1.2.3.301"))
LARGE, LARGER = as_file(make_large_dataset(1)), as_file(make_large_dataset(2))

STEPS = 8
"""More calls than one worker makes of S3 and DynamoDB for one change."""


def settled(stack: Stack, change: Change) -> None:
    """Apply a change as a queue does: again, if it could not be applied just now."""
    try:
        stack.indexer.apply(change.change)
    except TransientError:
        stack.indexer.apply(change.change)


def consistent(stack: Stack) -> None:
    """Every row is the ledger's, every large header a row's."""
    rows, ledger = stack.objects(), stack.ledger()
    assert {(row["S3Uri"], row["SortKey"]) for row in rows} == {
        (uri, entry["SortKey"]) for uri, entry in ledger.items() if entry["State"] == "indexed"
    }
    assert stack.header_keys() == {row["HeaderKey"] for row in rows if "HeaderKey" in row}
    assert not [uri for uri, entry in ledger.items() if "ObsoleteHeaderKey" in entry]


def interleaved(stack: Stack, first: Change, at: int, meanwhile: Callable[[], None]) -> None:
    """Apply a change; before the worker's call of that number, something else happens."""
    calls = [0]

    def before(_: str, __: int) -> None:
        calls[0] += 1
        if calls[0] == at + 1:
            meanwhile()

    indexer = stack.indexer_of(Peer(stack.s3, before), Peer(stack.dynamodb, before))
    try:
        indexer.apply(first.change)
    except TransientError:
        indexer.apply(first.change)


def versions(stack: Stack, key: str) -> list[str]:
    """Of the object's rows."""
    return [row["VersionId"] for row in stack.objects() if row["Key"] == key]


@pytest.mark.parametrize(
    ("old", "new"),
    [(CT, OTHER), (LARGE, LARGER), (LARGE, CT), (CT, None), (LARGE, None)],
    ids=["overwritten", "large, overwritten", "large, overwritten by small", "deleted", "large, deleted"],
)
def test_the_next_change_comes_and_is_applied_meanwhile(
    stack: Stack, inbox: Bucket, old: bytes, new: bytes | None
) -> None:
    for at in range(STEPS):
        key, happened = f"key {at}", list[Change]()
        first = inbox.put(key, old)

        def meanwhile(key: str = key, happened: list[Change] = happened) -> None:
            happened.append(inbox.put(key, new) if new else inbox.delete(key))
            settled(stack, happened[0])

        interleaved(stack, first, at, meanwhile)

        for change in (first, *happened):  # whatever was delivered twice
            settled(stack, change)
        consistent(stack)
        if happened:
            assert versions(stack, key) == ([happened[0].version_id] if new else [])


@pytest.mark.parametrize("body", [CT, LARGE], ids=["small", "large"])
def test_the_same_message_is_delivered_to_both(stack: Stack, inbox: Bucket, body: bytes) -> None:
    for at in range(STEPS):
        change = inbox.put(f"key {at}", body)

        interleaved(stack, change, at, partial(settled, stack, change))

        consistent(stack)
        assert versions(stack, change.key) == [change.version_id]


def test_an_older_change_is_applied_meanwhile(stack: Stack, inbox: Bucket) -> None:
    for at in range(STEPS):
        older, newer = inbox.put(f"key {at}", LARGE), inbox.put(f"key {at}", LARGER)

        interleaved(stack, newer, at, partial(settled, stack, older))

        consistent(stack)
        assert versions(stack, newer.key) == [newer.version_id]


def test_an_object_that_never_rests_is_left_to_the_queue(stack: Stack, inbox: Bucket) -> None:
    change = inbox.put("key", CT)

    def restless(name: str, _: int) -> None:
        if name == "transact_write_items":
            stack.indexer.apply(inbox.put("key", OTHER).change)

    with pytest.raises(TransientError, match="kept changing"):
        stack.indexer_of(stack.s3, Peer(stack.dynamodb, restless)).apply(
            type(change)(change.bucket, change.key, "FFFFFF", change.version_id).change
        )
    consistent(stack)
