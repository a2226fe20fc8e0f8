"""An import step by step, as the workflow takes them: planned, each shard run, put together, verified, summed up."""

from dataclasses import dataclass
from typing import Any

import pytest

from serverless_dicom.archive import planning
from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.documents import Documents
from serverless_dicom.archive.imports import ShardImport
from serverless_dicom.archive.places import Place
from serverless_dicom.archive.planning import MAX_SHARDS, Plan, Planner
from serverless_dicom.archive.rates import UNLIMITED
from serverless_dicom.archive.sharding import QUOTAS, Limits
from serverless_dicom.archive.summing import Summary, gathered, summed_up
from serverless_dicom.archive.verification import Verifier
from serverless_dicom.errors import ArchiveBusy, ArchiveRefused, ImportJobFailed, NothingToImport, TooManyFiles
from tests.image_sets import DATASTORE
from tests.importing import DIRECTORY, ROLE, Importer, part10, put
from tests.peers import refusal
from tests.stack import IMPORTS, INBOX, RESULTS, Stack

JOB = "0a1b2c3d-1111-4222-8333-444455556666"
STUDY = Place(INBOX, "study/")
FOREVER = float("inf")


@dataclass
class Import:
    """An import whose steps are taken one by one."""

    stack: Stack
    store: Importer

    @property
    def archive(self) -> HealthImaging:
        return HealthImaging(self.store, DATASTORE, rates=UNLIMITED, sleep=lambda _: None)

    @property
    def documents(self) -> Documents:
        return Documents.of_import(self.stack.s3, RESULTS, JOB)

    def plan(self, source: Place = STUDY, limits: Limits = QUOTAS) -> Plan:
        return Planner(self.stack.s3, self.documents, IMPORTS, limits).plan(source, 60)

    def shard(self, task: dict[str, Any]) -> ShardImport:
        return ShardImport(self.stack.s3, self.archive, self.documents, JOB, ROLE, task)

    def run(self, plan: Plan) -> list[dict[str, int]]:
        """Start and collect every shard."""
        return [(shard := self.shard(task)).collect(shard.start()) for task in plan.shards]

    def verify(self) -> None:
        for batch in self.documents.read("batches.json"):
            for one in batch["imageSets"]:
                Verifier(self.archive, self.documents).verify(one["id"], one["version"], FOREVER)

    def end(self) -> Summary:
        """All that follows the plan."""
        gathered(self.documents)
        self.verify()
        return summed_up(self.documents)

    def started(self) -> list[dict[str, Any]]:
        return [wanted for name, wanted in self.store.calls if name == "start_dicom_import_job"]


@pytest.fixture
def one(stack: Stack) -> Import:
    return Import(stack, Importer([], s3=stack.s3))


def test_given_a_folder_that_fits_then_it_is_imported_in_place_and_other_files_are_skipped(one: Import) -> None:
    files = {"study__1_dcm": part10(), "study__a__2_dcm": part10(), "study__DICOMDIR": part10(DIRECTORY)}
    put(one.stack.s3, INBOX, **files, study__notes_txt=b"text", elsewhere_dcm=part10())

    plan = one.plan()

    assert plan.counts == {"found": 4, "bytes": 132 * 3 + len(DIRECTORY) + 4, "skipped": 2, "failed": 0}
    assert plan.skipped == {"dicomdir": 1, "not_dicom": 1}
    (shard,) = plan.shards
    assert (shard["input"], shard["copied"], shard["files"], shard["importable"]) == (STUDY.uri, False, 4, 2)
    assert one.started() == []  # said before anything is imported

    numbers = one.run(plan)

    (wanted,) = one.started()
    assert wanted["dataAccessRoleArn"] == ROLE
    assert wanted["outputS3Uri"] == f"s3://{RESULTS}/imports/{JOB}/healthimaging/0/"
    # HealthImaging takes the DICOMDIR of this peer for an instance, and refuses the notes, which are no failure
    assert numbers == [{"imported": 3, "failed": 0, "warnings": 0}]
    summary = one.end()
    assert (summary.status, summary.error, summary.failures) == ("complete", None, [])
    assert summary.counts == {
        "imported": 3,
        "failed": 0,
        "warnings": 0,
        "imageSets": 2,
        "framesVerified": 3,
        "framesMismatched": 0,
    }
    assert list(one.stack.s3.list_objects_v2(Bucket=IMPORTS).get("Contents", [])) == []


def test_given_files_that_fail_then_the_import_is_partial_and_names_them(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10(b"warn"), study__2_dcm=part10(b"refuse"))
    one.run(one.plan())
    summary = one.end()
    assert (summary.status, summary.error) == ("partial", None)
    assert summary.failures == [{"file": "study/2.dcm", "code": "ValidationException", "message": "it is none"}]
    assert summary.warnings == [{"file": "study/1.dcm", "code": "", "message": "odd"}]
    assert list(one.documents.lines("failures.ndjson")) == summary.failures


def test_given_that_every_file_fails_then_the_import_has_failed_though_the_job_is_completed(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10(b"refuse"))
    one.run(one.plan())
    summary = one.end()
    assert (summary.status, summary.error and summary.error.code) == ("failed", "nothing_imported")


def test_given_nothing_that_can_be_imported_then_what_is_there_is_told(one: Import) -> None:
    with pytest.raises(NothingToImport, match="holds no DICOM file that can be imported, but nothing at all"):
        one.plan()
    put(one.stack.s3, INBOX, study__a=b"1", study__b=b"", study__c=b"2")
    with pytest.raises(NothingToImport, match="but 1 empty_object, 2 not_dicom"):
        one.plan()


def test_given_a_flat_folder_of_too_many_then_copies_of_its_dicom_files_are_imported_by_their_own_names(
    one: Import,
) -> None:
    files = {f"study__{number}_dcm": part10(b"refuse" if number == 3 else b"") for number in range(5)}
    put(one.stack.s3, INBOX, **files, study__notes_txt=b"text", study__a__5_dcm=part10())

    plan = one.plan(limits=Limits(files=3))

    assert [(shard["copied"], shard["files"]) for shard in plan.shards] == [(False, 1), (True, 3), (True, 2)]
    assert plan.shards[1]["input"] == f"s3://{IMPORTS}/staging/{JOB}/1/"
    numbers = one.run(plan)
    assert [each["imported"] for each in numbers] == [1, 3, 1]
    summary = one.end()
    assert summary.failures == [{"file": "study/3.dcm", "code": "ValidationException", "message": "it is none"}]
    assert (summary.status, summary.counts["imported"]) == ("partial", 5)


def test_given_one_object_then_it_alone_is_imported(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10(), study__1_dcm2=part10())
    plan = one.plan(Place(INBOX, "study/1.dcm"))
    assert (plan.counts["found"], plan.shards[0]["copied"]) == (1, True)
    assert one.run(plan)[0]["imported"] == 1


def test_given_a_list_of_objects_then_they_alone_are_imported_without_those_that_are_gone(one: Import) -> None:
    put(one.stack.s3, INBOX, a__1_dcm=part10(), b__2_dcm=part10(), b__3_dcm=part10())
    one.documents.write_lines(planning.LIST, [{"key": "a/1.dcm"}, {"key": "b/3.dcm"}, {"key": "gone.dcm"}])
    plan = one.plan(Place(INBOX))
    assert (plan.counts["found"], len(plan.shards)) == (2, 1)
    assert one.run(plan)[0]["imported"] == 2


def test_given_an_object_that_is_removed_before_it_is_copied_then_it_has_failed_by_name(one: Import) -> None:
    put(one.stack.s3, INBOX, a_dcm=part10(), b_dcm=part10())
    one.documents.write_lines(planning.LIST, [{"key": "a.dcm"}, {"key": "b.dcm"}])
    plan = one.plan(Place(INBOX))
    one.stack.s3.delete_object(Bucket=INBOX, Key="b.dcm")
    one.run(plan)
    summary = one.end()
    assert [(each["file"], each["code"]) for each in summary.failures] == [("b.dcm", "object_not_found")]
    assert summary.status == "partial"


def test_given_a_file_that_is_too_large_then_it_is_not_tried_and_has_failed(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10(), study__2_dcm=part10(b"x" * 1000))
    plan = one.plan(limits=Limits(file_size=1000))
    assert (plan.counts["failed"], plan.skipped, plan.shards[0]["copied"]) == (1, {}, True)
    one.run(plan)
    summary = one.end()
    assert [(each["file"], each["code"]) for each in summary.failures] == [("study/2.dcm", "file_too_large")]
    assert (summary.status, summary.counts["failed"]) == ("partial", 1)


def test_a_shard_that_is_started_again_is_the_same_job(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10())
    (task,) = one.plan().shards
    assert one.shard(task).start() == one.shard(task).start()
    assert len(one.store.jobs) == 1
    assert len({wanted["clientToken"] for wanted in one.started()}) == 1
    assert len(one.started()[0]["clientToken"]) <= 64


def test_given_as_many_jobs_as_health_imaging_takes_then_the_shard_waits(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10())
    (task,) = one.plan().shards

    def refuse(code: str) -> None:
        def before(_name: str, _wanted: dict[str, Any]) -> None:
            raise refusal(code, "StartDICOMImportJob")

        one.store.before = before

    refuse("ServiceQuotaExceededException")
    with pytest.raises(ArchiveBusy, match="as many import jobs as it takes"):
        one.shard(task).start()
    refuse("AccessDeniedException")
    with pytest.raises(ArchiveRefused):
        one.shard(task).start()


def test_given_a_job_that_fails_as_a_whole_then_its_files_have_failed_and_the_others_have_not(one: Import) -> None:
    put(one.stack.s3, INBOX, study__a__1_dcm=part10(), study__b__2_dcm=part10(), study__b__3_dcm=part10())
    plan = one.plan(limits=Limits(files=2))
    one.store.whole = "The role cannot be assumed"
    first, second = map(one.shard, plan.shards)
    import_id = first.start()
    assert first.is_over(import_id)
    with pytest.raises(ImportJobFailed, match="failed: The role cannot be assumed") as raised:
        first.collect(import_id)
    assert first.lose(raised.value.code, str(raised.value)) == {"imported": 0, "failed": 2, "warnings": 0}
    one.store.whole = ""
    second.collect(second.start())

    summary = one.end()

    assert (summary.status, summary.counts["imported"], summary.counts["failed"]) == ("partial", 1, 2)
    assert [(each["file"], each["code"]) for each in summary.failures] == [
        (f"s3://{INBOX}/study/b/", "import_job_failed")
    ]


def test_given_that_every_job_fails_then_why_is_told(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10())
    (task,) = one.plan().shards
    one.shard(task).lose("import_job_failed", "HealthImaging's job x failed: no")
    summary = one.end()
    assert summary.status == "failed"
    assert str(summary.error) == "HealthImaging's job x failed: no"


def test_given_a_shard_of_which_nothing_was_written_then_the_import_is_partial(one: Import) -> None:
    put(one.stack.s3, INBOX, study__a__1_dcm=part10(), study__b__2_dcm=part10())
    plan = one.plan(limits=Limits(files=1))
    shard = one.shard(plan.shards[0])
    shard.collect(shard.start())
    summary = one.end()
    assert (summary.status, "1 shards were given up" in str(summary.error)) == ("partial", True)


def test_given_an_image_set_of_two_shards_then_it_is_verified_once_in_its_newest_version(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10(), study__2_dcm=part10())
    one.run(one.plan(limits=Limits(files=1)))
    for number, version in ((0, "9"), (1, "10")):
        written = one.documents.read(f"shards/{number}/outcome.json")
        written["image_sets"] = [{"image_set_id": "a" * 32, "version": version, "is_primary": True, "instances": 600}]
        one.documents.write(f"shards/{number}/outcome.json", written)
    assert gathered(one.documents).counts["imageSets"] == 1
    (batch,) = one.documents.read("batches.json")
    assert batch["imageSets"] == [{"id": "a" * 32, "version": "10", "instances": 1200}]


def test_image_sets_are_verified_in_batches_that_share_the_allowed_rate(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10())
    one.run(one.plan())
    written = one.documents.read("shards/0/outcome.json")
    written["image_sets"] = [
        {"image_set_id": f"{at:032}", "version": "1", "is_primary": True, "instances": 400} for at in range(5)
    ]
    one.documents.write("shards/0/outcome.json", written)
    assert gathered(one.documents).batches == 3
    batches = one.documents.read("batches.json")
    assert [(len(batch["imageSets"]), batch["share"]) for batch in batches] == [(2, 3), (2, 3), (1, 3)]


def test_given_more_shards_than_an_import_has_then_its_folders_are_to_be_imported(one: Import) -> None:
    put(one.stack.s3, INBOX, **{f"study__{number}_dcm": part10() for number in range(MAX_SHARDS + 1)})
    with pytest.raises(TooManyFiles, match="takes 301 jobs of HealthImaging, and one import has 300 at most"):
        one.plan(limits=Limits(files=1))


def test_given_long_names_then_as_many_are_told_as_a_row_holds(one: Import) -> None:
    put(one.stack.s3, INBOX, study__1_dcm=part10())
    one.run(one.plan())
    notes = [{"file": "d/" * 500 + f"{number}.dcm", "code": "x", "message": "y"} for number in range(90)]
    one.documents.write_lines("shards/0/failures.ndjson", notes)
    summary = one.end()
    assert 0 < len(summary.failures) < 40
    assert len(list(one.documents.lines("failures.ndjson"))) == 90
