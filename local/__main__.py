"""`python -m local up | down | demo | status`: the stack on this machine. `make up` and the like call it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local import stack
from local.commands import commands, page_and_login
from local.environment import forget_users_settings
from local.errors import LocalError
from local.place import ROOT, Place


def main() -> int:
    """Run one command; exit status 0 when it did what it says, 1 when not, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m local", description="The stack on this machine.")
    parser.add_argument("command", choices=["up", "down", "demo", "status"], help="start, stop, show at work, tell")
    parser.add_argument("--port", type=int, default=4566, help="where it listens on 127.0.0.1 (4566)")
    parser.add_argument(
        "--state", type=Path, default=ROOT / ".local", help="the folder for all that it writes (.local)"
    )
    arguments = parser.parse_args()
    place = Place(arguments.state.resolve())
    forget_users_settings()
    try:
        if arguments.command == "down":
            print("stopped" if stack.down(place) else "was not running")
        elif arguments.command == "status":
            tell_status(place)
        else:
            running = stack.up(place, arguments.port, tell=print)
            if arguments.command == "demo":
                from local.demo import demonstrate  # noqa: PLC0415 - what it imports, the other commands need not wait for

                return demonstrate(place, running)
            tell_commands(place, running)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def tell_status(place: Place) -> None:
    """Print where the stack listens and what it is called."""
    running = stack.found(place)
    for name, value in running.outputs.items():
        print(f"{name:26}{value}")


def tell_commands(place: Place, running: stack.Stack) -> None:
    """Print how to go on from here."""
    print(f"\nnames of all resources: {place.shown(place.outputs)}\nto stop it: make down\n")
    for command in commands(place, running.outputs):
        print(f"# {command.purpose}\n{command.line}\n")
    print(page_and_login(place, running.outputs, running.login))


if __name__ == "__main__":
    sys.exit(main())
