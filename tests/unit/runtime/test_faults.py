"""Errors that nobody expected are told without what they quote."""

import io
import json

import pytest
from aws_lambda_powertools import Logger

from serverless_dicom.errors import NotDicom, TransientError
from serverless_dicom.runtime.faults import told_without_values

PATIENT = "Zzyzx^Quentin"


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(log: io.StringIO, request: pytest.FixtureRequest) -> Logger:
    return Logger(service=request.node.name, stream=log)


def test_an_unexpected_error_is_transient_and_its_text_is_told_to_no_one(log: io.StringIO, logger: Logger) -> None:
    with (
        pytest.raises(TransientError, match=r"^unexpected ValueError at test_faults.py:\d+ ") as raised,
        told_without_values(logger),
    ):
        raise ValueError(PATIENT)

    line = json.loads(log.getvalue())
    assert (line["level"], line["kind"]) == ("ERROR", "ValueError")
    assert line["frames"][-1].startswith("test_faults.py:")
    assert PATIENT not in log.getvalue() + str(raised.value)
    assert raised.value.__suppress_context__


def test_an_error_of_this_package_passes_with_its_code(log: io.StringIO, logger: Logger) -> None:
    with pytest.raises(NotDicom), told_without_values(logger):
        raise NotDicom("no prefix")

    assert json.loads(log.getvalue())["code"] == "not_dicom"


def test_nothing_is_told_of_success(log: io.StringIO, logger: Logger) -> None:
    with told_without_values(logger):
        pass

    assert log.getvalue() == ""


def test_a_request_to_end_the_process_is_no_fault(logger: Logger) -> None:
    with pytest.raises(KeyboardInterrupt), told_without_values(logger):
        raise KeyboardInterrupt
