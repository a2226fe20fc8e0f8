"""`serverless-dicom workflow`: led from a public study to verified frames, whatever comes between."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from serverless_dicom_cli.workflow.studies import BUCKET, STUDIES
from tests.image_sets import encoded, noise
from tests.importing import part10
from tests.peers import failing, refusal
from tests.stack import IMPORTS, Stack
from tests.unit.cli.walking import FILES, World, world_of


@pytest.fixture
def world(stack: Stack, capsys: pytest.CaptureFixture[str]) -> World:
    return world_of(stack, capsys)


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "study-1").glob("*.png"))


def remembered(folder: Path) -> Any:
    return json.loads((folder / "workflow.json").read_text())


def verdicts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "study-1" / "frames.ndjson").read_text().splitlines()]


def at(operation: str, error: BaseException) -> Callable[[str, dict[str, Any]], None]:
    """Raise an error at the first call of an operation."""
    left = [error]

    def before(name: str, _wanted: dict[str, Any]) -> None:
        if name == operation and left:
            raise left.pop()

    return before


def test_a_study_is_copied_imported_drawn_and_every_frame_compared(world: World, tmp_path: Path) -> None:
    ran = world.run("--yes", "--study", 1, "-o", tmp_path)

    assert ran.status == 0
    assert f"ok: {FILES} of {FILES} files imported, 0 failed, 0 warnings" in ran.out
    assert f"ok: {FILES} of {FILES} frames have the checksum that was taken on import" in ran.out
    assert len(world.keys(IMPORTS)) == len(pictures(tmp_path)) == FILES
    assert [row["ok"] for row in verdicts(tmp_path)] == [True] * FILES
    assert len(world.store.sets) == 1


def test_what_was_made_is_deleted_and_nothing_else(world: World, tmp_path: Path) -> None:
    world.s3.put_object(Bucket=IMPORTS, Key="imports/another.dcm", Body=part10())

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")

    assert (ran.status, world.store.sets) == (0, [])
    assert world.keys(IMPORTS, "") == ["imports/another.dcm"]
    assert len(pictures(tmp_path)) == FILES


def test_an_image_set_that_was_there_before_stays(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    world.store.old.add(world.store.sets[0].identifier)
    (tmp_path / "workflow.json").write_text(
        (tmp_path / "workflow.json").read_text().replace('"made": true', '"made": false')
    )

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")

    assert "1 image sets stay: they were in the data store before" in ran.out
    assert len(world.store.sets) == 1


def test_a_second_run_does_nothing_again_and_may_delete(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    frames = world.store.count("get_image_frame")

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")

    assert ran.status == 0
    assert f"{FILES} of {FILES} frames were compared before" in ran.out
    assert world.store.count("get_image_frame") == frames
    assert world.store.count("start_dicom_import_job") == 1
    assert (world.store.sets, world.keys(IMPORTS)) == ([], [])


def test_after_deletion_the_same_study_begins_anew(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")
    assert world.run("--yes", "--study", 1, "-o", tmp_path).status == 0
    assert (world.store.count("start_dicom_import_job"), len(world.store.sets)) == (2, 1)


@pytest.mark.parametrize(
    "operation",
    ["start_dicom_import_job", "get_dicom_import_job", "get_image_set", "get_image_set_metadata", "delete_image_set"],
)
def test_interrupted_anywhere_it_goes_on_there(world: World, tmp_path: Path, operation: str) -> None:
    world.store.before = at(operation, KeyboardInterrupt())
    stopped = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")
    assert stopped.status == 130
    assert "the same command goes on from there" in stopped.err

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")

    assert ran.status == 0
    assert "ok: every frame is right" in ran.out
    assert (world.store.sets, world.keys(IMPORTS)) == ([], [])


def test_a_deletion_that_was_interrupted_goes_on_with_what_is_left(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    world.store.sets.clear()  # as if the last image set were gone, and the copies were not
    kept = remembered(tmp_path)
    kept["walks"]["1"] |= {"deleting": True, "fine": True}
    (tmp_path / "workflow.json").write_text(json.dumps(kept))

    ran = world.run("--yes", "--study", 1, "-o", tmp_path)

    assert "deleting what was made was begun before" in ran.out
    assert (ran.status, world.keys(IMPORTS)) == (0, [])


def test_an_image_set_that_somebody_deleted_is_told_and_the_rest_can_be_deleted(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    (gone,) = world.store.sets
    world.store.sets.clear()

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")

    assert f"not ok: image set {gone.identifier} is not there any more" in ran.out
    assert (ran.status, world.keys(IMPORTS)) == (1, [])


def test_files_that_were_copied_are_not_copied_again(world: World, tmp_path: Path) -> None:
    world.store.before = at("start_dicom_import_job", KeyboardInterrupt())
    world.run("--yes", "--study", 1, "-o", tmp_path)
    world.s3.delete_object(Bucket=IMPORTS, Key=world.keys(IMPORTS)[0])

    ran = world.run("--yes", "--study", 1, "-o", tmp_path)

    assert f"{FILES} files, 0.4 kB; 1 of them are not yet in" in ran.out
    assert ran.status == 0


def test_a_frame_that_is_another_is_named_and_the_others_are_drawn(world: World, tmp_path: Path) -> None:
    def spoil(name: str, _wanted: dict[str, Any]) -> None:
        if name == "get_image_set_metadata":
            frames = world.store.sets[0].frames
            frames[list(frames)[1]] = encoded(noise(4, 4, seed=99))

    world.store.before = spoil
    ran = world.run("--yes", "--study", 1, "-o", tmp_path)

    assert ran.status == 1
    assert f"not ok: {FILES - 1} of {FILES} frames" in ran.out
    assert "the checksum is" in ran.out
    assert [row["ok"] for row in verdicts(tmp_path)] == [True, False, True]
    assert len(pictures(tmp_path)) == FILES - 1


def test_a_frame_that_was_wrong_is_looked_at_again_by_the_next_run(world: World, tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}

    def lose(name: str, _wanted: dict[str, Any]) -> None:
        if name == "get_image_set_metadata" and not kept:
            kept.update([world.store.sets[0].frames.popitem()])

    world.store.before = lose
    assert world.run("--yes", "--study", 1, "-o", tmp_path).status == 1
    world.store.before = lambda _name, _wanted: None
    world.store.sets[0].frames.update(kept)

    ran = world.run("--yes", "--study", 1, "-o", tmp_path)

    assert f"{FILES - 1} of {FILES} frames were compared before" in ran.out
    assert (ran.status, len(pictures(tmp_path))) == (0, FILES)


def test_files_that_were_refused_are_named_and_it_is_no_success(world: World, tmp_path: Path) -> None:
    world.s3.put_object(Bucket=BUCKET, Key=f"{STUDIES[1].prefix}odd.dcm", Body=part10(b"refuse"))

    ran = world.run("--yes", "--study", 1, "-o", tmp_path)

    assert ran.status == 1
    assert f"not ok: {FILES} of {FILES + 1} files imported, 1 failed" in ran.out
    assert "odd.dcm: it is none (ValidationException)" in ran.out
    assert f"ok: {FILES} of {FILES} frames" in ran.out


def test_an_import_that_failed_is_asked_for_anew(world: World, tmp_path: Path) -> None:
    world.functions.error, world.store.whole = {"message": "no role", "code": "import_job_failed"}, "no role"
    failed = world.run("--yes", "--study", 1, "-o", tmp_path)
    assert failed.status == 1
    assert "nothing was imported: no role (import_job_failed)" in failed.err
    world.functions.error, world.store.whole = None, ""

    assert world.run("--yes", "--study", 1, "-o", tmp_path).status == 0


def test_whoever_may_read_in_this_account_alone_copies_through_this_machine(world: World, tmp_path: Path) -> None:
    peer = failing(world.s3, "copy_object", "AccessDenied", times=FILES)

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, s3=peer)

    assert (ran.err, ran.status, peer.calls.count("put_object")) == ("", 0, FILES)


def test_what_is_kept_for_a_run_tells_of_no_patient(world: World, tmp_path: Path) -> None:
    ran = world.run("--yes", "--study", 1, "-o", tmp_path)
    told = ran.out + ran.err + (tmp_path / "workflow.json").read_text() + json.dumps(verdicts(tmp_path))
    assert "4711" not in told
    assert "Zzyzx" not in told


def test_a_folder_remembers_which_data_store_it_worked_in(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    other = world.formation.stacks["serverless-dicom"]["Outputs"][0]
    other["OutputValue"] = "f" * 32

    ran = world.run("--yes", "--study", 1, "-o", tmp_path)

    assert ran.status == 1
    assert "name the same stack, region and profile as before, or another folder" in ran.err


def test_a_file_of_another_kind_is_not_taken_for_what_was_remembered(world: World, tmp_path: Path) -> None:
    (tmp_path / "workflow.json").write_text('{"format": 1}')
    ran = world.run("--yes", "--study", 1, "-o", tmp_path)
    assert (ran.status, "remove it, or choose another folder" in ran.err) == (1, True)


def test_a_study_that_is_gone_is_told(world: World, tmp_path: Path) -> None:
    ran = world.run("--yes", "--study", 4, "-o", tmp_path)
    assert ran.status == 1
    assert "holds no files any more: choose another study" in ran.err


def test_nobody_is_there_to_choose(world: World, tmp_path: Path) -> None:
    ran = world.run("--yes", "-o", tmp_path)
    assert (ran.status, "--yes needs --study" in ran.err) == (2, True)


def test_where_nobody_answers_it_is_told_how_to_go_without(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("1\n"))
    ran = world.run("-o", tmp_path)
    assert (ran.status, "--yes --study N asks nothing" in ran.err) == (130, True)


def test_answers_lead_through_it(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("9\n1\n\n\ny\ny\n"))
    ran = world.run("-o", tmp_path)
    assert f"1  CT of a chest: {FILES} files" in ran.out
    assert (ran.status, len(pictures(tmp_path)), world.store.sets) == (0, FILES, [])


def test_throttled_calls_are_made_again(world: World, tmp_path: Path) -> None:
    world.store.before = at("get_image_frame", refusal("ThrottlingException", "GetImageFrame"))
    assert world.run("--yes", "--study", 1, "-o", tmp_path).status == 0
