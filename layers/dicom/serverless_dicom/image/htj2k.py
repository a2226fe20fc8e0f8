"""OpenJPH by imagecodecs, with the errors that it does not raise.

What imagecodecs finds wrong in the middle of a codestream it tells `sys.unraisablehook` alone, and returns an array the
rest of which was never written: memory that held something else before. Here that is an error like any other.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import imagecodecs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_here = threading.local()
_others = sys.unraisablehook


def htj2k_decode(codestream: bytes) -> NDArray[Any]:
    """Decode a whole codestream, of shape (rows, columns) or (rows, columns, samples); may be called by many threads.

    Raises ValueError where it is damaged, or whatever imagecodecs raises.
    """
    _listen()
    _here.decodes, _here.failed = True, False
    try:
        array: NDArray[Any] = imagecodecs.htj2k_decode(codestream)
    finally:
        _here.decodes = False
    if _here.failed:
        raise ValueError("the HTJ2K codestream is damaged")
    return array


def _listen() -> None:
    """Put the hook in its place, from which others may have taken it."""
    global _others
    if sys.unraisablehook is not _heard:
        _others, sys.unraisablehook = sys.unraisablehook, _heard


def _heard(unraisable: sys.UnraisableHookArgs) -> None:
    if getattr(_here, "decodes", False):
        _here.failed = True
    else:
        _others(unraisable)
