"""`serverless-dicom import`: what is sent where, what is told while it goes on, and the exit status in the end."""

import json
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from serverless_dicom_cli.importing import watched
from tests.datasets import as_file, make_dataset
from tests.stack import IMPORTS, INBOX
from tests.unit.cli.account import Account, InMemory, Ran

JOB = "0a1b2c3d-1111-4222-8333-444455556666"
COUNTS = {"found": 3, "bytes": 9, "skipped": 1, "imported": 2, "failed": 0, "warnings": 0, "imageSets": 1}
COUNTS |= {"framesVerified": 2, "framesMismatched": 0}
SHARD = {"status": "complete", "imported": 2}


def job(status: str, **more: Any) -> dict[str, Any]:
    """What GetImport answers."""
    told = {"jobId": JOB, "status": status, "source": "s3://inbox/", "counts": COUNTS, "skipped": {"not_dicom": 1}}
    told |= {"shards": [SHARD], "failures": [], "warnings": [], "frames": [], "error": None}
    return told | {"documents": {"failures": f"s3://results/imports/{JOB}/failures.ndjson"}} | more


@dataclass
class Archive:
    """A Lambda with the two functions; each look gives the next of `jobs`."""

    jobs: list[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    refusal: dict[str, Any] | None = None
    error: bool = False

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - Lambda's names
        request = json.loads(Payload)
        self.asked.append(request)
        if self.error:
            return {"FunctionError": "Unhandled", "Payload": BytesIO(b'{"errorMessage": "PAT-4711"}')}
        if FunctionName == "start-import":
            answer = self.refusal or {"jobId": JOB, "status": "pending", "source": request["source"]}
        else:
            answer = self.jobs.pop(0)
        return {"Payload": BytesIO(json.dumps(answer).encode())}


def run(account: Account, archive: Archive, *arguments: object) -> Ran:
    named = {"StartImportFunction": "start-import", "GetImportFunction": "get-import", "ImportBucket": IMPORTS}
    return account.run("import", *arguments, aws=InMemory(account.outputs | named, archive))  # type: ignore[arg-type]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    study = tmp_path / "study"
    study.mkdir()
    (study / "1.dcm").write_bytes(as_file(make_dataset()))
    (study / "notes.txt").write_text("no DICOM " * 100)
    return study


def test_given_a_prefix_then_it_is_imported_where_it_is_and_watched_to_the_end(account: Account) -> None:
    states = [
        job("pending", counts={}, shards=[], skipped={}),
        job("importing", shards=[{"status": "importing"}, {"status": "pending"}]),
        job("complete"),
    ]
    archive = Archive(states)
    ran = run(account, archive, f"s3://{INBOX}/study/")
    assert ran.status == 0
    assert archive.asked == [{"source": f"s3://{INBOX}/study/"}] + [{"jobId": JOB}] * 3
    assert ran.out == "complete: 2 imported, 0 failed, 1 skipped, 1 image sets, 2 frames verified\n"
    assert ran.err.splitlines() == [
        f"import {JOB}",
        "pending",
        "found 2 DICOM files in 2 jobs; skipped 1 not_dicom",
        "importing: 0 of 2 files, 0 of 2 jobs done",
        "complete",
    ]


def test_given_files_and_folders_then_they_are_uploaded_first_and_failures_have_their_names(
    account: Account, study: Path
) -> None:
    class Refusing(Archive):
        """One of whose files was refused, by the key that it got."""

        def invoke(self, **named: Any) -> dict[str, Any]:  # type: ignore[override]
            answer = super().invoke(**named)
            key = self.asked[0]["source"].removeprefix(f"s3://{IMPORTS}/") + "0/study/1.dcm"
            notes = [{"file": key, "code": "ValidationException", "message": "it is none"}]
            self.jobs = [job("partial", failures=notes, counts=COUNTS | {"failed": 150})]
            return answer

    archive = Refusing([])
    ran = run(account, archive, study)

    assert ran.status == 1
    source = archive.asked[0]["source"]
    keys = [found["Key"] for found in account.s3.list_objects_v2(Bucket=IMPORTS)["Contents"]]
    assert keys == [f"{source.removeprefix(f's3://{IMPORTS}/')}0/study/1.dcm"]
    assert source.startswith(f"s3://{IMPORTS}/imports/")
    assert f"skipped: {study}/notes.txt" in ran.err
    assert f"failed: {study}/1.dcm: it is none (ValidationException)" in ran.err
    assert f"all 150 failures: s3://results/imports/{JOB}/failures.ndjson" in ran.err


def test_given_two_files_of_one_name_then_both_go(account: Account, tmp_path: Path) -> None:
    paths = [tmp_path / folder / "1.dcm" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(as_file(make_dataset()))
    assert run(account, Archive([job("complete")]), *paths).status == 0
    assert len(account.s3.list_objects_v2(Bucket=IMPORTS)["Contents"]) == 2


def test_given_a_file_that_cannot_be_uploaded_then_the_others_are_imported_and_the_status_says_so(
    account: Account, study: Path
) -> None:
    ran = run(account, Archive([job("complete")]), study, study / "missing.dcm")
    assert (ran.status, f"failed: {study}/missing.dcm" in ran.err) == (1, True)


def test_given_nothing_that_could_be_uploaded_then_nothing_is_imported(account: Account, study: Path) -> None:
    (study / "1.dcm").unlink()
    archive = Archive([])
    ran = run(account, archive, study)
    assert (ran.status, archive.asked) == (1, [])
    assert "nothing was uploaded, so there is nothing to import" in ran.err


def test_given_no_wait_then_the_id_alone_is_told(account: Account) -> None:
    archive = Archive([])
    ran = run(account, archive, f"s3://{INBOX}/", "--no-wait")
    assert (ran.status, ran.out, len(archive.asked)) == (0, f"{JOB}\n", 1)


@pytest.mark.parametrize("status", ["partial", "failed"])
def test_given_another_end_than_complete_then_the_status_is_1_and_frames_are_named(
    account: Account, status: str
) -> None:
    frame = {"frame": 2, "instance": "1.2.3", "imageSetId": "a" * 32, "reason": "the checksum is 1, the metadata say 2"}
    error = {"code": "frames_differ", "message": "1 of 2 stored frames are not what was imported"}
    ran = run(account, Archive([job(status, frames=[frame], error=error)]), f"s3://{INBOX}/")
    assert ran.status == 1
    assert f"frame 2 of instance 1.2.3, image set {'a' * 32}: the checksum is 1" in ran.err
    assert "stored frames are not what was imported (frames_differ)" in ran.out


def test_json_is_what_the_api_answers(account: Account) -> None:
    assert run(account, Archive([job("complete")]), f"s3://{INBOX}/", "--output", "json").json == job("complete")
    started = run(account, Archive([]), f"s3://{INBOX}/", "--no-wait", "--output", "json").json
    assert (started["jobId"], started["status"]) == (JOB, "pending")


def test_given_a_refusal_then_it_is_told_and_a_failure_is_not(account: Account) -> None:
    refusal = {"success": False, "error": "source_not_allowed", "message": "source is in no bucket", "request_id": "x"}
    ran = run(account, Archive([], refusal=refusal), "s3://other/")
    assert (ran.status, "source is in no bucket (source_not_allowed)" in ran.err) == (1, True)
    ran = run(account, Archive([], error=True), f"s3://{INBOX}/")
    assert (ran.status, "PAT-4711" in ran.err) == (1, False)
    assert "the function start-import failed, its log says why" in ran.err


def test_given_a_url_beside_others_then_the_command_line_is_wrong(account: Account, study: Path) -> None:
    ran = run(account, Archive([]), f"s3://{INBOX}/", study)
    assert (ran.status, "name one s3:// URL alone" in ran.err) == (2, True)


def test_looks_come_ever_more_slowly_and_end_with_the_import() -> None:
    states, pauses = [job("verifying")] * 30 + [job("complete")], list[float]()
    assert len(list(watched(iter(states).__next__, pauses.append))) == 31
    assert (pauses[0], pauses[-1], pauses == sorted(pauses)) == (0.5, 10.0, True)
