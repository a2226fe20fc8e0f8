"""`serverless-dicom token`."""

# ruff: noqa: PLC0415 - a --help does not wait for what logs in
from __future__ import annotations

import click

from serverless_dicom_cli.aws import Stack, with_stack


@click.command
@click.option(
    "--username",
    metavar="NAME",
    envvar="SERVERLESS_DICOM_USERNAME",
    show_envvar=True,
    help="Who logs in; else the user in the secret STACK/demo-user, where there is one.",
)
@with_stack
def token(stack: Stack, *, username: str | None) -> int:
    """Log in, and print a token for the API.

    It is what curl -H "Authorization: $(serverless-dicom token)" wants. The password comes from the
    variable SERVERLESS_DICOM_PASSWORD, or is asked for; a terminal's history would keep an option. The token works for
    an hour. Nothing but it goes to stdout.
    """
    from serverless_dicom_cli.login import Login, credentials

    user = credentials(stack, username)
    print(Login(stack.aws.users, stack.output("UserPoolClientId")).id_token(user))
    return 0
