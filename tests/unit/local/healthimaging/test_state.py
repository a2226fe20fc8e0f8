"""What the service keeps: whole or not at all, and also what an earlier version of it kept."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from local.healthimaging import Options, running
from local.healthimaging.state import State
from tests.unit.local.healthimaging.conftest import Client, bringing, instance


def test_a_folder_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    State(tmp_path / "s").close()
    with closing(sqlite3.connect(tmp_path / "s" / "rows.db")) as rows:
        rows.execute("ALTER TABLE image_sets DROP COLUMN instances")
    with running(Options(state=tmp_path / "s")) as imaging:
        bringing(imaging, tmp_path / "f")(instance(1))
        (summary,) = Client(imaging).found()
        assert summary["DICOMTags"]["DICOMNumberOfStudyRelatedInstances"] == 1


def test_a_change_that_fails_leaves_nothing(tmp_path: Path) -> None:
    state = State(tmp_path)

    def change() -> None:
        with state.changing() as rows:
            rows.execute("INSERT INTO tags VALUES ('a', 'b', 'c')")
            rows.execute("INSERT INTO tags VALUES ('a', 'b', 'c')")

    with pytest.raises(sqlite3.IntegrityError):
        change()
    assert state.all("SELECT * FROM tags") == []
    state.close()


def test_files_that_no_row_names_are_removed(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.keep_frames("ab" * 16, b"frames")
    state.keep_metadata("one-1", b"document")
    state.close()
    state = State(tmp_path)
    assert [path for part in ("frames", "metadata") for path in (tmp_path / part).rglob("*") if path.is_file()] == []
    state.close()
