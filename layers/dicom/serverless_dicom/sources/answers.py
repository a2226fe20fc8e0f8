"""What answers of HTTP servers say, and whether it can be so (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from serverless_dicom.errors import InvalidRequest, ObjectNotFound, SourceFailed, SourceNotAllowed
from serverless_dicom.sources.address import Address, check_characters, parse_address
from serverless_dicom.sources.faults import translated
from serverless_dicom.sources.spool import CHUNK

if TYPE_CHECKING:
    from collections.abc import Generator
    from http.client import HTTPResponse

    from serverless_dicom.sources.deadline import Deadline

_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_EXTENT = re.compile(r"bytes (?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})/(?P<size>[0-9]{1,18})", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_EMPTY = re.compile(r"bytes \*/0", re.IGNORECASE)


def refusal(status: int, shown: str) -> ObjectNotFound | SourceFailed:
    """The error that a status means, of an answer that was to bring bytes."""
    if status in _ABSENT:
        return ObjectNotFound(f"{shown}: the source has no such file ({status})")
    if status in _REFUSED:
        return SourceFailed(f"{shown}: the source refuses it to us ({status})")
    return SourceFailed(f"{shown}: the source answered {status}")


def check_coding(answer: HTTPResponse, shown: str) -> None:
    """Raise SourceFailed for a body that would have to be decompressed: none was asked for, and it may be a bomb."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    transfer = answer.headers.get("Transfer-Encoding", "chunked").strip().lower()
    if coding != "identity" or transfer != "chunked":
        raise SourceFailed(f"{shown}: the source compresses what was asked for uncompressed")


def extent(answer: HTTPResponse, shown: str) -> tuple[int, int, int]:
    """The start, the stop and the whole size that Content-Range tells. Raises SourceFailed."""
    found = _EXTENT.fullmatch(answer.headers.get("Content-Range", "").strip())
    if not found:
        raise SourceFailed(f"{shown}: the source does not tell which of how many bytes it sends")
    return int(found["first"]), int(found["last"]) + 1, int(found["size"])


def is_empty(answer: HTTPResponse) -> bool:
    """Whether the answer to a range of a file says that the file has no bytes at all."""
    unsatisfiable = answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return unsatisfiable and bool(_EMPTY.fullmatch(answer.headers.get("Content-Range", "").strip()))


def part(answer: HTTPResponse, length: int, shown: str, deadline: Deadline) -> bytes:
    """A body of exactly so many bytes. Raises SourceFailed or SourceTimeout."""
    if answer.length not in (None, length):
        raise SourceFailed(f"{shown}: the source announces {answer.length} bytes for a range of {length}")
    with translated(shown, deadline):
        data = answer.read(length)
        more = answer.read(1) if len(data) == length else b""
    deadline.remaining()  # an answer that was cut off at the deadline looks like one that ended
    if len(data) != length or more:
        raise SourceFailed(f"{shown}: the source sent {'more' if more else 'fewer'} bytes than the {length} of a range")
    return data


def whole(answer: HTTPResponse, shown: str, deadline: Deadline) -> Generator[bytes]:
    """A body, piece by piece. Raises SourceFailed or SourceTimeout."""
    nothing = True
    while True:
        with translated(shown, deadline):
            piece = answer.read(CHUNK)
        deadline.remaining()
        if not piece:
            break
        nothing = False
        yield piece
    if nothing and answer.length is None and not answer.chunked:  # `http.client` takes half a header for a whole one
        raise SourceFailed(f"{shown}: the source broke off before any byte came")
    if answer.length:
        raise SourceFailed(f"{shown}: the source ended {answer.length} bytes too early")


def redirected(address: Address, location: str | None) -> Address:
    """Where a redirect leads. Raises SourceNotAllowed if nothing may be fetched there, SourceFailed if nowhere."""
    if not location:
        raise SourceFailed(f"{address.shown} redirects to nowhere")
    try:
        check_characters(location)
        whole_url = location if _ABSOLUTE.match(location) else urljoin(address.origin + address.target, location)
        following = parse_address(whole_url)
    except (InvalidRequest, SourceNotAllowed, ValueError):
        raise SourceNotAllowed(f"{address.shown} redirects to what is no http or https address to fetch from") from None
    if following.kind != "http":
        raise SourceNotAllowed(f"{address.shown} redirects to a source of type {following.kind}: ask for that itself")
    if address.scheme == "https" and following.scheme != "https":
        raise SourceNotAllowed(f"{address.shown} redirects from https to http")
    return following
