"""The fields of a request, read one by one and checked all at once: whoever gets some wrong is told of every one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from serverless_dicom.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_HARMLESS = re.compile(r'"?[\w.+-]{1,30}"?')
_NAME = re.compile(r"\w{1,30}")
_KINDS = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


@dataclass(slots=True)
class Fields:
    """A request's fields; `problems` keeps what is wrong with those that were read.

    A field that is absent or null has its default. What was sent is told again only where it cannot be a secret: a
    number, a short word. What is sent for a free text, where a password or a patient's name may stand, never is.
    """

    sent: Mapping[str, Any]
    problems: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, request: Any, example: str) -> Self:
        """The fields of a request that was sent. Raises InvalidRequest with the example if it is no JSON object."""
        if not isinstance(request, dict):
            raise InvalidRequest(f"the request must be a JSON object such as {example}")
        return cls(request)

    def take(self, name: str) -> Any:
        """A field's value as it was sent, None where it was not."""
        self.known.append(name)
        return self.sent.get(name)

    def text(self, name: str, what: str, longest: int | None = None) -> str:
        """A text that has to be there; `what` tells of a problem what is wanted: `a text such as …`."""
        found = self.optional_text(name, what, longest)
        if found is None and self.sent.get(name) is None:
            self.problems.append(f"{name} must be {what}, it is missing")
        return found or ""

    def optional_text(self, name: str, what: str, longest: int | None = None) -> str | None:
        """A text that may be left out, but not be empty nor longer than so many characters."""
        value = self.take(name)
        if value is None or (isinstance(value, str) and value.strip() and (longest is None or len(value) <= longest)):
            return value
        self.problems.append(f"{name} must be {what}, got {_kind(value, longest)}")
        return None

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """One of some words, in whatever case it was sent."""
        value = self.take(name)
        if value is None:
            return default
        found = next((one for one in choices if isinstance(value, str) and value.lower() == one.lower()), None)
        if found is None:
            self.problems.append(f"{name} must be one of {', '.join(choices)}, {told(value)}")
        return found or default

    def whole(self, name: str, low: int, high: int | None = None) -> int | None:
        """A whole number between two, both included; without `high` there is no largest one."""
        value = self.take(name)
        if value is None or (
            isinstance(value, int) and not isinstance(value, bool) and low <= value <= (high or value)
        ):
            return value
        self.problems.append(
            f"{name} must be a whole number from {low}{'' if high is None else f' to {high}'}, {told(value)}"
        )
        return None

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number between two, both included."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.problems.append(f"{name} must be a number from {low:g} to {high:g}, {told(value)}")
        return None

    def truth(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.take(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.problems.append(f"{name} must be true or false, {told(value)}")
        return default

    def finish(self) -> None:
        """Raise InvalidRequest if anything was wrong, or was sent that nobody has read."""
        unknown = [str(name) for name in self.sent if name not in self.known]
        names = [name if _NAME.fullmatch(name) else "a name that was sent" for name in unknown[:5]]
        self.problems += [f"{name} is no field: there are {', '.join(sorted(self.known))}" for name in names]
        if self.problems:
            raise InvalidRequest(*self.problems)


def told(value: Any) -> str:
    """What was sent instead, as far as it can be told again."""
    if value is None:
        return "it is missing"
    sent = json.dumps(value, default=str)
    return f"got {sent}" if _HARMLESS.fullmatch(sent) else "got something else"


def _kind(value: Any, longest: int | None) -> str:
    """What was sent in place of a text, without any of it."""
    if isinstance(value, str):
        return f"{len(value)} characters" if longest is not None and len(value) > longest else "an empty one"
    return _KINDS.get(type(value), "something else")
