"""The demo user: who may call the API of this machine's stack, with a password that no other start has."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from local.deploy import STACK
from local.environment import endpoint
from local.outputs import DIRECT, session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from local.emulator import Emulator

NAME = "demo"
SECRET = f"{STACK}/demo-user"
"""Where `serverless-dicom token` finds whom to log in, if nobody is named."""


USERNAME, PASSWORD, LOGIN_URL = (f"SERVERLESS_DICOM_{name}" for name in ("USERNAME", "PASSWORD", "LOGIN_URL"))


def prepare(emulator: Emulator, outputs: Mapping[str, str]) -> dict[str, str]:
    """Make the user where it is not there yet, and return the variables that `serverless-dicom` logs in by.

    A user of an earlier `up` of the same emulator keeps the password: shells have it.
    """
    url, pool_id = endpoint(emulator.port), outputs["UserPoolId"]
    password = _password(session().client("secretsmanager", endpoint_url=url, config=DIRECT))
    pool = session().client("cognito-idp", endpoint_url=url, config=DIRECT)
    with suppress(pool.exceptions.UsernameExistsException):
        pool.admin_create_user(UserPoolId=pool_id, Username=NAME, MessageAction="SUPPRESS")
    pool.admin_set_user_password(UserPoolId=pool_id, Username=NAME, Password=password, Permanent=True)
    return {USERNAME: NAME, PASSWORD: password, LOGIN_URL: outputs["LoginUrl"]}


def _password(client: SecretsManagerClient) -> str:
    """Return the password in the secret, or make both."""
    try:
        return str(json.loads(client.get_secret_value(SecretId=SECRET)["SecretString"])["password"])
    except client.exceptions.ResourceNotFoundException:
        password = f"{secrets.token_urlsafe(18)}.aA1"  # with one of each kind that the user pool asks for
        client.create_secret(Name=SECRET, SecretString=json.dumps({"username": NAME, "password": password}))
        return password
