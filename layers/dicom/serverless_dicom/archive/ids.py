"""The ids that HealthImaging gives: of data stores, image sets and frames."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import InvalidRequest, NoArchive

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID = re.compile(r"[0-9a-z]{32}")


def check_datastore(datastore_id: str) -> None:
    """Raise NoArchive where the stack was deployed without a data store."""
    if datastore_id == "none":
        raise NoArchive("this stack has no data store: an operator may name one in the parameter DatastoreId")


def identifiers(sent: Mapping[str, Any], *names: str) -> list[str]:
    """The ids in fields of a request. Raises InvalidRequest, which names each that is none."""
    wrong = [name for name in names if not (isinstance(sent.get(name), str) and _ID.fullmatch(sent[name]))]
    if wrong:
        raise InvalidRequest(*(f"{name} must be an id: 32 digits and small letters" for name in wrong))
    return [sent[name] for name in names]
