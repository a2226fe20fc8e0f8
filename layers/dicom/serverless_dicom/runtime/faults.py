"""Errors that nobody expected, told without what they quote."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING

from serverless_dicom.errors import ServerlessDicomError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools import Logger


@contextmanager
def told_without_values(logger: Logger) -> Iterator[None]:
    """Log any error, and let none but this package's own pass.

    The text of a foreign one may quote a header, so only its kind and the lines that it came through are logged. It is
    raised as TransientError: a fault of the code is none of the object, which waits in the queue until it is mended.
    """
    try:
        yield
    except ServerlessDicomError as error:
        logger.warning(str(error), code=error.code)
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its text must not get out
        raise TransientError(f"unexpected {type(error).__name__} at {told_unexpected(logger, error)}") from None


def told_unexpected(logger: Logger, error: Exception) -> str:
    """Log an error of which only the kind and the lines that it came through may be told; returns the last line."""
    frames = [f"{PurePath(at.filename).name}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]
    logger.error("unexpected error", kind=type(error).__name__, frames=frames)
    return frames[-1]
