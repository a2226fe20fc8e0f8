"""The faults of Rekognition -> the errors of this package."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from serverless_dicom.errors import AnalysisRefused, TransientError

_ABOUT_THE_PICTURE = frozenset(
    {
        "ImageTooLargeException",
        "InvalidImageFormatException",
        "InvalidParameterException",
        "InvalidS3ObjectException",
        "ValidationException",
    }
)


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raise AnalysisRefused for what Rekognition will never take, and TransientError for everything else it refuses.

    A denied call is transient too: what is missing is a permission, and the message waits for it. The service's own
    text stays out: it may quote what was asked.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        if code in _ABOUT_THE_PICTURE:
            raise AnalysisRefused(
                f"Rekognition refused the picture ({operation}: {code}): save it anew as JPEG or PNG and upload that"
            ) from error
        raise TransientError(f"{operation}: {code}") from error
    except BotoCoreError as error:
        raise TransientError(f"{operation}: {type(error).__name__}") from error
