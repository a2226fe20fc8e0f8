"""The one door to the network: what is not allowed is never dialed, not even to see whether it is there."""

from __future__ import annotations

import queue
import re
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Self, TypeAlias

from serverless_dicom.errors import InvalidSetting, SourceFailed, SourceNotAllowed, SourceTimeout
from serverless_dicom.sources.faults import translated
from serverless_dicom.sources.hosts import host_of, port_of
from serverless_dicom.sources.networks import is_denied

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from serverless_dicom.sources.deadline import Deadline

    Resolver: TypeAlias = Callable[[str, int], Iterable[str]]
    Connect: TypeAlias = Callable[[tuple[str, int], float], socket.socket]
    IPAddress: TypeAlias = IPv4Address | IPv6Address

TRIED = 8
"""Addresses of one name that are dialed at most; all of them are checked."""

_AT_ONCE = 0.001
_ENTRY = re.compile(r"(?P<host>\[[^]]*\]|[^:\[\]/]*)(?::(?P<port>[^:]*))?")


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """What an operator allows on top of the public internet.

    A name may have any address; a name with a port is allowed on that port alone; a network holds for every name.
    """

    hosts: frozenset[str] = frozenset()
    ports: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """Read entries of the forms `host`, `host:port` and `network/length`. Raises InvalidSetting."""
        hosts, ports, networks = set(), set(), []
        for entry in entries:
            try:
                if "/" in entry:
                    networks.append(ip_network(entry))
                    continue
                host, port = _host_and_port(entry)
            except ValueError as error:
                raise InvalidSetting(
                    f"AllowedHosts: {entry!r}: {error}; expected a host, host:port or network/length, such as "
                    "pacs.example.org, pacs.example.org:8443 or 10.1.0.0/16"
                ) from error
            if port is None:
                hosts.add(host)
            else:
                ports.add((host, port))
        return cls(frozenset(hosts), frozenset(ports), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        """Whether a host is named, so that its addresses do not matter."""
        return host in self.hosts or (host, port) in self.ports


def _host_and_port(entry: str) -> tuple[str, int | None]:
    found = _ENTRY.fullmatch(entry)
    if not found:
        raise ValueError("that is neither a name nor an IPv4 address nor an IPv6 address in brackets")
    return host_of(found["host"]), None if found["port"] is None else port_of(found["port"])


def ask_system(host: str, port: int) -> list[str]:
    """Every address that the system's resolver gives for a name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Guard:
    """Dials hosts, if every one of their addresses may be fetched from.

    A name is looked up once, and the connection goes to an address that was checked: a name that changes its mind
    between the two (DNS rebinding) gains nothing.
    """

    def __init__(
        self,
        allowed: Iterable[str] = (),
        *,
        resolve: Resolver = ask_system,
        connect: Connect = socket.create_connection,
    ) -> None:
        """Take an operator's exceptions, as AllowedHosts reads them. Raises InvalidSetting."""
        self._allowed = AllowedHosts.of(allowed)
        self._resolve = resolve
        self._connect = connect

    def dial(self, host: str, port: int, ports: Collection[int], deadline: Deadline) -> socket.socket:
        """A connection to one of a host's addresses; `ports` are those that need no operator's leave.

        Raises SourceNotAllowed before anything is sent to anyone, SourceFailed or SourceTimeout.
        """
        if port not in ports and (host, port) not in self._allowed.ports:
            raise SourceNotAllowed(
                f"nothing is fetched from port {port} of {host}, only from {' and '.join(map(str, sorted(ports)))}; "
                f"an operator may name {_with_port(host, port)} in the parameter AllowedHosts"
            )
        addresses = self._addresses(host, port, deadline)
        if not self._allowed.names(host, port) and any(map(self._is_denied, addresses)):
            raise SourceNotAllowed(
                f"{host} leads to an address that nothing is fetched from (private, local or reserved); "
                "an operator may name the host or its network in the parameter AllowedHosts"
            )
        return self._first(host, port, addresses[:TRIED], deadline)

    def reach(self, address: str, port: int, deadline: Deadline) -> socket.socket:
        """A further connection to an address that `dial` has led to."""
        return _timed(self._connect((address, port), deadline.remaining()), deadline)

    def _first(self, host: str, port: int, addresses: list[IPAddress], deadline: Deadline) -> socket.socket:
        """The first connection that can be made; the time left is shared among the addresses that are left."""
        for index, address in enumerate(addresses, 1):
            last = index == len(addresses)
            patience = deadline.remaining() / (len(addresses) - index + 1)
            try:
                with translated(host, deadline):
                    return _timed(self._connect((str(address), port), patience), deadline)
            except SourceFailed:
                if last:
                    raise
            except SourceTimeout:
                if last or deadline.passed:
                    raise
        raise AssertionError("there is at least one address")

    def _is_denied(self, address: IPAddress) -> bool:
        return is_denied(address) and not any(address in network for network in self._allowed.networks)

    def _addresses(self, host: str, port: int, deadline: Deadline) -> list[IPAddress]:
        """Every address of a host, which may be one itself."""
        try:
            return [ip_address(host)]
        except ValueError:
            pass  # it is a name
        answer: queue.SimpleQueue[list[IPAddress] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answer.put([ip_address(found) for found in self._resolve(host, port)])
            except Exception as error:  # noqa: BLE001 - told on, where somebody listens
                answer.put(error)

        # The system's resolver knows no deadline. A thread that is late is left to itself: it holds nothing but a name.
        thread = threading.Thread(target=look_up, name="source-resolver", daemon=True)
        thread.start()
        with translated(host, deadline):
            try:
                found = answer.get(timeout=deadline.remaining())
            except queue.Empty:
                raise TimeoutError from None
            thread.join()
            if isinstance(found, Exception):
                raise found
        if not found:
            raise SourceFailed(f"{host}: its name has no address")
        return found


def _timed(dialed: socket.socket, deadline: Deadline) -> socket.socket:
    """The connection, no step of which waits beyond the deadline; 0 seconds would mean not to wait at all."""
    dialed.settimeout(max(deadline.left, _AT_ONCE))
    return dialed


def _with_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
