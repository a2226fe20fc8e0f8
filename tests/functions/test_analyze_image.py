"""analyze_image: whatever comes, as often and in whichever order, a job ends once, with results or with a reason."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serverless_dicom.errors import JobBusy, TransientError
from serverless_dicom.runtime import clients
from serverless_dicom.stores.jobs import Jobs
from serverless_dicom.stores.ledger import to_item
from tests.bucket import Bucket, Change, batch
from tests.datasets import SECRETS, as_file, make_dataset
from tests.functions.conftest import Function, refused
from tests.rekognition import Answers, answering
from tests.stack import REGION, RESULTS, UPLOADS, Stack
from tests.uploads import MAX_BYTES, dicom_of, encoded, gradient, noise

OWNER = "0a1b2c3d-1111-2222-3333-444455556666"
JPEG, DICOM = encoded(gradient(), "jpeg"), dicom_of(gradient())
SHAPES: dict[str, Callable[[Change], Any]] = {
    "EventBridge": lambda change: change.event_bridge(),
    "S3": lambda change: change.notification(),
    "EventBridge in a queue": lambda change: delivery(change.event_bridge()),
    "S3 in a queue": lambda change: delivery(change.notification()),
}


@pytest.fixture
def answers(stack: Stack) -> Iterator[Answers]:  # noqa: ARG001 - before any client is made
    with answering(clients.rekognition()) as answers:
        yield answers


@pytest.fixture
def analyze_image(
    start: Callable[[str], Function],
    answers: Answers,  # noqa: ARG001 - before it is asked
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
) -> Function:
    variables = {"RESULTS_TABLE": stack.results_table, "UPLOAD_BUCKET": UPLOADS, "RESULTS_BUCKET": RESULTS}
    limits = {"MAX_UPLOAD_BYTES": str(MAX_BYTES), "MAX_LABELS": "20", "MIN_CONFIDENCE": "70"}
    for name, value in (variables | limits).items():
        monkeypatch.setenv(name, value)
    return start("analyze_image")


@pytest.fixture
def jobs(stack: Stack) -> Jobs:
    return Jobs(stack.dynamodb, stack.results_table)


@pytest.fixture
def upload(stack: Stack, jobs: Jobs) -> Callable[[bytes], tuple[str, Change]]:
    """Puts a file where its new job expects it."""
    bucket = Bucket(stack.s3, UPLOADS)

    def put(data: bytes) -> tuple[str, Change]:
        job_id = jobs.create(OWNER).job_id
        return job_id, bucket.put(f"uploads/{job_id}/image", data)

    return put


def delivery(body: Any, number: int = 1) -> dict[str, Any]:
    """A message in its delivery of that number."""
    event = batch(body)
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(number)
    event["Records"][0]["eventSourceARN"] = f"arn:aws:sqs:{REGION}:123456789012:AnalysisQueue"
    return event


AGAIN = {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
DONE: dict[str, Any] = {"batchItemFailures": []}


@pytest.mark.parametrize("shape", SHAPES)
def test_given_a_picture_when_its_event_comes_then_its_job_is_complete(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any, shape: str
) -> None:
    job_id, change = upload(JPEG)

    answer = analyze_image(SHAPES[shape](change))

    assert answer == (DONE if "queue" in shape else {"statusCode": 200, "body": ["ok"]})
    job = jobs.find(job_id, OWNER)
    assert job.results
    assert (job.status, job.results["kind"], job.image_type) == ("complete", "jpeg", "image/jpeg")
    assert job.results["labels"][0] == {
        "name": "X-Ray",
        "confidence": 98.71549987792969,
        "parents": ["Medical Imaging"],
        "categories": ["Health"],
        "instances": [{"confidence": 55.5, "box": {"left": 0.1, "top": 0.2, "width": 0.25, "height": 0.125}}],
    }
    kept = clients.s3().get_object(Bucket=RESULTS, Key=str(job.image_key))["Body"].read()
    assert [parameters["Image"] for _, parameters in answers.asked] == [{"Bytes": kept}] * 2
    assert answers.asked[0][1]["MaxLabels"] == 20
    assert answers.asked[0][1]["MinConfidence"] == 70.0


def test_given_a_dicom_object_when_names_are_in_its_pixels_then_they_are_told(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any
) -> None:
    answers.lines = ["ZZYZX, QUENTIN", "PAT 4711", "L", "120 kV"]
    job_id, change = upload(DICOM)

    analyze_image(delivery(change.event_bridge()))

    results = jobs.find(job_id, OWNER).results
    assert results
    assert [(one["text"], one["matches"]) for one in results["burnedInText"]] == [
        ("ZZYZX, QUENTIN", ["PatientName"]),
        ("PAT 4711", ["PatientID"]),
    ]
    assert results["warnings"][0].startswith("patient data may be in the pixels: 2 lines of text")


def test_given_a_picture_too_large_to_be_sent_then_rekognition_reads_it_from_the_bucket(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any
) -> None:
    job_id, change = upload(encoded(noise(1600, 1300), "png"))

    analyze_image(delivery(change.event_bridge()))

    key = jobs.find(job_id, OWNER).image_key
    assert answers.asked[0][1]["Image"] == {"S3Object": {"Bucket": RESULTS, "Name": key}}


def test_given_an_event_that_comes_again_and_again_then_one_analysis_is_made(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any
) -> None:
    job_id, change = upload(JPEG)

    for shape in (*SHAPES.values(), *SHAPES.values()):
        analyze_image(shape(change))

    assert len(answers.asked) == 2
    assert jobs.find(job_id, OWNER).status == "complete"


def test_given_a_job_that_another_worker_has_then_the_message_comes_again(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any
) -> None:
    job_id, change = upload(JPEG)
    claim = jobs.claim(job_id)

    assert analyze_image(delivery(change.event_bridge())) == AGAIN
    with pytest.raises(JobBusy):
        analyze_image(change.event_bridge())
    assert answers.asked == []
    assert claim
    jobs.release(claim)
    assert analyze_image(delivery(change.event_bridge(), 2)) == DONE
    assert jobs.find(job_id, OWNER).status == "complete"


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_object"),
        (b"<html>" * 100, "unsupported_image"),
        (JPEG[:700], "truncated_pixel_data"),
        (encoded(noise(90, 90), "png")[:900], "truncated_pixel_data"),
        (DICOM[:-9000], "truncated_pixel_data"),
        (DICOM[:400], "truncated_header"),
        (as_file(make_dataset(pixels=False)), "no_pixel_data"),
    ],
)
def test_given_a_file_that_cannot_be_analysed_then_its_job_says_why_and_nobody_tries_again(
    analyze_image: Function, jobs: Jobs, upload: Any, data: bytes, code: str
) -> None:
    job_id, change = upload(data)

    assert analyze_image(delivery(change.event_bridge())) == DONE
    assert analyze_image(delivery(change.event_bridge(), 2)) == DONE

    job = jobs.find(job_id, OWNER)
    assert (job.status, job.error_code) == ("error", code)
    assert job.error_message


@pytest.mark.usefixtures("analyze_image")
def test_given_a_file_beyond_the_limit_then_its_job_says_so(
    jobs: Jobs, upload: Any, monkeypatch: pytest.MonkeyPatch, start: Callable[[str], Function]
) -> None:
    monkeypatch.setenv("MAX_UPLOAD_BYTES", "100")
    job_id, change = upload(JPEG)

    start("analyze_image")(delivery(change.event_bridge()))

    assert jobs.find(job_id, OWNER).error_code == "upload_too_large"


def test_given_a_picture_that_rekognition_refuses_then_its_job_says_so(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any
) -> None:
    answers.errors = [("InvalidImageFormatException", 400)]
    job_id, change = upload(JPEG)

    assert analyze_image(delivery(change.event_bridge())) == DONE
    assert jobs.find(job_id, OWNER).error_code == "analysis_refused"


def test_given_a_service_that_fails_for_now_then_the_next_delivery_succeeds(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any
) -> None:
    answers.errors = [("AccessDeniedException", 400)]
    job_id, change = upload(JPEG)

    assert analyze_image(delivery(change.event_bridge())) == AGAIN
    assert jobs.find(job_id, OWNER).status == "processing"
    assert analyze_image(delivery(change.event_bridge(), 2)) == DONE
    assert jobs.find(job_id, OWNER).status == "complete"


@pytest.mark.parametrize("operation", ["s3.GetObject", "s3.PutObject"])
def test_given_a_bucket_that_refuses_until_the_last_delivery_then_the_job_ends_with_that(
    analyze_image: Function, jobs: Jobs, upload: Any, operation: str
) -> None:
    job_id, change = upload(JPEG)

    with refused(clients.s3(), operation):
        answered = [analyze_image(delivery(change.event_bridge(), number)) for number in range(1, 6)]

    assert answered == [AGAIN] * 4 + [DONE]
    job = jobs.find(job_id, OWNER)
    assert (job.status, job.error_code) == ("error", "analysis_failed")
    assert "tried 5 times" in str(job.error_message)


def test_given_a_table_that_refuses_the_end_then_the_job_is_tried_again_and_ends(
    analyze_image: Function, jobs: Jobs, upload: Any
) -> None:
    job_id, change = upload(JPEG)

    with refused(clients.dynamodb(), "dynamodb.UpdateItem", "X-Ray"):
        answered = [analyze_image(delivery(change.event_bridge(), number)) for number in range(1, 6)]

    assert answered == [AGAIN] * 4 + [DONE]
    assert jobs.find(job_id, OWNER).error_code == "analysis_failed"


def test_given_a_table_that_refuses_everything_then_the_message_goes_to_the_dead_letter_queue(
    analyze_image: Function, jobs: Jobs, upload: Any
) -> None:
    job_id, change = upload(JPEG)

    with refused(clients.dynamodb(), "dynamodb.UpdateItem"):
        answered = [analyze_image(delivery(change.event_bridge(), number)) for number in range(1, 6)]

    assert answered == [AGAIN] * 5
    assert jobs.find(job_id, OWNER).status == "pending"


def test_given_an_upload_that_went_before_it_was_looked_at_then_its_job_says_so(
    analyze_image: Function, jobs: Jobs, upload: Any, stack: Stack
) -> None:
    job_id, change = upload(JPEG)
    stack.s3.delete_object(Bucket=UPLOADS, Key=change.key)

    assert analyze_image(delivery(change.event_bridge())) == DONE
    assert jobs.find(job_id, OWNER).error_code == "upload_missing"


def test_given_a_direct_call_when_a_service_fails_then_it_fails_too(
    analyze_image: Function, jobs: Jobs, answers: Answers, upload: Any
) -> None:
    answers.errors = [("AccessDeniedException", 400)]
    job_id, change = upload(JPEG)

    with pytest.raises(TransientError, match="DetectLabels: AccessDeniedException"):
        analyze_image(change.event_bridge())
    assert analyze_image(change.event_bridge())["body"] == ["ok"]
    assert jobs.find(job_id, OWNER).status == "complete"


def test_given_changes_that_are_no_uploads_then_nothing_happens(
    analyze_image: Function, stack: Stack, answers: Answers, upload: Any
) -> None:
    job_id, change = upload(JPEG)
    bucket = Bucket(stack.s3, UPLOADS)
    other = bucket.put("uploads/somewhere else", JPEG)
    unknown = bucket.put("uploads/1f0c6a52-7a4e-4f0b-9d2c-3b8e5a6d7c91/image", JPEG)
    deleted = bucket.delete(change.key)

    for one in (other, unknown, deleted):
        assert analyze_image(delivery(one.event_bridge())) == DONE
    assert stack.job(job_id)["Status"] == "pending"
    assert answers.asked == []


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"detail": {}}'])
def test_given_a_message_that_nobody_understands_then_it_is_left_for_the_dead_letter_queue(
    analyze_image: Function, body: str
) -> None:
    assert analyze_image(delivery(body)) == AGAIN


@pytest.mark.parametrize("event", [{}, [], None, "text", {"Records": "x"}])
def test_given_a_call_that_nobody_understands_then_it_is_told_what_was_expected(
    analyze_image: Function, event: Any
) -> None:
    answer = analyze_image(event)

    assert answer["statusCode"] == 400
    assert "expected an S3 notification" in answer["body"]


@pytest.mark.parametrize("name", ["analyze_image", "analyze_image_s3", "analyze_image_sqs"])
def test_the_sample_events_analyse_their_upload(
    analyze_image: Function, jobs: Jobs, stack: Stack, event: Callable[[str], Any], name: str
) -> None:
    job_id = "1f0c6a52-7a4e-4f0b-9d2c-3b8e5a6d7c91"
    row = stack.job(jobs.create(OWNER).job_id) | {"JobId": job_id}
    stack.dynamodb.put_item(TableName=stack.results_table, Item=to_item(row))
    stack.s3.put_object(Bucket=UPLOADS, Key=f"uploads/{job_id}/image", Body=DICOM)

    assert analyze_image(event(name)) in (DONE, {"statusCode": 200, "body": ["ok"]})
    assert jobs.find(job_id, OWNER).status == "complete"


def test_nothing_of_a_patient_is_told_to_logs_metrics_or_callers(
    analyze_image: Function, answers: Answers, upload: Any, capfd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answers.lines = ["ZZYZX, QUENTIN", "PAT-4711", "OTHER-0815 ACC-9001"]
    files = (DICOM, DICOM[:-9000], DICOM[:300], as_file(make_dataset(pixels=False)))

    told = json.dumps([analyze_image(upload(data)[1].event_bridge()) for data in files])
    answers.errors = [("InvalidParameterException", 400)]
    told += json.dumps(analyze_image(delivery(upload(DICOM)[1].event_bridge())))

    assert [vars(record).get("code") for record in caplog.records if record.message == "analysed"] == [
        *("ok", "truncated_pixel_data", "truncated_header", "no_pixel_data", "analysis_refused")
    ]
    told += "".join(capfd.readouterr()) + str([vars(record) for record in caplog.records])
    assert '"Analyses"' in told  # the metrics were told
    assert [secret for secret in (*SECRETS, "ZZYZX", "QUENTIN") if secret in told] == []
