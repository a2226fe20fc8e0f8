"""`python -m benchmarks [FIGURE …]`: measure and print; all figures without an argument."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks import archive, batch, convert, growth, headers, importing, imports, page, uploads
from benchmarks.tables import machine, show

FIGURES: dict[str, Callable[[], bool]] = {
    "headers": headers.run,
    "growth": growth.run,
    "imports": imports.run,
    "batch": batch.run,
    "convert": convert.run,
    "uploads": uploads.run,
    "page": page.run,
    "archive": archive.run,
    "importing": importing.run,
}


def main() -> int:
    """Run the figures that are named; exit status 1 where one misses its goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the project costs.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"{', '.join(FIGURES)}; all without one")
    names = parser.parse_args().figures or list(FIGURES)
    if unknown := set(names) - FIGURES.keys():
        parser.error(f"no figure is called {', '.join(sorted(unknown))}: there are {', '.join(FIGURES)}")
    show(machine())
    reached = [FIGURES[name]() for name in names]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
