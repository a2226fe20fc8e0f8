"""Hosts and ports as text: one way to write each, and no other is taken."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

_NAME = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)")
_QUAD = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_MAX_PORT = 65_535
_IPV6 = "an IPv6 address stands in brackets, without a zone"


def host_of(text: str) -> str:
    """A host in small letters, without its last dot and, if it is an IPv6 address, without its brackets.

    Numbers that the system's resolver takes for an IPv4 address (2130706433, 0177.0.0.1, 0x7f.1, 127.1) are refused,
    and so are zones (fe80::1%eth0) and everything that is not ASCII: an international name is written `xn--…`.
    Raises ValueError.
    """
    if text.startswith("["):
        if not text.endswith("]") or "%" in text:
            raise ValueError(_IPV6)
        try:
            return IPv6Address(text[1:-1]).compressed
        except AddressValueError:
            raise ValueError(_IPV6) from None
    host = text.lower().removesuffix(".")
    if not host:
        raise ValueError("there is no host")
    if not host.isascii() or not _NAME.fullmatch(host):
        raise ValueError("a host is made of letters, digits, hyphens and dots; an international one is written xn--…")
    if _NUMERIC.fullmatch(host) and not _QUAD.fullmatch(host):
        raise ValueError("an IPv4 address is written as four decimal numbers, none with a leading zero")
    return host


def port_of(text: str) -> int:
    """A port. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= _MAX_PORT:
        raise ValueError(f"a port is a number from 1 to {_MAX_PORT}")
    return int(text)
