"""The workflow's functions, one after the other as it calls them: plan, run, verify, finish; and what ends too soon."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from serverless_dicom.runtime import clients
from serverless_dicom.stores.import_jobs import ImportJob, ImportJobs
from tests.answering import StepFunctions, answered
from tests.functions.conftest import Function, refused
from tests.image_sets import DATASTORE, encoded, noise
from tests.importing import ROLE, Importer, part10, put
from tests.stack import IMPORTS, INBOX, RESULTS, Stack

OWNER = "0a1b2c3d-1111-2222-3333-444455556666"
JOB = "0a1b2c3d-1111-4222-8333-444455556666"
SOURCE = f"s3://{INBOX}/study/"
SETTINGS = {
    "IMPORTS_TABLE": "ImportJobs",
    "RESULTS_BUCKET": RESULTS,
    "IMPORT_BUCKET": IMPORTS,
    "DATASTORE_ID": DATASTORE,
    "IMPORT_ROLE_ARN": ROLE,
}


@dataclass
class World:
    """An import, and who takes part in it."""

    stack: Stack
    start: Callable[[str], Function]
    archive: Importer
    workflows: StepFunctions

    @property
    def jobs(self) -> ImportJobs:
        return ImportJobs(self.stack.dynamodb, self.stack.imports_table)

    @property
    def job(self) -> ImportJob:
        return self.jobs.find(JOB, OWNER)

    def call(self, function: str, **event: Any) -> Any:
        return self.start(function)({"jobId": JOB} | event)

    def document(self, name: str) -> Any:
        return json.loads(self.stack.s3.get_object(Bucket=RESULTS, Key=f"imports/{JOB}/{name}")["Body"].read())

    def plan(self) -> list[dict[str, Any]]:
        """The shards that the workflow goes through."""
        assert self.call("plan_import", source=SOURCE)["ok"]
        shards: list[dict[str, Any]] = self.document("plan.json")
        return shards

    def verify(self) -> None:
        for batch in self.document("batches.json"):
            assert self.call("verify_image_set", batch=batch) == {"done": True}


@pytest.fixture
def world(stack: Stack, start: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    archive, workflows = Importer([], s3=stack.s3), StepFunctions()
    world = World(stack, start, archive, workflows)
    world.jobs.create(OWNER, SOURCE, JOB)
    put(stack.s3, INBOX, study__1_dcm=part10(), study__notes_txt=b"text")
    with answered(clients.health_imaging(), archive), answered(clients.step_functions(), workflows):
        yield world


def test_given_a_study_then_step_by_step_it_is_imported_and_verified(world: World) -> None:
    (shard,) = world.plan()
    assert (world.job.status, world.job.counts["found"], world.job.skipped) == ("importing", 2, {"not_dicom": 1})

    run = {
        "shard": shard,
        "importJobId": (started := world.call("run_import_job", step="start", shard=shard))["importJobId"],
    }
    assert started["ok"]
    assert world.job.shards[0]["importJobId"] == run["importJobId"]
    world.workflows.waiting = {"token"}
    assert world.call("run_import_job", step="wait", token="token", **run)["over"]  # noqa: S106 - no secret
    assert world.workflows.resumed == ["token"]  # it was over before anybody waited
    assert world.call("run_import_job", step="check", **run) == started | {"importJobId": "", "over": True}
    assert world.call("run_import_job", step="collect", **run)["ok"]
    assert world.job.shards[0]["status"] == "complete"

    assert world.call("finish_import", step="gather") == {"batches": 1}
    assert (world.job.status, world.job.counts["imageSets"]) == ("verifying", 1)
    world.verify()
    assert world.job.counts["framesVerified"] == 1
    assert world.call("finish_import", step="finish") == {"status": "complete"}
    assert (world.job.status, world.job.error_code) == ("complete", None)
    assert world.job.counts | {"bytes": 0} == {
        "found": 2,
        "bytes": 0,
        "skipped": 1,
        "failed": 0,
        "imported": 1,
        "warnings": 0,
        "imageSets": 1,
        "framesVerified": 1,
        "framesMismatched": 0,
    }


def test_given_a_job_that_goes_on_then_its_end_resumes_the_task_that_waits(
    world: World, event: Callable[[str], Any]
) -> None:
    (shard,) = world.plan()
    import_id = world.call("run_import_job", step="start", shard=shard)["importJobId"]
    run = {"shard": shard, "importJobId": import_id}
    world.archive.ended, world.workflows.waiting = False, {"token"}

    assert not world.call("run_import_job", step="wait", token="token", **run)["over"]  # noqa: S106 - no secret
    assert not world.call("run_import_job", step="check", **run)["over"]
    assert world.workflows.resumed == []

    told = event("resume_import")
    told["detail"]["jobId"] = import_id
    assert world.start("resume_import")(told) == {"resumed": True}
    assert world.start("resume_import")(told) == {"resumed": False}  # events come twice
    assert world.workflows.resumed == ["token"]


def test_given_the_end_of_somebody_else_s_job_then_nothing_is_resumed(
    world: World, event: Callable[[str], Any]
) -> None:
    assert world.start("resume_import")(event("resume_import")) == {"resumed": False}
    with pytest.raises(Exception, match=r"detail\.jobId is no id"):
        world.start("resume_import")({"detail": {"jobId": "../x"}})


def test_given_another_frame_than_was_imported_then_the_import_fails_and_names_it(world: World) -> None:
    (shard,) = world.plan()
    import_id = world.call("run_import_job", step="start", shard=shard)["importJobId"]
    world.call("run_import_job", step="collect", shard=shard, importJobId=import_id)
    (frame,) = world.archive.sets[0].frames
    world.archive.sets[0].frames[frame] = encoded(noise(4, 4, seed=99))
    world.call("finish_import", step="gather")
    world.verify()

    assert world.call("finish_import", step="finish") == {"status": "failed"}

    assert (world.job.status, world.job.error_code) == ("failed", "frames_differ")
    assert frame in str(world.job.error_message)
    assert [(one["imageFrameId"], one["ok"]) for one in world.job.frames] == [(frame, False)]


def test_given_nothing_to_import_then_the_workflow_need_not_go_on(world: World) -> None:
    world.stack.s3.delete_object(Bucket=INBOX, Key="study/1.dcm")
    assert world.call("plan_import", source=SOURCE) == {"ok": False, "shards": 0}
    assert (world.job.status, world.job.error_code) == ("failed", "nothing_to_import")
    assert world.call("plan_import", source="https://inbox/") == {"ok": False, "shards": 0}


def test_given_a_refused_job_then_the_shard_is_given_up_and_the_import_ends(world: World) -> None:
    (shard,) = world.plan()
    with refused(clients.health_imaging(), "medical-imaging.StartDICOMImportJob"):
        assert not world.call("run_import_job", step="start", shard=shard)["ok"]
    assert (world.job.shards[0]["status"], "refuses" in world.job.shards[0]["message"]) == ("failed", True)
    assert world.call("finish_import", step="gather") == {"batches": 0}
    assert world.call("finish_import", step="finish") == {"status": "failed"}
    assert world.job.error_code == "nothing_imported"


def test_given_what_the_workflow_caught_then_shard_and_import_say_so(world: World) -> None:
    (shard,) = world.plan()
    error = {"Error": "ArchiveBusy", "Cause": json.dumps({"errorMessage": "starting an import: throttled"})}
    assert not world.call("run_import_job", step="lose", shard=shard, error=error)["ok"]
    assert world.job.shards[0]["message"] == "starting an import: throttled: import anew"
    assert world.call("finish_import", step="close", error=error) == {"status": "failed", "code": "import_interrupted"}
    assert (world.job.status, world.job.error_message) == ("failed", "starting an import: throttled: import anew")


def test_given_a_workflow_that_was_stopped_then_its_import_has_failed_and_one_that_ended_has_not_changed(
    world: World, event: Callable[[str], Any]
) -> None:
    ended = event("finish_import_ended")
    assert world.start("finish_import")(ended)["code"] == "import_interrupted"
    assert (world.job.status, "ABORTED" in str(world.job.error_message)) == ("failed", True)
    ended["detail"]["status"] = "TIMED_OUT"
    world.start("finish_import")(ended)
    assert "ABORTED" in str(world.job.error_message)


def test_given_a_database_that_is_away_then_every_step_may_be_tried_again(world: World) -> None:
    (shard,) = world.plan()
    with refused(clients.dynamodb(), "dynamodb"):
        for function, more in (
            ("plan_import", {"source": SOURCE}),
            ("run_import_job", {"step": "start", "shard": shard}),
            ("finish_import", {"step": "close"}),
        ):
            with pytest.raises(Exception, match="AccessDenied") as raised:
                world.call(function, **more)
            assert type(raised.value).__name__ == "TransientError"


@pytest.mark.parametrize("function", ["run_import_job", "finish_import"])
def test_given_an_unknown_step_then_it_is_refused(world: World, function: str) -> None:
    with pytest.raises(Exception, match=r"step must be one of|KeyError"):
        world.call(function, step="dance", shard={"number": 0})


def test_given_the_sample_events_then_each_is_a_step(world: World, event: Callable[[str], Any]) -> None:
    assert world.start("plan_import")(event("plan_import"))["ok"]
    assert event("run_import_job")["shard"].keys() == world.document("plan.json")[0].keys()
    assert world.start("run_import_job")(event("run_import_job"))["ok"]
    assert world.start("verify_image_set")(event("verify_image_set")) == {"done": True}
    assert world.start("finish_import")(event("finish_import"))["status"] in {"failed", "partial"}


def test_no_file_s_name_and_nothing_of_a_patient_is_logged(
    world: World, start: Callable[[str], Function], capsys: pytest.CaptureFixture[str]
) -> None:
    put(world.stack.s3, INBOX, study__Zzyzx_dcm=part10(b"refuse"))
    (shard,) = world.plan()
    import_id = world.call("run_import_job", step="start", shard=shard)["importJobId"]
    world.call("run_import_job", step="collect", shard=shard, importJobId=import_id)
    world.call("finish_import", step="gather")
    world.verify()
    world.call("finish_import", step="finish")
    assert start
    out, err = capsys.readouterr()
    assert world.job.failures[0]["file"] == "study/Zzyzx.dcm"
    assert "planned" in out
    assert [secret for secret in ("Zzyzx", "PAT-4711") if secret in out + err] == []
