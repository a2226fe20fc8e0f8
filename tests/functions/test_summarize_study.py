"""summarize_study: series and study rows follow the object rows that the table's stream tells of."""

from collections.abc import Callable
from typing import Any

import pytest

from serverless_dicom.errors import TransientError
from serverless_dicom.runtime import clients
from tests.bucket import Bucket
from tests.datasets import SECRETS, STUDY, as_file, make_dataset
from tests.functions.conftest import Function, refused
from tests.stack import Stack


def record(study: str, number: int, kind: str = "INSERT", sort_key: str | None = None) -> dict[str, Any]:
    """A record of the table's stream."""
    keys = {"StudyInstanceUID": {"S": study}, "SortKey": {"S": sort_key or f"OBJECT#1.2#{number}#0"}}
    return {
        "eventSource": "aws:dynamodb",
        "eventName": kind,
        "dynamodb": {"Keys": keys, "SequenceNumber": f"{number:021}", "StreamViewType": "KEYS_ONLY"},
    }


@pytest.fixture
def summarize_study(start: Callable[[str], Function]) -> Function:
    return start("summarize_study")


@pytest.fixture
def studies(stack: Stack, inbox: Bucket) -> list[str]:
    """Three studies of one object each, not yet summed up."""
    uids = [STUDY, "1.2.3.101", "1.2.3.102"]
    for uid in uids:
        stack.indexer.apply(inbox.put(uid, as_file(make_dataset(StudyInstanceUID=uid))).change)
    return uids


def summed_up(stack: Stack) -> list[str]:
    return [row["StudyInstanceUID"] for row in stack.rows() if row["RowType"] == "study"]


def test_given_changed_objects_when_the_stream_tells_then_their_studies_are_summed_up(
    summarize_study: Function, stack: Stack, studies: list[str]
) -> None:
    answer = summarize_study({"Records": [record(uid, number) for number, uid in enumerate(studies * 2)]})

    assert answer == {"batchItemFailures": []}
    assert summed_up(stack) == studies
    before = stack.rows()
    summarize_study({"Records": [record(uid, number) for number, uid in enumerate(reversed(studies))]})
    assert stack.rows() == before


def test_given_the_last_object_of_a_study_is_gone_then_so_are_its_rows(
    summarize_study: Function, stack: Stack, inbox: Bucket, studies: list[str]
) -> None:
    summarize_study({"Records": [record(studies[0], 1)]})
    stack.indexer.apply(inbox.delete(studies[0]).change)

    summarize_study({"Records": [record(studies[0], 2, "REMOVE")]})

    assert [row for row in stack.rows() if row["StudyInstanceUID"] == studies[0]] == []


def test_given_its_own_rows_changed_then_nothing_is_summed_up(
    summarize_study: Function, stack: Stack, studies: list[str]
) -> None:
    assert summarize_study({"Records": [record(studies[0], 1, sort_key="STUDY")]}) == {"batchItemFailures": []}
    assert summed_up(stack) == []


def test_given_one_study_is_refused_then_its_first_record_is_delivered_again(
    summarize_study: Function, stack: Stack, studies: list[str]
) -> None:
    records = [record(uid, number) for number, uid in enumerate([studies[0], studies[1], studies[1], studies[2]])]

    with refused(clients.dynamodb(), "dynamodb.Query", studies[1]):
        answer = summarize_study({"Records": records})

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"{1:021}"}]}
    assert summed_up(stack) == [studies[0], studies[2]]


def test_given_named_studies_when_called_then_they_are_summed_up_or_the_call_fails(
    summarize_study: Function, stack: Stack, studies: list[str]
) -> None:
    assert summarize_study({"StudyInstanceUIDs": studies}) == {"statusCode": 200, "body": "Summarized 3 studies"}
    assert summed_up(stack) == studies

    with refused(clients.dynamodb(), "dynamodb.Query"), pytest.raises(TransientError, match="3 of 3"):
        summarize_study({"StudyInstanceUIDs": studies})


@pytest.mark.parametrize(
    "event", [{}, [], None, "x", {"Records": [{}]}, {"StudyInstanceUIDs": [""]}, {"StudyInstanceUIDs": "x"}]
)
def test_given_a_call_that_nobody_understands_then_it_is_told_what_was_expected(
    summarize_study: Function, event: Any
) -> None:
    answer = summarize_study(event)

    assert answer["statusCode"] == 400
    assert "StudyInstanceUIDs" in answer["body"]


@pytest.mark.parametrize("name", ["summarize_study", "summarize_study_named"])
def test_given_the_sample_events_when_the_study_is_there_then_it_is_summed_up(
    summarize_study: Function, stack: Stack, inbox: Bucket, event: Callable[[str], Any], name: str
) -> None:
    uid = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
    stack.indexer.apply(inbox.put("key", as_file(make_dataset(StudyInstanceUID=uid))).change)

    summarize_study(event(name))

    assert summed_up(stack) == [uid]


def test_nothing_of_a_patient_is_told_to_logs_metrics_or_callers(
    summarize_study: Function, studies: list[str], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answers = [summarize_study({"StudyInstanceUIDs": studies})]
    with refused(clients.dynamodb(), "dynamodb.Query"):
        answers.append(summarize_study({"Records": [record(studies[0], 1)]}))

    told = "".join(capfd.readouterr()) + caplog.text + str(answers)
    assert "StudiesSummarized" in told
    assert [secret for secret in SECRETS if secret in told] == []
