"""`serverless-dicom token`: a token alone on stdout, or a line that says how to come by one."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import click
import pytest
from botocore.exceptions import ClientError

from serverless_dicom_cli.login import Login, User
from tests.unit.cli.account import Account

STRONG = "Correct-Horse-7-Battery"
NEW = "Staple-8-Correct-Horse"


@dataclass
class Pool:
    """A user pool in moto, and what it takes to log in to it."""

    client: Any
    pool_id: str
    client_id: str

    def create(self, name: str, password: str, *, permanent: bool = True) -> None:
        self.client.admin_create_user(UserPoolId=self.pool_id, Username=name, TemporaryPassword=password)
        if permanent:
            self.client.admin_set_user_password(
                UserPoolId=self.pool_id, Username=name, Password=password, Permanent=True
            )

    def whose(self, token: str) -> str:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        return str(claims["cognito:username"])


@pytest.fixture
def pool(account: Account, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """The stack's user pool; nobody of the environment logs in."""
    monkeypatch.delenv("SERVERLESS_DICOM_USERNAME", raising=False)
    monkeypatch.delenv("SERVERLESS_DICOM_PASSWORD", raising=False)
    client = boto3.client("cognito-idp", "us-east-1")
    pool_id = client.create_user_pool(PoolName="users")["UserPool"]["Id"]
    flows: Any = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    created = client.create_user_pool_client(UserPoolId=pool_id, ClientName="cli", ExplicitAuthFlows=flows)
    account.outputs["UserPoolId"] = pool_id
    account.outputs["UserPoolClientId"] = created["UserPoolClient"]["ClientId"]
    return Pool(client, pool_id, account.outputs["UserPoolClientId"])


def test_the_named_user_gets_a_token_and_nothing_else(
    account: Account, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.create("reader", STRONG)
    monkeypatch.setenv("SERVERLESS_DICOM_PASSWORD", STRONG)
    ran = account.run("token", "--username", "reader")
    assert (ran.status, ran.err, len(ran.out.split())) == (0, "", 1)
    assert pool.whose(ran.out) == "reader"
    monkeypatch.setenv("SERVERLESS_DICOM_USERNAME", "reader")
    assert pool.whose(account.run("token").out) == "reader"


def test_the_demo_user_of_the_stack_needs_nothing(account: Account, pool: Pool) -> None:
    pool.create("demo", STRONG)
    secret = json.dumps({"username": "demo", "password": STRONG})
    boto3.client("secretsmanager", "us-east-1").create_secret(Name="serverless-dicom/demo-user", SecretString=secret)
    ran = account.run("token")
    assert (ran.status, ran.err) == (0, "")
    assert pool.whose(ran.out) == "demo"


def test_whom_to_name_is_said_where_there_is_no_demo_user(account: Account, pool: Pool) -> None:
    ran = account.run("token")
    assert (ran.status, ran.out) == (1, "")
    assert "--username" in ran.err
    assert f"admin-create-user --user-pool-id {pool.pool_id}" in ran.err


def test_a_secret_of_another_form_is_not_quoted(account: Account, pool: Pool) -> None:  # noqa: ARG001 - a stack with users
    boto3.client("secretsmanager", "us-east-1").create_secret(Name="serverless-dicom/demo-user", SecretString="hush")
    ran = account.run("token")
    assert ran.status == 1
    assert "serverless-dicom/demo-user is not of the form" in ran.err
    assert "hush" not in ran.err


@pytest.mark.parametrize("name", ["reader", "nobody"])
def test_a_wrong_password_and_a_wrong_name_are_told_alike(
    account: Account, pool: Pool, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pool.create("reader", STRONG)
    monkeypatch.setenv("SERVERLESS_DICOM_PASSWORD", "wrong")
    ran = account.run("token", "--username", name)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"Error: {name} cannot log in: the name or the password is wrong, or the user is disabled\n"


@pytest.mark.parametrize("temporary", [False, True])
def test_without_a_terminal_the_way_out_is_told(
    account: Account, pool: Pool, monkeypatch: pytest.MonkeyPatch, temporary: bool
) -> None:
    pool.create("reader", STRONG, permanent=not temporary)
    if temporary:
        monkeypatch.setenv("SERVERLESS_DICOM_PASSWORD", STRONG)
    ran = account.run("token", "--username", "reader")
    assert (ran.status, ran.out) == (1, "")
    assert ("log in once at a terminal" if temporary else "set SERVERLESS_DICOM_PASSWORD") in ran.err


@dataclass
class Challenges:
    """A user pool that asks for more than a password."""

    names: list[str]
    answers: list[dict[str, str]] = field(default_factory=list)
    refusal: ClientError | None = None

    def initiate_auth(self, **_: Any) -> Any:
        return self._next()

    def respond_to_auth_challenge(self, **request: Any) -> Any:
        self.answers.append(request["ChallengeResponses"])
        if self.refusal:
            raise self.refusal
        return self._next()

    def _next(self) -> Any:
        if not self.names:
            return {"AuthenticationResult": {"IdToken": "token"}}
        return {"ChallengeName": self.names.pop(0), "Session": "s", "ChallengeParameters": {"USER_ID_FOR_SRP": "id"}}


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sit at a terminal, and type these lines."""

    def typed(*lines: str) -> None:
        waiting = iter(lines)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: next(waiting))

    return typed


def test_a_temporary_password_is_changed_and_a_code_is_asked_for(type_in: Callable[..., None]) -> None:
    pool: Any = Challenges(["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA"])
    type_in(NEW, NEW, "123456")
    assert Login(pool, "client").id_token(User("reader", STRONG)) == "token"
    assert pool.answers == [
        {"USERNAME": "id", "NEW_PASSWORD": NEW},
        {"USERNAME": "id", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
    ]


def test_a_challenge_that_nobody_knows_is_named() -> None:
    pool: Any = Challenges(["CUSTOM_CHALLENGE"])
    with pytest.raises(click.ClickException, match="CUSTOM_CHALLENGE"):
        Login(pool, "client").id_token(User("reader", STRONG))


@pytest.mark.parametrize(
    ("code", "told"), [("InvalidPasswordException", "not strong enough: too short"), ("CodeMismatchException", "next")]
)
def test_what_was_typed_and_refused_is_told(type_in: Callable[..., None], code: str, told: str) -> None:
    refusal = ClientError({"Error": {"Code": code, "Message": "too short"}}, "RespondToAuthChallenge")
    pool: Any = Challenges(["NEW_PASSWORD_REQUIRED"], refusal=refusal)
    type_in("x", "x")
    with pytest.raises(click.ClickException, match=told):
        Login(pool, "client").id_token(User("reader", STRONG))


def test_the_password_is_never_an_argument() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "serverless_dicom_cli", "token", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "--username" in shown
    assert "--password" not in shown
