"""The guided workflow where nothing is deployed: a stack of its own, made and deleted."""

from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

import serverless_dicom_cli.workflow
from tests.stack import Stack
from tests.unit.cli.walking import FILES, World, world_of

NAME = "serverless-dicom-workflow"
TEMPLATE = yaml_parse((Path(serverless_dicom_cli.workflow.__path__[0]) / "resources.yaml").read_text())


@pytest.fixture
def world(stack: Stack, capsys: pytest.CaptureFixture[str]) -> World:
    """A world in which nothing is deployed."""
    world = world_of(stack, capsys)
    world.formation.stacks.clear()
    return world


def test_a_stack_is_made_used_and_deleted(world: World, tmp_path: Path) -> None:
    world.formation.slow = 1

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")

    assert ran.status == 0
    assert f"stack {NAME} is being made (CREATE_IN_PROGRESS)" in ran.out
    assert f"ok: {FILES} of {FILES} frames" in ran.out
    assert (world.formation.stacks, world.store.sets) == ({}, [])
    assert world.keys("own-input", "") == world.keys("own-output", "") == []


def test_a_stack_that_is_kept_is_used_again(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    ran = world.run("--yes", "--study", 1, "-o", tmp_path)
    assert (ran.status, list(world.formation.stacks)) == (0, [NAME])
    assert world.store.count("start_dicom_import_job") == 1


def test_an_import_that_was_asked_for_twice_is_one(world: World, tmp_path: Path) -> None:
    told = iter([KeyboardInterrupt()])

    def forget(name: str, _wanted: object) -> None:
        if name == "get_dicom_import_job" and (error := next(told, None)):
            kept = (tmp_path / "workflow.json").read_text()
            job = next(iter(world.store.jobs))
            (tmp_path / "workflow.json").write_text(kept.replace(job, ""))
            raise error

    world.store.before = forget
    world.run("--yes", "--study", 1, "-o", tmp_path)

    assert world.run("--yes", "--study", 1, "-o", tmp_path).status == 0
    assert (world.store.count("start_dicom_import_job"), len(world.store.jobs)) == (2, 1)


def test_a_deletion_that_ended_with_the_stack_is_over(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    state = tmp_path / "workflow.json"
    state.write_text(
        state.read_text().replace('"fine": false', '"fine": true').replace('"deleting": false', '"deleting": true')
    )
    world.formation.stacks.clear()

    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--delete")

    assert f"stack {NAME} is gone, and all that was made in it" in ran.out
    assert (ran.status, world.formation.stacks) == (0, {})


def test_a_stack_that_somebody_deleted_is_made_anew(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path)
    world.formation.stacks.clear()
    world.store.sets.clear()
    assert world.run("--yes", "--study", 1, "-o", tmp_path).status == 0
    assert list(world.formation.stacks) == [NAME]


def test_the_stack_of_another_folder_is_used_and_stays(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path / "one")
    ran = world.run("--yes", "--study", 1, "-o", tmp_path / "two", "--delete")
    assert ran.status == 0
    assert "it was made from another folder" in ran.out
    assert list(world.formation.stacks) == [NAME]


def test_a_stack_with_somebody_elses_image_sets_stays(world: World, tmp_path: Path) -> None:
    world.run("--yes", "--study", 1, "-o", tmp_path / "one")
    world.run("--yes", "--study", 1, "-o", tmp_path / "two")
    ran = world.run("--yes", "--study", 1, "-o", tmp_path / "one", "--delete")
    assert "there are other image sets, or files, in it" in ran.out
    assert list(world.formation.stacks) == [NAME]


def test_a_named_stack_is_used_even_where_the_project_is_deployed(world: World, tmp_path: Path) -> None:
    ran = world.run("--yes", "--study", 1, "-o", tmp_path, "--own-stack", "walk", "--stack-name", "x")
    assert (ran.status, list(world.formation.stacks)) == (0, ["walk"])


def test_why_a_stack_could_not_be_made_is_told(world: World, tmp_path: Path) -> None:
    world.formation.fails = "HealthImaging is not in this region"
    ran = world.run("--yes", "--study", 1, "-o", tmp_path)
    assert ran.status == 1
    assert "(Datastore: HealthImaging is not in this region): delete it" in ran.err


def test_health_imaging_alone_takes_the_role_and_reads_and_writes_two_buckets() -> None:
    role = TEMPLATE["Resources"]["ImportRole"]["Properties"]
    (entry,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert entry["Principal"] == {"Service": "medical-imaging.amazonaws.com"}
    assert entry["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert [one["Action"] for one in statements] == ["s3:ListBucket", "s3:GetObject", "s3:PutObject"]


@pytest.mark.parametrize("name", ["InputBucket", "OutputBucket"])
def test_nobody_else_sees_the_buckets(name: str) -> None:
    bucket = TEMPLATE["Resources"][name]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (entry,) = TEMPLATE["Resources"][f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (entry["Effect"], entry["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": False}})
