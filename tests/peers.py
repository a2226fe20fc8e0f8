"""Clients that stand before real ones: they fail, or let something happen, at a call of one's choice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


@dataclass
class Peer:
    """Calls the client behind it, and `before` with the method's name and the number of the call, from 0."""

    client: Any
    before: Callable[[str, int], None]
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """The client's method of that name, which tells of its calls."""
        method = getattr(self.client, name)

        def call(*arguments: Any, **named: Any) -> Any:
            number = len(self.calls)
            self.calls.append(name)
            self.before(name, number)
            return method(*arguments, **named)

        return call


def failing(client: Any, method: str, code: str = "SlowDown", *, times: int = 1) -> Peer:
    """A peer whose first so many calls of a method are refused with an error code."""
    left = [times]

    def refuse(name: str, _: int) -> None:
        if name == method and left[0]:
            left[0] -= 1
            raise refusal(code, method)

    return Peer(client, refuse)


def refusal(code: str, method: str = "GetObject") -> ClientError:
    """A service's error of that code."""
    return ClientError({"Error": {"Code": code, "Message": "told to"}}, method)
