"""The faults of HealthImaging -> the errors of this package."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    IncompleteReadError,
)

from serverless_dicom.errors import ArchiveBusy, ArchiveError, ArchiveRefused, FrameNotFound, ImageSetNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "SlowDown", "429"})
LOCKED = "ConflictException"
_OF_SERVER = 500
_NOT_FOUND = frozenset({"ResourceNotFoundException", "404"})
_TRANSIENT = frozenset({"InternalServerException", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable"})


def code_of(error: ClientError) -> str:
    """The service's own code of an error, such as `ThrottlingException`."""
    return error.response.get("Error", {}).get("Code", "Unknown")


def is_throttled(error: Exception, *, locked: bool = False) -> bool:
    """Whether the call came too soon: there were too many, or (`locked`) the image set is being worked on."""
    return isinstance(error, ClientError) and (code_of(error) in THROTTLED or (locked and code_of(error) == LOCKED))


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed: the service or the connection failed."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= _OF_SERVER or code_of(error) in _TRANSIENT
    return isinstance(error, ConnectionError | HTTPClientError | IncompleteReadError)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise ArchiveBusy for what may succeed later, and what fits of ArchiveError for everything else.

    A denied call is permanent: whoever waits for an export is to be told at once. `what` names what was asked for in
    the message; the service's own text stays out, for it may quote what was asked.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if is_throttled(error, locked=True) or is_transient(error):
            raise ArchiveBusy(f"{what}: {code}, again and again") from error
        raise _refusal(what, code) from error
    except BotoCoreError as error:
        if is_transient(error):
            raise ArchiveBusy(f"{what}: {type(error).__name__}, again and again") from error
        raise ArchiveRefused(f"{what}: {type(error).__name__}") from error


def _refusal(what: str, code: str) -> ArchiveError:
    if code in _NOT_FOUND:
        kind = FrameNotFound if what.startswith("frame ") else ImageSetNotFound
        return kind(f"{what}: there is none in this data store")
    return ArchiveRefused(f"{what}: HealthImaging refuses it ({code})")
