"""The ids that HealthImaging gives: of image sets, and of frames."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID = re.compile(r"[0-9a-z]{32}")


def identifiers(sent: Mapping[str, Any], *names: str) -> list[str]:
    """The ids in fields of a request. Raises InvalidRequest, which names each that is none."""
    wrong = [name for name in names if not (isinstance(sent.get(name), str) and _ID.fullmatch(sent[name]))]
    if wrong:
        raise InvalidRequest(*(f"{name} must be an id: 32 digits and small letters" for name in wrong))
    return [sent[name] for name in names]
