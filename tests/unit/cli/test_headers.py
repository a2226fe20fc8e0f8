"""`serverless-dicom headers`: of files, of folders, of objects."""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from serverless_dicom_cli.main import main
from tests.datasets import as_file, make_dataset
from tests.stack import INBOX
from tests.unit.cli.account import Account

CT = str(get_testdata_file("CT_small.dcm", download=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of DICOM, one of them cut off in its header, and something else."""
    folder = tmp_path / "study"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "1.dcm").write_bytes(Path(CT).read_bytes())
    (folder / "b" / "2.dcm").write_bytes(Path(CT).read_bytes()[:1500])
    (folder / "notes.txt").write_text("no DICOM " * 100)
    return folder


def test_json_is_one_array_with_an_element_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["headers", str(folder), "--output", "json"])
    whole, cut, notes = json.loads(capsys.readouterr().out)
    assert status == 1
    assert whole["path"] == f"{folder}/b/1.dcm"
    assert whole["record"]["PatientID"] == "1CT1"
    assert whole["header"]["00100020"] == {"vr": "LO", "Value": ["1CT1"]}
    assert (whole["notes"], whole["incomplete"]) == ([], False)
    assert (cut["path"], cut["error"]["code"]) == (f"{folder}/b/2.dcm", "truncated_header")
    assert (notes["path"], notes["error"]["code"]) == (f"{folder}/notes.txt", "not_dicom")
    assert set(notes) == {"path", "error"}
    assert set(notes["error"]) == {"code", "message"}


def test_status_is_0_when_every_header_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["headers", CT, CT]) == 0
    assert capsys.readouterr().out.count("PatientID ") == 2


def test_decimals_are_json_numbers_with_all_their_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "1.dcm"
    file.write_bytes(as_file(make_dataset(SliceThickness="1.2345678901234", KVP="1E-3", PixelSpacing=["0.10", "2"])))
    assert main(["headers", str(file), "--output", "json"]) == 0
    (element,) = json.loads(capsys.readouterr().out, parse_float=Decimal)
    assert element["record"]["SliceThickness"] == Decimal("1.2345678901234")
    assert element["record"]["KVP"] == Decimal("0.001")
    assert str(element["record"]["PixelSpacing"][0]) == "0.10"


def test_text_shows_the_record_and_what_is_wrong_beside_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["headers", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == f"{folder}/b/1.dcm"
    assert ["PatientName", "CompressedSamples^CT1"] in [line.split() for line in out.splitlines()]
    assert ["ReferringPhysicianName", "none"] in [line.split() for line in out.splitlines()]
    assert [line.rpartition(" ")[2] for line in err.splitlines()] == ["(truncated_header)", "(not_dicom)"]


def test_an_incomplete_file_and_its_notes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "1.dcm"
    file.write_bytes(as_file(make_dataset(PatientName="Doe^John^"))[:-8])
    assert main(["headers", str(file), "--output", "json"]) == 0
    (element,) = json.loads(capsys.readouterr().out)
    assert element["incomplete"]
    assert [(note["path"], note["code"]) for note in element["notes"]] == [("00100010", "empty_components")]
    assert main(["headers", str(file)]) == 0
    out = capsys.readouterr().out
    assert "incomplete" in out
    assert "00100010 empty_components" in out


def test_text_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "1.dcm"
    file.write_bytes(as_file(make_dataset(StudyDescription="red\x9b31m \u202egnorw", PatientName="山田\u3000[b]太郎")))
    main(["headers", str(file)])
    out = capsys.readouterr().out
    assert "red\\x9b31m \\u202egnorw" in out
    assert "山田\u3000[b]太郎" in out


def test_what_is_not_there_or_no_file_fails_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    paths = [str(tmp_path / name) for name in ("missing", "pipe", "empty")]
    assert main(["headers", *paths, CT, "--output", "json"]) == 1
    *failed, last = json.loads(capsys.readouterr().out)
    assert [(element["path"], element["error"]["code"]) for element in failed] == [
        (paths[0], "unreadable"),
        (paths[1], "unreadable"),
        (paths[2], "nothing_found"),
    ]
    assert last["record"]["PatientID"] == "1CT1"


def test_a_link_to_a_folder_above_is_not_followed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "b" / "up").symlink_to(folder)
    main(["headers", str(folder), "--output", "json"])
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_objects_are_read_one_or_all_below_a_prefix(account: Account) -> None:
    for key in ("in/1.dcm", "in/a b+é%20.dcm", "in/", "other.dcm"):
        account.s3.put_object(Bucket=INBOX, Key=key, Body=Path(CT).read_bytes() if key != "in/" else b"")
    account.s3.put_object(Bucket=INBOX, Key="in/empty", Body=b"")
    below = account.run("headers", f"s3://{INBOX}/in/", "--output", "json")
    assert below.status == 1
    assert {element["path"]: element.get("error", {}).get("code") for element in below.json} == {
        f"s3://{INBOX}/in/1.dcm": None,
        f"s3://{INBOX}/in/a b+é%20.dcm": None,
        f"s3://{INBOX}/in/empty": "empty_object",
    }
    one = account.run("headers", f"s3://{INBOX}/other.dcm", "--output", "json")
    assert one.status == 0
    assert [element["record"]["PatientID"] for element in one.json] == ["1CT1"]


def test_an_object_or_a_bucket_that_is_not_there_is_told_in_its_place(account: Account) -> None:
    urls = [f"s3://{INBOX}/missing", f"s3://{INBOX}/none/", "s3://missing/", "s3://missing/1.dcm"]
    ran = account.run("headers", *urls, CT, "--output", "json")
    assert ran.status == 1
    *failed, last = ran.json
    assert [element["path"] for element in failed] == urls
    assert [element["error"]["message"].partition(":")[0] for element in failed] == [
        "there is no such object",
        "nothing is there",
        "there is no such bucket",
        "there is no such bucket",
    ]
    assert last["record"]["PatientID"] == "1CT1"


def test_more_objects_than_are_read_at_once_come_in_order(account: Account) -> None:
    for number in range(40):
        data = as_file(make_dataset(PatientID=f"P{number:02}"))
        account.s3.put_object(Bucket=INBOX, Key=f"{number:02}.dcm", Body=data)
    ran = account.run("headers", f"s3://{INBOX}/", "--output", "json")
    assert [element["record"]["PatientID"] for element in ran.json] == [f"P{number:02}" for number in range(40)]


@pytest.mark.parametrize("url", ["s3://", "s3:///key"])
def test_a_url_without_a_bucket_is_a_wrong_command_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["headers", CT, url]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "expected s3://BUCKET" in err


def test_each_file_is_a_line_of_the_array(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["headers", str(folder), "--output", "json"])
    first, *elements, last = capsys.readouterr().out.splitlines()
    assert (first, last) == ("[", "]")
    assert [json.loads(line.rstrip(","))["path"][-5:] for line in elements] == ["1.dcm", "2.dcm", "s.txt"]
