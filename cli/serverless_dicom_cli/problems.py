"""An error -> the one line that tells what to do about it."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom_cli.text import shown

CREDENTIALS = "log in (aws sso login, aws configure), or choose a profile with --profile or AWS_PROFILE"

OF_SERVICE = {
    "ExpiredToken": f"the credentials have expired: {CREDENTIALS}",
    "ExpiredTokenException": f"the credentials have expired: {CREDENTIALS}",
    "RequestExpired": "the request came too late: set this machine's clock",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "InvalidAccessKeyId": f"AWS does not know this access key: {CREDENTIALS}",
    "InvalidClientTokenId": f"AWS does not know this access key: {CREDENTIALS}",
    "UnrecognizedClientException": f"AWS does not know this access key: {CREDENTIALS}",
    "SignatureDoesNotMatch": "the secret access key is wrong: correct it, or choose another --profile",
    "NoSuchBucket": "there is no such bucket: check its name, --region and --profile",
    "PermanentRedirect": "the bucket is in another region: name it with --region",
    "AccessDenied": "these credentials may not do that: ask for the permission, or choose another --profile",
    "AccessDeniedException": "these credentials may not do that: ask for the permission, or choose another --profile",
    "NoSuchKey": "there is no such object: check its key, --region and --profile",
    "403": "these credentials may not do that: ask for the permission, or choose another --profile",
    "ResourceNotFoundException": "what the stack's outputs name is not there: was it removed? deploy the stack again",
    "QueueDoesNotExist": "the stack's queue is not there: was it removed? deploy the stack again",
    "AWS.SimpleQueueService.NonExistentQueue": "the stack's queue is not there: was it removed? deploy the stack again",
}
"""By the code with which a service refuses a call."""

OF_CLIENT = {
    "NoCredentialsError": f"there are no AWS credentials: {CREDENTIALS}",
    "PartialCredentialsError": f"the AWS credentials are incomplete: {CREDENTIALS}",
    "CredentialRetrievalError": f"the AWS credentials cannot be had: {CREDENTIALS}",
    "TokenRetrievalError": f"the login has expired: {CREDENTIALS}",
    "SSOTokenLoadError": f"the login has expired: {CREDENTIALS}",
    "UnauthorizedSSOTokenError": f"the login has expired: {CREDENTIALS}",
    "NoRegionError": "no region is chosen: name one with --region or AWS_REGION",
    "ProfileNotFound": "there is no such profile: `aws configure list-profiles` shows those that there are",
    "EndpointConnectionError": "AWS cannot be reached: check the network, --region and --endpoint-url",
    "ConnectTimeoutError": "AWS cannot be reached: check the network, --region and --endpoint-url",
    "ProxyConnectionError": "the proxy cannot be reached: check HTTPS_PROXY",
    "SSLError": "the connection is not trusted: check the proxy, or name its certificate in AWS_CA_BUNDLE",
}
"""By the kind of error that boto3 raises before or instead of a service's answer."""

OF_ONE_OBJECT = frozenset({"AccessDenied", "403", "NoSuchKey"})
"""Codes that may mean one object and not the next."""


def cause_of(error: BaseException) -> BaseException:
    """Return the foreign error behind one of the package's own or of a library's."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def concerns_all(error: BaseException) -> bool:
    """Whether every further call would fail in the same way: there is no need to try it."""
    cause = cause_of(error)
    return type(cause).__name__ in OF_CLIENT or (service_code(cause) in OF_SERVICE.keys() - OF_ONE_OBJECT)


def service_code(error: BaseException) -> str:
    """Return the code with which a service refused a call; empty for any other error."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def explain(error: BaseException) -> str:
    """Tell in one line what went wrong and what to do; nothing that an unforeseen error may quote."""
    cause = cause_of(error)
    told = OF_SERVICE.get(service_code(cause)) or OF_CLIENT.get(type(cause).__name__)
    context = str(error) if isinstance(error, ServerlessDicomError) else ""
    if told:
        return shown(f"{context}: {told}" if context and cause is not error else told)
    if context:
        return shown(context)
    if code := service_code(cause):
        operation = getattr(cause, "operation_name", "a call")
        return shown(f"{operation}: {code}: {getattr(cause, 'response', {})['Error'].get('Message', '')}")
    if isinstance(cause, OSError):
        where = f"{cause.filename}: " if cause.filename else ""
        return shown(f"{where}{cause.strerror or type(cause).__name__}")
    if type(cause).__module__.partition(".")[0] in {"boto3", "botocore", "s3transfer"}:
        return shown(cause)
    return f"unexpected {type(cause).__name__} at {_place(cause)}; please report it"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
