"""The faults of sockets, TLS, HTTP and FTP -> the errors of this package."""

from __future__ import annotations

import ftplib
import http.client
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from serverless_dicom.errors import SourceFailed, SourceTimeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_dicom.sources.deadline import Deadline

_SAID: dict[type[BaseException], str] = {
    socket.gaierror: "its name could not be resolved",
    ssl.SSLError: "no encrypted connection could be made",
    ConnectionRefusedError: "it refused the connection",
    ConnectionError: "it broke off the connection",
    EOFError: "it broke off the connection",
    http.client.IncompleteRead: "it broke off the answer",
    http.client.HTTPException: "its answer is not HTTP",
    ftplib.Error: "its answer is not FTP",
    OSError: "it could not be reached",
    ValueError: "its answer is garbled",
}


@contextmanager
def translated(what: str, deadline: Deadline) -> Iterator[None]:
    """Raise SourceTimeout for what took too long, and SourceFailed for every other fault of a connection.

    The fault itself is not told on: it may quote the query, the credentials, or what the server sent. `what` names the
    source in the message.
    """
    try:
        yield
    except tuple(_SAID) as error:
        if deadline.passed or isinstance(error, TimeoutError):
            raise SourceTimeout(f"{what}: it took longer than the {deadline.seconds:g} seconds that it may") from None
        raise SourceFailed(f"{what}: {_said(error)} ({type(error).__name__})") from None


def _said(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return next(_SAID[kind] for kind in type(error).__mro__ if kind in _SAID)
