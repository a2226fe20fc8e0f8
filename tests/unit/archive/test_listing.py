"""What lies below a prefix, and which of it is DICOM: listed by pages, looked at by range, copied without its bytes."""

import pytest

from serverless_dicom.archive.copying import copied
from serverless_dicom.archive.listing import HEAD, Skipped, listed, looked_at, measured
from serverless_dicom.archive.places import Place
from serverless_dicom.archive.sharding import QUOTAS, StoredFile
from serverless_dicom.errors import ObjectNotFound, TooManyFiles, TransientError
from tests.importing import DIRECTORY, part10, put
from tests.peers import Peer, failing
from tests.stack import IMPORTS, INBOX, Stack

SECONDS = 60


def verdicts(stack: Stack, *files: StoredFile) -> list[Skipped | None]:
    return [verdict for _, verdict in looked_at(stack.s3, INBOX, files, SECONDS)]


def test_given_a_folder_then_all_below_it_is_found_without_the_marks_of_folders(stack: Stack) -> None:
    put(stack.s3, INBOX, study__1_dcm=b"1", study__a__2_dcm=b"22", study2__3_dcm=b"3", study__a__=b"")

    for prefix in ("study", "study/"):
        place, found = listed(stack.s3, Place(INBOX, prefix))
        assert place == Place(INBOX, "study/")
        assert found == [StoredFile("study/1.dcm", 1), StoredFile("study/a/2.dcm", 2)]
    assert len(listed(stack.s3, Place(INBOX))[1]) == 3


def test_given_the_key_of_an_object_then_that_alone_is_meant(stack: Stack) -> None:
    put(stack.s3, INBOX, study__1_dcm=b"1", study__1_dcm2=b"2")

    assert listed(stack.s3, Place(INBOX, "study/1.dcm")) == (
        Place(INBOX, "study/1.dcm"),
        [StoredFile("study/1.dcm", 1)],
    )
    assert listed(stack.s3, Place(INBOX, "study/1.dc")) == (Place(INBOX, "study/1.dc/"), [])


def test_given_more_files_than_a_page_or_than_an_import_takes(stack: Stack) -> None:
    for number in range(1001):
        stack.s3.put_object(Bucket=INBOX, Key=f"many/{number:04}", Body=b"")
    assert len(listed(stack.s3, Place(INBOX, "many/"))[1]) == 1001

    with pytest.raises(TooManyFiles, match="more than 1,000 files: import the folders below it one by one"):
        listed(stack.s3, Place(INBOX, "many/"), 1000)


def test_given_no_such_bucket_then_that_is_said(stack: Stack) -> None:
    with pytest.raises(ObjectNotFound):
        listed(stack.s3, Place("no-such-bucket"))
    with pytest.raises(TransientError, match=r"listing s3://.*: AccessDenied"):
        listed(failing(stack.s3, "list_objects_v2", "AccessDenied"), Place(INBOX, "a"))


def test_given_files_of_all_kinds_then_each_is_told_what_it_is(stack: Stack) -> None:
    put(stack.s3, INBOX, a=part10(b"x" * 2000), b=b"text", c=part10(DIRECTORY), d=b"", e=b"x" * 500)
    found = verdicts(
        stack,
        StoredFile("a", 2132),
        StoredFile("b", 4),
        StoredFile("c", 200),
        StoredFile("d", 0),
        StoredFile("e", 500),
        StoredFile("gone", 9),
        StoredFile("huge", QUOTAS.file_size + 1),
        StoredFile("d", 7),
    )
    codes = [one and one.code for one in found]
    assert codes == [
        None,
        "not_dicom",
        "dicomdir",
        "empty_object",
        "not_dicom",
        "object_not_found",
        "file_too_large",
        "not_dicom",
    ]
    assert all(one is None or one.message for one in found)


def test_given_a_large_file_then_its_beginning_alone_is_read(stack: Stack) -> None:
    put(stack.s3, INBOX, large=part10(b"x" * 100_000))
    asked: list[str] = []

    def note(params: dict[str, str], **_: object) -> None:
        asked.append(params["Range"])

    stack.s3.meta.events.register("before-parameter-build.s3.GetObject", note)
    try:
        assert verdicts(stack, StoredFile("large", 100_132)) == [None]
    finally:
        stack.s3.meta.events.unregister("before-parameter-build.s3.GetObject", note)

    assert asked == [f"bytes=0-{HEAD - 1}"]


def test_given_many_files_then_their_order_is_kept_and_time_is_bounded(stack: Stack) -> None:
    files = [StoredFile(f"{number:04}", 0) for number in range(500)]
    assert [file for file, _ in looked_at(stack.s3, INBOX, files, SECONDS)] == files
    with pytest.raises(TooManyFiles, match="500 files are more than can be looked at in 0 seconds"):
        list(looked_at(stack.s3, INBOX, files, 0))


def test_given_a_refused_read_then_it_may_be_tried_again(stack: Stack) -> None:
    put(stack.s3, INBOX, a=part10())
    with pytest.raises(TransientError, match="SlowDown"):
        list(looked_at(failing(stack.s3, "get_object"), INBOX, [StoredFile("a", 132)], SECONDS))


def test_given_keys_then_those_that_are_there_are_measured(stack: Stack) -> None:
    put(stack.s3, INBOX, a=b"12345")
    assert measured(stack.s3, INBOX, ["a", "gone"]) == [StoredFile("a", 5)]


def test_copies_have_the_bytes_and_neither_tags_nor_metadata(stack: Stack) -> None:
    stack.s3.put_object(Bucket=INBOX, Key="a b+日.dcm", Body=b"bytes", Metadata={"owner": "x"}, Tagging="a=b")

    missing = copied(stack.s3, (INBOX, ["a b+日.dcm", "gone"]), (IMPORTS, ["staging/0.dcm", "staging/1.dcm"]))

    assert missing == ["gone"]
    found = stack.s3.get_object(Bucket=IMPORTS, Key="staging/0.dcm")
    assert (found["Body"].read(), found["Metadata"], found["ContentType"]) == (b"bytes", {}, "application/dicom")
    assert stack.s3.get_object_tagging(Bucket=IMPORTS, Key="staging/0.dcm")["TagSet"] == []


def test_given_a_copy_that_s3_refuses_then_it_may_be_tried_again(stack: Stack) -> None:
    put(stack.s3, INBOX, a=b"1")
    peer: Peer = failing(stack.s3, "copy_object")
    with pytest.raises(TransientError, match=r"copying s3://.*/a: SlowDown"):
        copied(peer, (INBOX, ["a"]), (IMPORTS, ["b"]))
