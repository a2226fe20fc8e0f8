"""What the service refuses, by the names and statuses in botocore's description of it."""

from __future__ import annotations


class Fault(Exception):
    """An error of the service: its code, its status, and what it says."""

    def __init__(self, code: str, status: int, message: str) -> None:
        """Make a fault; no patient's data belongs into `message`."""
        super().__init__(f"{code}: {message}")
        self.code, self.status, self.message = code, status, message


def invalid(message: str) -> Fault:
    """Return the fault of a request that breaks the service's constraints."""
    return Fault("ValidationException", 400, message)


def over_quota(message: str) -> Fault:
    """Return the fault of a request beyond a quota."""
    return Fault("ServiceQuotaExceededException", 402, message)


def denied(message: str) -> Fault:
    """Return the fault of a caller, or a role, that may not."""
    return Fault("AccessDeniedException", 403, message)


def not_found(message: str) -> Fault:
    """Return the fault of a request for what is not there."""
    return Fault("ResourceNotFoundException", 404, message)


def not_acceptable(message: str) -> Fault:
    """Return the fault of a request for a format that a frame is not stored in."""
    return Fault("NotAcceptableException", 406, message)


def conflict(message: str) -> Fault:
    """Return the fault of a request that what is there does not allow now."""
    return Fault("ConflictException", 409, message)


def throttled(message: str) -> Fault:
    """Return the fault of a request that came too fast."""
    return Fault("ThrottlingException", 429, message)


def internal(message: str) -> Fault:
    """Return the fault of the service's own."""
    return Fault("InternalServerException", 500, message)
