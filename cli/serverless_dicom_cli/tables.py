"""Tables on stdout: fitted to a terminal, and as wide as their text for whatever else reads them."""

from __future__ import annotations

import sys

from rich.console import Console, RenderableType

UNLIMITED = 100_000
"""Columns of what is no terminal: nothing is folded, so that each row is a line."""


def print_table(table: RenderableType, heading: str = "") -> None:
    """Print a table, after a heading in bold."""
    console = Console(file=sys.stdout, highlight=False, markup=False)
    if console.is_terminal:
        if heading:
            console.print(heading, style="bold", soft_wrap=True)
        console.print(table)
        return
    wide = Console(file=sys.stdout, width=UNLIMITED, color_system=None)
    with wide.capture() as captured:
        wide.print(table)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    print("\n".join([heading, *lines] if heading else lines))
