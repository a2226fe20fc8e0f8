"""The faults of AWS's services -> the errors of this package."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from serverless_dicom.errors import ObjectNotFound, TransientError

_ABSENT = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NoSuchVersion"})


def error_code(error: ClientError) -> str:
    """The service's own code of an error, such as `NoSuchKey`."""
    return error.response.get("Error", {}).get("Code", "Unknown")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise ObjectNotFound for what is absent and TransientError for everything else that a service refuses.

    A denied call is transient too: what is missing is a permission, not the object, and the message waits for it in
    the dead-letter queue. `what` names the call in the message: "reading s3://bucket/key".
    """
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        kind = ObjectNotFound if code in _ABSENT else TransientError
        raise kind(f"{what}: {code}") from error
    except BotoCoreError as error:
        raise TransientError(f"{what}: {type(error).__name__}") from error
