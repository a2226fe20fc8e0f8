"""Imports that leave out what a function has no use for."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let packages be absent for what is imported meanwhile, unless they have been imported already.

    For packages that a library takes if they are there, and does without if not. Afterwards they can be imported.
    """
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None is how import is told that there is none
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
