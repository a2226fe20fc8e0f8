"""What the guided workflow says and asks: results on stdout, questions on stderr."""

from __future__ import annotations

from dataclasses import dataclass

import click

from serverless_dicom_cli.text import shown

STEPS = 7


@dataclass(slots=True)
class Guide:
    """Leads somebody through the steps; asks nothing where `yes` says that nobody is there to answer."""

    yes: bool
    step: int = 0

    def begin(self, title: str) -> None:
        """Begin the next step."""
        self.step += 1
        click.echo(f"\n{self.step}/{STEPS} {title}")

    def say(self, line: str) -> None:
        """Tell something of this step."""
        click.echo(f"    {shown(line)}")

    def judge(self, fine: bool, line: str) -> bool:
        """Tell what a step has come to, and return whether that is as it should be."""
        self.say(f"{'ok' if fine else 'not ok'}: {line}")
        return fine

    def pause(self, what: str) -> None:
        """Go on once somebody agrees. Raises click.Abort where they do not."""
        if not self.yes and not self.ask(what, default=True):
            raise click.Abort

    def ask(self, question: str, *, default: bool) -> bool:
        """Ask what yes or no answers; `default` where nobody is there."""
        return default if self.yes else click.confirm(f"    {question}", default=default, err=True)

    def choose(self, question: str, choices: range) -> int:
        """Ask for a number."""
        within = click.IntRange(choices.start, choices.stop - 1)
        chosen: int = click.prompt(f"    {question}", type=within, err=True)
        return chosen
