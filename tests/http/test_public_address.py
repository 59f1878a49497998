"""Which addresses are public, whatever form they have, and which a network allows."""

from __future__ import annotations

from ipaddress import ip_network

from smsbridge.http.public_address import may_connect

from support.each import each


@each(
    "address",
    ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "2002:808:808::", "64:ff9b::808:808"],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert may_connect(address)
    assert not may_connect(address, public=False)


@each(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1"),
        *("192.0.2.1", "0.0.0.0", "255.255.255.255", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "fec0::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("224.0.0.251", "239.1.1.1", "ff02::1", "ff0e::1", "::ffff:224.0.0.1"),
        *("", "shop.example", "127.1", "0x7f000001", "2130706433"),
    ],
)
def test_any_other_is_not(address: str) -> None:
    assert not may_connect(address)


def test_a_network_allows_what_is_in_it_and_no_more() -> None:
    networks = [ip_network("10.1.0.0/16"), ip_network("fd00::/8"), ip_network("127.0.0.1/32")]
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "127.0.0.1"):
        assert may_connect(address, networks, public=False), address
    for address in ("10.2.0.1", "127.0.0.2", "::1", "64:ff9b::a01:203", "fe80::1"):
        assert not may_connect(address, networks), address


def test_no_network_allows_multicast() -> None:
    networks = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert may_connect("127.0.0.1", networks)
    assert not may_connect("224.0.0.1", networks)
    assert not may_connect("ff02::1", networks)
    assert not may_connect("0.0.0.0", networks)
