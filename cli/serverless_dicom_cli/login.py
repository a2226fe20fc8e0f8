"""Logging in to a stack's user pool."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click
from botocore.exceptions import ClientError

from serverless_dicom_cli.problems import service_code
from serverless_dicom_cli.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AuthenticationResultTypeTypeDef

    from serverless_dicom_cli.aws import Stack

PASSWORD = "SERVERLESS_DICOM_PASSWORD"  # noqa: S105 - the variable's name

REFUSALS = {
    "NotAuthorizedException": "the name or the password is wrong, or the user is disabled",
    "UserNotFoundException": "the name or the password is wrong, or the user is disabled",
    "PasswordResetRequiredException": "the password has to be reset: aws cognito-idp forgot-password",
    "UserNotConfirmedException": "the user has not been confirmed: ask an administrator",
    "TooManyRequestsException": "too many logins just now: wait a minute",
    "LimitExceededException": "too many logins just now: wait a while",
}
"""What to do about a refused login, by the user pool's code."""


@dataclass(frozen=True, slots=True)
class User:
    """Who logs in."""

    name: str
    password: str = field(repr=False)


def credentials(stack: Stack, username: str | None) -> User:
    """Return the user that was named, with a password of the environment or the terminal; else the stack's demo user.

    Raises:
        click.ClickException: nobody was named, and the stack has no demo user.

    """
    if username:
        return User(username, os.environ.get(PASSWORD) or _asked("Password", f"set {PASSWORD}"))
    secret = f"{stack.name}/demo-user"
    try:
        found = json.loads(stack.aws.secrets.get_secret_value(SecretId=secret)["SecretString"])
        return User(str(found["username"]), str(found["password"]))
    except ClientError as error:
        if service_code(error) not in {"ResourceNotFoundException", "AccessDeniedException"}:
            raise
    except (KeyError, TypeError, ValueError):
        raise click.ClickException(f'secret {secret} is not of the form {{"username": …, "password": …}}') from None
    raise click.ClickException(
        f"who logs in? Name a user with --username or SERVERLESS_DICOM_USERNAME (no secret {secret} has one); "
        f"an administrator creates users: aws cognito-idp admin-create-user --user-pool-id "
        f"{stack.output('UserPoolId')} --username NAME"
    )


@dataclass(frozen=True, slots=True)
class Login:
    """A user pool, as the client of it that this program is."""

    pool: CognitoIdentityProviderClient
    client_id: str

    def id_token(self, user: User) -> str:
        """Return a token that tells the API who the user is.

        Raises:
            click.ClickException: the user pool refuses the login; the text says what to do.

        """
        try:
            return self._log_in(user)["IdToken"]
        except ClientError as error:
            code = service_code(error)
            if code == "InvalidPasswordException":
                told = shown(error.response["Error"].get("Message", ""))
                raise click.ClickException(f"the new password is not strong enough: {told}") from error
            if code == "CodeMismatchException":
                raise click.ClickException("that code is wrong or has expired: wait for the next one") from error
            if code not in REFUSALS:
                raise
            raise click.ClickException(f"{shown(user.name)} cannot log in: {REFUSALS[code]}") from error

    def _log_in(self, user: User) -> AuthenticationResultTypeTypeDef:
        answer = self.pool.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user.name, "PASSWORD": user.password},
        )
        while "AuthenticationResult" not in answer:
            name = answer.get("ChallengeName")
            wanted = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", user.name)
            responses = {"USERNAME": wanted} | self._response_to(str(name))
            answer = self.pool.respond_to_auth_challenge(
                ClientId=self.client_id,
                ChallengeName=name,
                Session=answer.get("Session", ""),
                ChallengeResponses=responses,
            )
        return answer["AuthenticationResult"]

    def _response_to(self, challenge: str) -> Mapping[str, str]:
        if challenge == "NEW_PASSWORD_REQUIRED":
            how = "log in once at a terminal, where a new one can be asked for"
            return {"NEW_PASSWORD": _asked("The password was temporary. New password", how, confirm=True)}
        if challenge == "SOFTWARE_TOKEN_MFA":
            return {"SOFTWARE_TOKEN_MFA_CODE": _asked("Code of your authenticator", "log in at a terminal")}
        raise click.ClickException(f"the user pool asks for {challenge}, which this program cannot answer")


def _asked(what: str, otherwise: str, *, confirm: bool = False) -> str:
    """Ask at the terminal, unseen; where there is none, say what to do otherwise."""
    if not sys.stdin.isatty():
        raise click.ClickException(f"{what}: there is no terminal to ask at; {otherwise}")
    answer: str = click.prompt(what, hide_input=True, confirmation_prompt=confirm, err=True)
    return answer
