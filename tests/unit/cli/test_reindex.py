"""`serverless-dicom reindex`: what is sent, and how an interrupted run goes on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serverless_dicom.change import ObjectChange
from serverless_dicom.runtime.events import queued_changes
from serverless_dicom_cli.aws import Aws
from tests.stack import INBOX
from tests.unit.cli.account import EXISTING, Account, InMemory

KEYS = [f"in/{number:03}.dcm" for number in range(45)]


@pytest.fixture
def archive(account: Account) -> Account:
    """A bucket that was there before the stack."""
    for key in KEYS:
        account.s3.put_object(Bucket=EXISTING, Key=key, Body=b"x")
    return account


def changes(account: Account) -> list[ObjectChange]:
    return [change for body in account.bodies("IndexQueue") for change in queued_changes(body)]


def state_files(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / "state" / "serverless-dicom").glob("*")


class Breaks:
    """An SQS that refuses, in a way that a repetition may mend or not, or that is interrupted at a key."""

    def __init__(self, client: Any, at: str, *, error: type[BaseException] | None = None, times: int = 1000) -> None:
        self.client, self.at, self.error, self.times = client, at, error, times

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - SQS's names
        broken = [entry for entry in Entries if self.at in entry["MessageBody"]] if self.times else []
        if broken and self.error:
            raise self.error
        self.times -= bool(broken)
        rest = [entry for entry in Entries if entry not in broken]
        answer = self.client.send_message_batch(QueueUrl=QueueUrl, Entries=rest) if rest else {}
        failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": self.times > 500} for entry in broken]
        return answer | {"Failed": failed}


def broken(account: Account, **how: Any) -> Aws:
    aws = InMemory(account.outputs, account.functions)
    aws.sqs = Breaks(account.sqs, **how)  # type: ignore[assignment]
    return aws


def test_every_object_is_looked_at_as_it_is_now(archive: Account, tmp_path: Path) -> None:
    ran = archive.run("reindex", f"s3://{EXISTING}")
    assert (ran.status, ran.out) == (0, "45 objects sent to be indexed\n")
    assert sorted(changes(archive), key=lambda change: change.key) == [
        ObjectChange(EXISTING, key, "created") for key in KEYS
    ]
    assert not list(state_files(tmp_path))


def test_keys_arrive_as_they_are(account: Account) -> None:
    names = ["a b+c%20&=?#.dcm", "山田/é.dcm", "folder/"]
    for key in names:
        account.s3.put_object(Bucket=INBOX, Key=key, Body=b"x" if key != "folder/" else b"")
    account.run("reindex", f"s3://{INBOX}")
    assert {change.key for change in changes(account)} == set(names[:2])


def test_a_prefix_limits_what_is_sent(archive: Account) -> None:
    archive.s3.put_object(Bucket=EXISTING, Key="out/1.dcm", Body=b"x")
    archive.run("reindex", f"s3://{EXISTING}/out/")
    assert [change.key for change in changes(archive)] == ["out/1.dcm"]


def test_an_interrupted_run_goes_on_where_it_stopped(archive: Account, tmp_path: Path) -> None:
    stopped = archive.run("reindex", f"s3://{EXISTING}", aws=broken(archive, at="in/023", error=KeyboardInterrupt))
    assert stopped.status == 130
    changes(archive)
    (file,) = state_files(tmp_path)
    assert file.stat().st_mode & 0o077 == 0
    again = archive.run("reindex", f"s3://{EXISTING}")
    assert again.status == 0
    assert "goes on after in/019.dcm" in again.err
    assert {change.key for change in changes(archive)} == set(KEYS[20:])
    assert not list(state_files(tmp_path))


def test_restart_begins_anew(archive: Account) -> None:
    archive.run("reindex", f"s3://{EXISTING}", aws=broken(archive, at="in/023", error=KeyboardInterrupt))
    changes(archive)
    archive.run("reindex", f"s3://{EXISTING}", "--restart")
    assert len(changes(archive)) == 45


def test_another_prefix_does_not_go_on_from_there(archive: Account) -> None:
    archive.run("reindex", f"s3://{EXISTING}", aws=broken(archive, at="in/023", error=KeyboardInterrupt))
    changes(archive)
    archive.run("reindex", f"s3://{EXISTING}/in/")
    assert len(changes(archive)) == 45


def test_a_file_of_other_work_is_refused(archive: Account, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    file.write_text(json.dumps({"what": "s3://elsewhere to a queue", "after": "x"}))
    ran = archive.run("reindex", f"s3://{EXISTING}", "--resume-file", file)
    assert ran.status == 1
    assert "is of other work" in ran.err
    file.write_text("not ours")
    assert archive.run("reindex", f"s3://{EXISTING}", "--resume-file", file).status == 1
    assert changes(archive) == []


def test_a_message_that_sqs_refuses_once_is_sent_again(archive: Account) -> None:
    ran = archive.run("reindex", f"s3://{EXISTING}", aws=broken(archive, at="in/023", times=1))
    assert ran.status == 0
    assert {change.key for change in changes(archive)} == set(KEYS)


def test_what_cannot_be_sent_is_told_and_the_next_run_begins_before_it(archive: Account) -> None:
    ran = archive.run("reindex", f"s3://{EXISTING}", aws=broken(archive, at="in/023"))
    assert ran.status == 1
    assert f"not sent: s3://{EXISTING}/in/023.dcm (InternalError)" in ran.err
    assert ran.out.startswith("44 objects sent to be indexed, 1 failed")
    changes(archive)
    assert archive.run("reindex", f"s3://{EXISTING}").status == 0
    assert "in/023.dcm" in {change.key for change in changes(archive)}


def test_a_bucket_that_the_stack_may_not_read_is_refused(account: Account) -> None:
    ran = account.run("reindex", "s3://somebody-s/")
    assert ran.status == 1
    assert "ExistingBucket=somebody-s" in ran.err


def test_a_path_is_a_wrong_command_line(account: Account) -> None:
    ran = account.run("reindex", "somewhere/")
    assert ran.status == 2
    assert "expected s3://BUCKET" in ran.err
