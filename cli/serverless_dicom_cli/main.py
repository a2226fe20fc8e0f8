"""The command line as a whole: which commands there are, and what becomes of what goes wrong in them."""

from __future__ import annotations

import importlib
import io
import os
import sys
from keyword import iskeyword
from typing import TYPE_CHECKING

import click

from serverless_dicom_cli.aws import Aws
from serverless_dicom_cli.problems import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serverless_dicom_cli.aws import Connect

COMMANDS = {
    "headers": "Print what DICOM files say of themselves.",
    "convert": "Draw DICOM images into JPEG or PNG files.",
    "import": "Import DICOM files into HealthImaging.",
    "export": "Write image sets as DICOM files or pictures.",
    "verify": "Compare every frame of image sets with its checksum.",
    "roundtrip": "Prove that what goes in comes out again.",
    "workflow": "Be led from a public study to verified frames.",
    "upload": "Upload files and folders to the inbox bucket.",
    "search": "Find studies, series and objects in the table.",
    "reindex": "Index objects that were in a bucket before the stack.",
    "redrive": "Put back what is in the dead-letter queues.",
    "summarize": "Count anew what studies and series hold.",
    "publish": "Put the page into the stack's bucket.",
    "token": "Log in, and print a token for the API.",
}
"""Each command, in module `commands.<name>`, which is imported when it is called; `import_` for Python's own word."""

FAILED, INTERRUPTED, BROKEN_PIPE = 1, 130, 141
"""Exit statuses: 128 and the signal's number for the last two, as shells have it."""


class Commands(click.Group):
    """The commands, imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return one command, or None where there is none of the name."""
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(importlib.import_module(f"serverless_dicom_cli.commands.{name}"), name)
        return command

    def invoke(self, ctx: click.Context) -> int:
        """Run a command; click itself would end all with status 1 where nobody reads on."""
        try:
            status: int | None = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python, when it ends, must not write what nobody reads either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        return status or 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands in the help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="serverless-dicom")
def commands() -> None:
    """DICOM on AWS without servers: headers of every uploaded object, searchable.

    Results go to stdout, everything else to stderr. Exit status: 0 all is well, 1 some or all of it failed, 2 the
    command line is wrong, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None, connect: Connect = Aws) -> int:
    """Run the command line and return its exit status; errors are told on stderr, in a line each.

    `connect` makes the clients of the account that the options choose.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is no reason to stop
    try:
        status: int = commands.main(arguments, prog_name="serverless-dicom", obj=connect, standalone_mode=False)
    except click.Abort:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last to hear of it
        print(f"Error: {explain(error)}", file=sys.stderr)
        return FAILED
    return status
