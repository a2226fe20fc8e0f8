"""What HealthImaging writes of a job: found at either place, complete or not, and what becomes of each file."""

import json
from typing import Any

import pytest

from serverless_dicom.archive.outcome import MAX_MESSAGE, MadeImageSet, Note, outcome_of
from serverless_dicom.errors import TransientError
from tests.image_sets import DATASTORE
from tests.importing import Importer, part10, put
from tests.stack import INBOX, RESULTS, Stack

JOB = "e" * 32


def imported(stack: Stack, **options: Any) -> dict[str, Any]:
    """The properties of a job that has imported five files of two folders."""
    files = {"p__a__1_dcm": part10(), "p__a__2_dcm": part10(b"warn"), "p__b__3_dcm": part10()}
    put(stack.s3, INBOX, **files, p__b__4_dcm=part10(b"refuse"), p__notes_txt=b"text")
    store = Importer([], s3=stack.s3, **options)
    job_id = store.start_dicom_import_job(
        datastoreId=DATASTORE,
        clientToken="t",
        inputS3Uri=f"s3://{INBOX}/p/",
        outputS3Uri=f"s3://{RESULTS}/imports/x/0/",
    )["jobId"]
    properties: dict[str, Any] = store.get_dicom_import_job(datastoreId=DATASTORE, jobId=job_id)["jobProperties"]
    return properties


def written(stack: Stack, folder: str, summary: Any, **lines: str) -> dict[str, Any]:
    """The properties of a job with a manifest of one's own."""
    stack.s3.put_object(Bucket=RESULTS, Key=f"{folder}job-output-manifest.json", Body=json.dumps(summary).encode())
    for name, text in lines.items():
        stack.s3.put_object(Bucket=RESULTS, Key=f"{folder}{name.upper()}/{name}.ndjson", Body=text.encode())
    return {
        "jobId": JOB,
        "datastoreId": DATASTORE,
        "jobStatus": "COMPLETED",
        "inputS3Uri": f"s3://{INBOX}/p/",
        "outputS3Uri": f"s3://{RESULTS}/{folder}",
    }


@pytest.mark.parametrize("ends_in_folder", [False, True])
@pytest.mark.parametrize("tells_where", [False, True])
def test_given_a_job_that_is_over_then_every_file_is_accounted_for(
    stack: Stack, *, ends_in_folder: bool, tells_where: bool
) -> None:
    outcome = outcome_of(stack.s3, imported(stack, ends_in_folder=ends_in_folder, tells_where=tells_where))

    assert (outcome.scanned, outcome.imported, outcome.failed) == (5, 3, 2)
    assert outcome.failures == (
        Note("p/b/4.dcm", "ValidationException", "it is none"),
        Note("p/notes.txt", "ValidationException", "it is none"),
    )
    assert outcome.warnings == (Note("p/a/2.dcm", "", "odd"),)
    assert [(one.version, one.is_primary, one.instances) for one in outcome.image_sets] == [
        ("1", True, 2),
        ("1", True, 1),
    ]


def test_given_no_manifest_yet_then_it_is_worth_to_look_again(stack: Stack) -> None:
    job = imported(stack) | {"jobId": "f" * 32}
    with pytest.raises(TransientError, match="its manifest is not where HealthImaging says"):
        outcome_of(stack.s3, job)
    with pytest.raises(TransientError):
        outcome_of(stack.s3, written(stack, "torn/", ["no summary"]))


def test_given_a_summary_without_image_sets_then_the_files_tell_of_them(stack: Stack) -> None:
    made = {"imageSetId": "a" * 32, "imageSetVersion": 2, "isPrimary": False}
    lines = "".join(json.dumps({"inputFile": f"p/{at}.dcm", "importResponse": made}) + "\n" for at in range(3))
    outcome = outcome_of(stack.s3, written(stack, "bare/", {"jobSummary": {}}, success=lines + "\n"))
    assert outcome.image_sets == (MadeImageSet("a" * 32, "2", is_primary=False, instances=3),)
    assert outcome.imported == 3


def test_given_more_failures_in_numbers_than_in_lines_then_they_count(stack: Stack) -> None:
    summary = {"numberOfFilesWithServerError": "3", "numberOfFilesWithCustomerError": 1, "numberOfScannedFiles": None}
    line = json.dumps({"inputFile": "x.dcm", "exception": {"exceptionType": "ServerException", "message": "m" * 9999}})
    outcome = outcome_of(stack.s3, written(stack, "lost/", {"jobSummary": summary}, failure=line))
    assert (outcome.failed, outcome.scanned) == (4, 0)
    assert outcome.failures == (Note("p/x.dcm", "ServerException", "m" * MAX_MESSAGE),)


@pytest.mark.parametrize(
    "told",
    [
        {"warning": {"message": "odd"}},
        {"warnings": [{"message": "odd"}]},
        {"warnings": ["odd"]},
        {"message": "odd"},
        {"exception": {"message": "odd"}},
        {"warning": {"warningMessage": "odd"}},
    ],
)
def test_warnings_are_read_in_whatever_form_they_come(stack: Stack, told: dict[str, Any]) -> None:
    line = json.dumps({"inputFile": "p/x.dcm", **told})
    job = written(stack, "warned/", {"jobSummary": {}}, warning=line)
    assert outcome_of(stack.s3, job).warnings == (Note("p/x.dcm", "", "odd"),)


def test_every_warning_of_a_file_is_told(stack: Stack) -> None:
    warnings = [
        {"warning_reason_code": "COERCION_OF_DATA_ELEMENTS", "type": "CoercionOfDataElements", "message": "one"},
        {"warning_reason_code": "INVALID_OFFSET_TABLE", "type": "InvalidOffsetTable", "message": "other"},
    ]
    line = json.dumps({"inputFile": "p/x.dcm", "importResponse": {"imageSetId": "0" * 32, "warnings": warnings}})
    job = written(stack, "warned/", {"jobSummary": {}}, warning=line)
    assert outcome_of(stack.s3, job).warnings == (
        Note("p/x.dcm", "COERCION_OF_DATA_ELEMENTS, INVALID_OFFSET_TABLE", "one; other"),
    )
