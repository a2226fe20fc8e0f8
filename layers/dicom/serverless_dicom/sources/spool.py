"""Bytes that come in one piece -> a file without a name, from which ranges are read."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, BinaryIO, cast

from serverless_dicom.errors import SourceTooLarge, TransientError

if TYPE_CHECKING:
    from collections.abc import Generator

MAX_BYTES = 256 * 1024 * 1024
"""Bytes that are fetched of one source at most; a function has 512 MiB of /tmp."""

CHUNK = 64 * 1024
"""Bytes that are read at a time."""


def check_size(size: int | None, max_bytes: int, shown: str) -> None:
    """Raise SourceTooLarge if more bytes are announced than are fetched."""
    if size is not None and size > max_bytes:
        raise SourceTooLarge(f"{shown} has {size} bytes; at most {max_bytes} are fetched in one piece")


def spooled(chunks: Generator[bytes], max_bytes: int, shown: str) -> BinaryIO:
    """A temporary file of what comes, which the caller closes; what it comes from is closed here.

    Raises SourceTooLarge once more than `max_bytes` came, TransientError if there is no room for them.
    """
    with ExitStack() as held:
        pieces = held.enter_context(closing(chunks))
        file = held.enter_context(_temporary(shown))
        size = 0
        for chunk in pieces:
            size += len(chunk)
            if size > max_bytes:
                raise SourceTooLarge(f"{shown} has more than the {max_bytes} bytes that are fetched in one piece")
            try:
                file.write(chunk)
            except OSError as error:
                raise TransientError(f"{shown} could not be kept: {error.strerror}") from error
        held.pop_all()  # all has come, so that nothing but the file is open
        return file


def _temporary(shown: str) -> BinaryIO:
    try:
        return cast("BinaryIO", tempfile.TemporaryFile(prefix="source-"))
    except OSError as error:
        raise TransientError(f"{shown} could not be kept: {error.strerror}") from error
