"""Rekognition's answers -> labels and lines; its faults -> errors of ours."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError

from serverless_dicom.analysis.findings import Box, Instance, Label, Labels, Line, Lines
from serverless_dicom.analysis.fitting import MAX_SENT, Prepared
from serverless_dicom.errors import AnalysisRefused, TransientError
from serverless_dicom.vision.faults import translated
from serverless_dicom.vision.rekognition import Rekognition, shown
from tests.rekognition import Answers, answering
from tests.stack import REGION

WHERE = Box(0.1, 0.2, 0.25, 0.125)
PICTURE = Prepared(b"bytes", "png", 80, 80)


@pytest.fixture
def client(away_from_aws: None) -> Any:  # noqa: ARG001 - wanted for what it does
    return boto3.client("rekognition", REGION)


@pytest.fixture
def answers(client: Any) -> Iterator[Answers]:
    with answering(client) as answers:
        yield answers


@pytest.fixture
def eyes(client: Any) -> Rekognition:
    return Rekognition(client, max_labels=20, min_confidence=70.0)


def test_labels_come_with_confidence_parents_boxes_and_version(eyes: Rekognition, answers: Answers) -> None:
    found = eyes.labels(shown(PICTURE, "bucket", "key"))

    label = Label("X-Ray", 98.71549987792969, ("Medical Imaging",), ("Health",), (Instance(55.5, WHERE),))
    assert found == Labels((label,), "3.0")
    assert answers.asked == [("DetectLabels", {"Image": {"Bytes": b"bytes"}, "MaxLabels": 20, "MinConfidence": 70.0})]


def test_lines_come_without_their_words(eyes: Rekognition, answers: Answers) -> None:
    answers.lines = ["ZZYZX QUENTIN", "L"]

    assert eyes.lines(shown(PICTURE, "bucket", "key")) == Lines(
        (Line("ZZYZX QUENTIN", 99.5, WHERE), Line("L", 99.5, WHERE)), "3.1"
    )


def test_what_the_service_leaves_out_is_empty(eyes: Rekognition, answers: Answers) -> None:
    answers.labels = [{"Name": "Bone", "Confidence": 70.0}]

    assert eyes.labels(shown(PICTURE, "bucket", "key")).labels == (Label("Bone", 70.0),)


@pytest.mark.parametrize(("size", "sent"), [(MAX_SENT, True), (MAX_SENT + 1, False)])
def test_a_picture_is_sent_if_it_may_be_and_named_if_not(size: int, sent: bool) -> None:
    image = shown(Prepared(bytes(size), "png", 80, 80), "bucket", "key")

    assert image == ({"Bytes": bytes(size)} if sent else {"S3Object": {"Bucket": "bucket", "Name": "key"}})


@pytest.mark.parametrize(
    "code",
    ["ImageTooLargeException", "InvalidImageFormatException", "InvalidParameterException", "InvalidS3ObjectException"],
)
def test_what_rekognition_never_takes_is_refused_for_good(eyes: Rekognition, answers: Answers, code: str) -> None:
    answers.errors = [(code, 400)]

    with pytest.raises(AnalysisRefused, match=f"Rekognition refused the picture .DetectLabels: {code}.: save it anew"):
        eyes.labels(shown(PICTURE, "bucket", "key"))


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError", "AccessDeniedException"],
)
def test_what_it_does_not_take_now_is_tried_again(code: str) -> None:
    with pytest.raises(TransientError, match=f"^DetectText: {code}$"), translated("DetectText"):
        raise botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "Zzyzx"}}, "DetectText")


FOREIGN = [
    kind for kind in vars(botocore.exceptions).values() if isinstance(kind, type) and issubclass(kind, BotoCoreError)
]


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.__name__)
def test_every_error_of_botocore_is_transient_and_its_text_stays_out(kind: type[BotoCoreError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "PAT-4711")

    with pytest.raises(TransientError, match=f"^x: {kind.__name__}$"), translated("x"):
        raise error
