"""`serverless-dicom export` and `verify`: files, what is told of them, and the exit status."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from tests.image_sets import DATASTORE, IMAGE_SET, STUDY, DataStore, Set, encoded, frame_id, noise
from tests.unit.cli.account import Account, InMemory, Ran

OTHER = "b" * 32


class WithArchive(InMemory):
    """An account whose HealthImaging is in memory."""

    store: DataStore

    @property
    def health_imaging(self) -> Any:
        return self.store


class Archive:
    """The command line, and the data store that it works with."""

    def __init__(self, account: Account, store: DataStore) -> None:
        self.account, self.store = account, store

    def run(self, *arguments: object) -> Ran:
        aws = WithArchive({**self.account.outputs, "DatastoreId": DATASTORE}, self.account.functions)
        aws.store = self.store
        return self.account.run(*arguments, aws=aws)


@pytest.fixture
def archive(account: Account) -> Archive:
    """A study of a series with an instance of one frame, one of two and a report, and a set that is not primary."""
    first, second = Set(), Set(OTHER, primary=False)
    first.add("1.2.1", noise(9, 7))
    first.add("1.2.2", noise(9, 7, seed=2), noise(9, 7, seed=3), number="2")
    first.add("1.2.3", number="3")
    second.add("1.2.1", noise(9, 7, seed=99))
    return Archive(account, DataStore([first, second]))


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_an_image_set_is_written_as_files_that_are_named_by_their_instances(archive: Archive, tmp_path: Path) -> None:
    ran = archive.run("export", IMAGE_SET, "-o", tmp_path / "out")

    assert (ran.status, ran.err) == (0, "3 written\n")
    assert names(tmp_path / "out") == ["1.2.1.dcm", "1.2.2.dcm", "1.2.3.dcm"]
    assert sorted(ran.out.splitlines()) == [str(tmp_path / "out" / name) for name in names(tmp_path / "out")]
    assert np.array_equal(dcmread(tmp_path / "out" / "1.2.2.dcm").pixel_array[1], noise(9, 7, seed=3))


def test_pictures_are_named_by_their_frames(archive: Archive, tmp_path: Path) -> None:
    ran = archive.run("export", IMAGE_SET, "-o", tmp_path, "--format", "png")

    assert (ran.status, ran.err) == (0, "3 written, 1 without pictures\n".replace("3", "2"))
    assert names(tmp_path) == ["1.2.1.png", "1.2.2.f2.png", "1.2.2.png"]
    with Image.open(tmp_path / "1.2.2.f2.png") as picture:
        assert picture.size == (7, 9)


def test_a_study_is_written_without_what_is_not_primary_unless_it_is_wanted(archive: Archive, tmp_path: Path) -> None:
    assert archive.run("export", "--study", STUDY, "-o", tmp_path / "a").status == 0
    assert len(names(tmp_path / "a")) == 3

    assert archive.run("export", "--study", STUDY, "--all-sets", "-o", tmp_path / "b").status == 0
    assert names(tmp_path / "b") == ["1.2.1.dcm", "1.2.2.dcm", "1.2.3.dcm", f"{OTHER}/1.2.1.dcm"]


def test_frames_are_left_compressed_when_that_is_wanted(archive: Archive, tmp_path: Path) -> None:
    assert archive.run("export", IMAGE_SET, "-o", tmp_path, "--keep-compressed", "--check").status == 0
    assert dcmread(tmp_path / "1.2.1.dcm").file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.202"


def test_the_same_command_again_fetches_no_frame(archive: Archive, tmp_path: Path) -> None:
    archive.run("export", IMAGE_SET, "-o", tmp_path)
    fetched = archive.store.count("get_image_frame")

    ran = archive.run("export", IMAGE_SET, "-o", tmp_path)

    assert (ran.status, ran.out, ran.err) == (0, "", "0 written, 3 there already\n")
    assert archive.store.count("get_image_frame") == fetched
    assert archive.run("export", IMAGE_SET, "-o", tmp_path, "--again").err == "3 written\n"


def test_a_corrupt_frame_is_named_here_and_in_the_report_and_is_a_failure(archive: Archive, tmp_path: Path) -> None:
    archive.store.sets[0].frames[frame_id(3)] = encoded(noise(9, 7, seed=77))

    ran = archive.run("export", IMAGE_SET, "-o", tmp_path / "out", "--report", tmp_path / "report.json")

    report = json.loads((tmp_path / "report.json").read_text())
    assert ran.status == 1
    assert f"1.2.2: frame_corrupt: frame 2 ({frame_id(3)}): the checksum is" in ran.err
    assert "2 written, 1 failed: run it again" in ran.err
    assert (report["status"], report["counts"]["failed"]) == ("partial", 1)
    assert (report["failed"][0]["frame"], report["failed"][0]["frameId"]) == (2, frame_id(3))
    assert names(tmp_path / "out") == ["1.2.1.dcm", "1.2.3.dcm"]


def test_a_data_store_of_ones_choice_is_used(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVERLESS_DICOM_DATASTORE", DATASTORE)
    assert archive.account.run("export", IMAGE_SET, "--datastore", "no id").status == 2

    aws = WithArchive({}, archive.account.functions)
    aws.store = archive.store
    assert archive.account.run("export", IMAGE_SET, "-o", tmp_path, aws=aws).status == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name image sets, or a study"),
        ([IMAGE_SET, "--study", STUDY], "name image sets, or a study"),
        (["../x"], "32 digits and small letters"),
        ([IMAGE_SET, OTHER, "--version", "1"], "--version is of one image set"),
    ],
)
def test_a_wrong_command_line_is_told(archive: Archive, arguments: list[str], told: str) -> None:
    ran = archive.run("export", *arguments, "-o", os.devnull + "/x")
    assert ran.status == 2
    assert told in ran.err


def test_a_study_that_is_not_there_is_a_failure(archive: Archive, tmp_path: Path) -> None:
    ran = archive.run("export", "--study", "1.9", "-o", tmp_path)
    assert (ran.status, "no image set of study 1.9" in ran.err) == (1, True)


def test_every_frame_is_verified_with_a_line_each(archive: Archive) -> None:
    ran = archive.run("verify", IMAGE_SET)

    assert (ran.status, ran.err) == (0, "3 frames are what was imported\n")
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [
        f"ok 1.2.1 frame 1 {frame_id(1)}",
        f"ok 1.2.2 frame 1 {frame_id(2)}",
        f"ok 1.2.2 frame 2 {frame_id(3)}",
    ]


def test_a_frame_that_is_not_what_was_imported_makes_verify_fail_for_people_and_programs(archive: Archive) -> None:
    archive.store.sets[0].frames[frame_id(3)] = encoded(noise(9, 7, seed=77))

    ran = archive.run("verify", IMAGE_SET)
    found = json.loads((asjson := archive.run("verify", IMAGE_SET, "--output", "json")).out)

    assert (ran.status, asjson.status) == (1, 1)
    assert f"not ok 1.2.2 frame 2 {frame_id(3)}: the checksum is" in ran.out
    assert ran.err == "2 frames are what was imported, 1 are not\n"
    assert [one["ok"] for one in found] == [True, True, False]
    assert found[2].keys() == {
        *("imageSetId", "SOPInstanceUID", "frame", "frameId", "ok", "expected", "found", "reason"),
    }


def test_an_image_set_that_is_not_there_does_not_keep_others_from_being_verified(archive: Archive) -> None:
    ran = archive.run("verify", "e" * 32, IMAGE_SET)

    assert ran.status == 1
    assert "image_set_not_found" in ran.err
    assert "3 frames are what was imported, 1 image sets could not be verified" in ran.err
