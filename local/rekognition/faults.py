"""What the service refuses, in AWS's words where they are documented.

AWS says little of what is wrong with an image; the details go into a header of the answer, which AWS does not have.
"""

from __future__ import annotations

from http import HTTPStatus


class Fault(Exception):
    """An error of the service: its code, what AWS says of it, and in what way it came to be here."""

    def __init__(self, code: str, message: str, detail: str = "", status: int = HTTPStatus.BAD_REQUEST) -> None:
        """Make a fault; `detail` is one line for whoever looks at the answer's headers."""
        super().__init__(f"{code}: {message} {detail}".strip())
        self.code, self.message, self.detail, self.status = code, message, detail, status


def invalid_image(detail: str) -> Fault:
    """Return the fault of bytes that are no JPEG and no PNG, or not whole ones."""
    return Fault("InvalidImageFormatException", "Request has invalid image format", detail)


def too_large(detail: str) -> Fault:
    """Return the fault of an image with too many bytes or pixels."""
    return Fault("ImageTooLargeException", "The input image size exceeds the allowed limit.", detail)


def invalid_parameters(detail: str) -> Fault:
    """Return the fault of parameters that contradict each other or do not fit the image."""
    return Fault("InvalidParameterException", "Request has invalid parameters", detail)


def invalid_object(detail: str) -> Fault:
    """Return the fault of an S3 object that is not there or may not be read."""
    message = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
    return Fault("InvalidS3ObjectException", message, detail)


def not_serialized(detail: str) -> Fault:
    """Return the fault of a body that is not what the operation's description says."""
    return Fault("SerializationException", detail)


def unknown_operation(detail: str) -> Fault:
    """Return the fault of a request for something else."""
    return Fault("UnknownOperationException", detail)
