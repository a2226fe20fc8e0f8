"""`serverless-dicom upload`: which files go, under which keys, and what is told of the others."""

import os
from pathlib import Path

import pytest

from tests.datasets import as_file, make_dataset
from tests.stack import INBOX
from tests.unit.cli.account import Account


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with DICOM files, one of them cut off in its header, and what else lies in such folders."""
    study = tmp_path / "Study 1+"
    (study / "deeper").mkdir(parents=True)
    (study / "1.dcm").write_bytes(as_file(make_dataset()))
    (study / "deeper" / "é%20.dcm").write_bytes(as_file(make_dataset()))
    (study / "deeper" / "cut.dcm").write_bytes(as_file(make_dataset())[:300])
    (study / "notes.txt").write_text("no DICOM " * 100)
    (study / "empty").touch()
    return study


def keys(account: Account, bucket: str = INBOX) -> list[str]:
    return [found["Key"] for found in account.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_of_a_folder_what_is_dicom_goes_and_the_rest_is_named(account: Account, study: Path) -> None:
    ran = account.run("upload", study)
    assert ran.status == 0
    assert keys(account) == ["Study 1+/1.dcm", "Study 1+/deeper/cut.dcm", "Study 1+/deeper/é%20.dcm"]
    assert ran.out.splitlines() == [f"s3://{INBOX}/{key}" for key in keys(account)]
    assert f"skipped: {study}/notes.txt" in ran.err
    assert f"skipped: {study}/empty" in ran.err
    assert ran.err.splitlines()[-1] == "3 uploaded, 2 skipped"
    body = account.s3.get_object(Bucket=INBOX, Key="Study 1+/1.dcm")["Body"].read()
    assert body == (study / "1.dcm").read_bytes()


def test_a_file_that_is_named_goes_whatever_it_is(account: Account, study: Path) -> None:
    ran = account.run("upload", study / "notes.txt", study / "empty")
    assert ran.status == 0
    assert keys(account) == ["empty", "notes.txt"]


def test_a_prefix_is_a_folder_with_or_without_its_slash(account: Account, study: Path) -> None:
    account.run("upload", study / "1.dcm", "--prefix", "in/2024")
    account.run("upload", study / "deeper", "--prefix", "/more/")
    assert keys(account) == ["in/2024/1.dcm", "more/deeper/cut.dcm", "more/deeper/é%20.dcm"]


def test_another_bucket_needs_no_stack(account: Account, study: Path) -> None:
    account.s3.create_bucket(Bucket="another")
    account.outputs.clear()
    ran = account.run("upload", study / "1.dcm", "--bucket", "another")
    assert (ran.status, ran.out) == (0, "s3://another/1.dcm\n")
    assert keys(account, "another") == ["1.dcm"]


def test_the_folder_one_stands_in_goes_under_its_own_name(
    account: Account, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study / "deeper")
    account.run("upload", ".")
    assert keys(account) == ["deeper/cut.dcm", "deeper/é%20.dcm"]


def test_json_tells_of_every_file(account: Account, study: Path) -> None:
    ran = account.run("upload", study / "deeper", study / "missing.dcm", study / "notes.txt", "--output", "json")
    assert ran.status == 1
    assert ran.json == [
        {"path": f"{study}/deeper/cut.dcm", "url": f"s3://{INBOX}/deeper/cut.dcm"},
        {"path": f"{study}/deeper/é%20.dcm", "url": f"s3://{INBOX}/deeper/é%20.dcm"},
        {"path": f"{study}/missing.dcm", "error": {"code": "unreadable", "message": "No such file or directory"}},
        {"path": f"{study}/notes.txt", "url": f"s3://{INBOX}/notes.txt"},
    ]
    skipped = account.run("upload", study, "--output", "json").json[-1]
    assert skipped["skipped"]["code"] == "not_dicom"


def test_failures_do_not_stop_the_rest(account: Account, tmp_path: Path, study: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nothing").mkdir()
    ran = account.run("upload", tmp_path / "pipe", tmp_path / "nothing", study / "1.dcm")
    assert ran.status == 1
    assert keys(account) == ["1.dcm"]
    assert ran.err.splitlines()[-1] == "1 uploaded, 2 failed"


def test_a_name_that_cannot_be_a_key_is_told(account: Account, study: Path) -> None:
    (study / "deeper" / os.fsdecode(b"\xff.dcm")).write_bytes((study / "1.dcm").read_bytes())
    ran = account.run("upload", study / "deeper")
    assert ran.status == 1
    assert "\\udcff.dcm: its name is no UTF-8" in ran.err
    assert keys(account) == ["deeper/cut.dcm", "deeper/é%20.dcm"]


def test_two_paths_of_one_name_would_become_the_same_objects(account: Account, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.dcm").write_bytes(as_file(make_dataset()))
    ran = account.run("upload", tmp_path / "a" / "1.dcm", tmp_path / "b" / "1.dcm")
    assert ran.status == 2
    assert "two paths have the same name" in ran.err
    assert keys(account) == []


def test_a_bucket_that_is_not_there_is_told_once(account: Account, study: Path) -> None:
    ran = account.run("upload", study, "--bucket", "missing")
    assert ran.status == 1
    assert ran.err.count("there is no such bucket") == 1


def test_more_files_than_go_at_once(account: Account, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(50):
        (many / f"{number:02}.dcm").write_bytes(as_file(make_dataset(InstanceNumber=str(number))))
    ran = account.run("upload", many)
    assert ran.out.splitlines() == [f"s3://{INBOX}/many/{number:02}.dcm" for number in range(50)]
    assert len(keys(account)) == 50
