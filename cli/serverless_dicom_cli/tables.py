"""Tables on stdout: fitted to a terminal, and as wide as their text for whatever else reads them."""

from __future__ import annotations

import sys

from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType

GAP = "  "
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


def print_rows(headings: list[str], rows: list[list[str]], long: int) -> None:
    """Print rows of cells under headings, a line each; the last `long` ones in lines of their own where they must."""
    console = Console(file=sys.stdout, highlight=False, markup=False)
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    below = long if console.is_terminal and sum(widths) + len(GAP) * (len(widths) - 1) > console.width else 0
    beside = len(headings) - below
    for number, row in enumerate([headings, *rows]):
        style = "bold" if number == 0 else ""
        cells = [set_cell_size(cell, width) for cell, width in zip(row[:beside], widths, strict=False)]
        lines = [GAP.join(cells).rstrip(), *(f"{GAP}{cell}" for cell in row[beside:])]
        for line in lines:
            console.print(line, style=style, soft_wrap=True)
