"""Which addresses may be connected to where others choose the URL: public ones, and networks.

A name is resolved first, and each of its addresses is checked, so a name that resolves differently
the next time gets nowhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32 = 0xFFFF_FFFF


class ForbiddenAddress(OSError):
    """An address that may not be connected to."""


def may_connect(host: str, networks: Sequence[Network] = (), *, public: bool = True) -> bool:
    """Return whether an address is in one of the networks or, if ``public``, is a public one.

    An IPv6 address in which an IPv4 address stands (mapped, 6to4, NAT64) is public only if both
    are. Multicast is never allowed, and neither is anything that is not an address.

    >>> from ipaddress import ip_network
    >>> may_connect("10.0.0.1"), may_connect("10.0.0.1", [ip_network("10.0.0.0/8")])
    (False, True)
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    every = [address, *_inside(address)]
    if any(one.is_multicast or one.is_unspecified for one in every):
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(plain in network for network in networks if network.version == plain.version):
        return True
    return public and all(_is_public(one) for one in every)


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address in _NAT64:
            return True  # by itself it says nothing: the IPv4 address in it decides
        if address.is_site_local:
            return False
    return address.is_global and not address.is_reserved


def _inside(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses that stand in an IPv6 address."""
    if isinstance(address, ipaddress.IPv6Address):
        yield from filter(None, (address.ipv4_mapped, address.sixtofour))
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & _LOW_32)
