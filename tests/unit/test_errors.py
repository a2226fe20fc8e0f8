"""The exception tree: what its docstring draws is what there is, and every foreign error becomes one of it."""

import re
from collections.abc import Iterator

import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from serverless_dicom import errors
from serverless_dicom.errors import (
    ObjectNotFound,
    PermanentError,
    ServerlessDicomError,
    TransientError,
    http_status,
)
from serverless_dicom.faults import translated
from tests.peers import refusal

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ServerlessDicomError)]
NAMES = {kind.__name__ for kind in CLASSES}

STATUS = {
    errors.RejectedObject: 422,
    errors.ImageTooLarge: 413,
    errors.CannotRender: 422,
    errors.UploadTooLarge: 413,
    errors.CannotAnalyze: 422,
    errors.ImageSetNotFound: 404,
    errors.FrameNotFound: 404,
    errors.ArchiveRefused: 403,
    errors.ArchiveError: 422,
    errors.NoArchive: 409,
    errors.CannotImport: 422,
    errors.JobNotFound: 404,
    errors.ObjectNotFound: 404,
    errors.SourceNotAllowed: 403,
    errors.SourceTooLarge: 413,
    errors.InvalidRequest: 400,
    errors.InvalidEvent: 400,
    errors.SourceFailed: 502,
    errors.SourceTimeout: 504,
    errors.TransientError: 503,
}
"""From the most special class to the most general."""


def drawn() -> Iterator[tuple[int, str, str]]:
    """Depth, name and text of each line of the docstring's tree."""
    for line in (errors.__doc__ or "").splitlines():
        if (found := re.fullmatch(r"([│├└─ ]*)(\w+)(?:\s+(.*))?", line)) and found[2] in NAMES:
            yield len(found[1]) // 4, found[2], found[3] or ""


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    parents: list[str] = []
    seen = {}
    for depth, name, _ in drawn():
        parents[depth:] = [name]
        seen[name] = parents[depth - 1] if depth else "Exception"

    assert seen == {kind.__name__: kind.__base__.__name__ for kind in CLASSES if kind.__base__}


def test_the_codes_in_the_docstring_are_the_classes_own_and_each_is_another() -> None:
    told = {name: text.split()[0].rstrip(":") for _, name, text in drawn() if re.match(r"[a-z_]+(:|$)", text)}

    raised = [kind for kind in CLASSES if not kind.__subclasses__() or kind is TransientError]
    assert told == {kind.__name__: kind.code for kind in raised}
    assert len(set(told.values())) == len(told)


def test_every_class_is_permanent_or_transient_and_says_what_it_means() -> None:
    for kind in CLASSES:
        assert kind.__doc__
        assert kind is ServerlessDicomError or issubclass(kind, PermanentError) != issubclass(kind, TransientError)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_has_a_status(kind: type[ServerlessDicomError]) -> None:
    assert http_status(kind("x")) == next((status for base, status in STATUS.items() if issubclass(kind, base)), 500)


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchBucket", "NoSuchVersion", "404"])
def test_what_aws_does_not_find_is_not_found(code: str) -> None:
    with pytest.raises(ObjectNotFound, match=f"^reading x: {code}$") as raised, translated("reading x"):
        raise refusal(code)

    assert isinstance(raised.value.__cause__, ClientError)


@pytest.mark.parametrize("code", ["SlowDown", "AccessDenied", "InternalError", "ValidationException", "anything"])
def test_what_aws_refuses_is_transient(code: str) -> None:
    with pytest.raises(TransientError, match=f"^reading x: {code}$"), translated("reading x"):
        raise refusal(code)


def test_an_error_without_a_code_is_transient() -> None:
    with pytest.raises(TransientError, match="Unknown"), translated("reading x"):
        raise ClientError({}, "GetObject")  # type: ignore[typeddict-item]


FOREIGN = [
    kind for kind in vars(botocore.exceptions).values() if isinstance(kind, type) and issubclass(kind, BotoCoreError)
]


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.__name__)
def test_every_error_of_botocore_is_transient_and_its_text_stays_out(kind: type[BotoCoreError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "PAT-4711")

    with pytest.raises(TransientError, match=f"^reading x: {kind.__name__}$"), translated("reading x"):
        raise error


def test_an_error_that_is_no_service_s_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), translated("reading x"):
        raise ZeroDivisionError
