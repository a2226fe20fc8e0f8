"""How figures are printed."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

from rich.console import Console
from rich.table import Table

_CONSOLE = Console(width=120, highlight=False)


def show(text: str) -> None:
    """Print a line."""
    _CONSOLE.print(text)


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table, its first column to the left and numbers to the right."""
    drawn = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        drawn.add_column(column, justify="right" if index else "left")
    for row in rows:
        drawn.add_row(*row)
    _CONSOLE.print(drawn)


def goal(text: str, reached: float, bound: float, *, at_least: bool = False) -> bool:
    """Print whether a figure reaches its goal, and return it."""
    met = reached >= bound if at_least else reached <= bound
    sign = "at least" if at_least else "at most"
    _CONSOLE.print(f"  {'reached' if met else '[bold]MISSED[/bold]'}: {text} {reached:.2f}x, goal {sign} {bound:g}x")
    return met


def size(count: float) -> str:
    """A number of bytes, in decimal units."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004 - the unit's step
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def milliseconds(seconds: float) -> str:
    """A time, in milliseconds."""
    return f"{seconds * 1000:,.1f}" if seconds < 1 else f"{seconds * 1000:,.0f}"


def machine() -> str:
    """The machine, the Python and the day that figures belong to."""
    names = [line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")]
    return (
        f"{datetime.now(UTC).date()}, Python {platform.python_version()}, {cpu_count()} x "
        f"{names[0] if names else platform.machine()}"
    )


def _cpu_lines() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
