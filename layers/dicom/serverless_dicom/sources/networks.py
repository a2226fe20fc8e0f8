"""The networks that nothing is fetched from.

The list is this project's own: what `ipaddress` calls private or global changes with Python's patch level. Of IPv6
only the global unicast addresses, 2000::/3, are dialed at all, which leaves out loopback, link-local, unique local
(fd00:ec2::254 of AWS), multicast, IPv4-mapped (::ffff:0:0/96) and translated (64:ff9b::/96, 64:ff9b:1::/48) addresses.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

DENIED_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carriers' own; Alibaba's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's own services
            "169.254.0.0/16",  # link-local; metadata of AWS, Azure, Google
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols; Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

DIALED_IPV6 = IPv6Network("2000::/3")

DENIED_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)


def is_denied(address: IPv4Address | IPv6Address) -> bool:
    """Whether nothing is fetched from an address unless an operator says so."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in DENIED_IPV4)
    return address not in DIALED_IPV6 or any(address in network for network in DENIED_IPV6)
