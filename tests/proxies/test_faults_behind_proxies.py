"""Faults of the provider, seen through a real proxy: nothing is taken twice or claimed wrongly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsbridge import Submission
from smsbridge.testing.faults.table import FAULTS, Fault, Place, fault

from .conftest import Mock, Row, Sight, async_sends, retrying, row, sync_sends
from support.proxies import STOCK
from support.sending import TEXT

LARGE = "x" * 900_000
"""A message that doesn't leave at once, and that nginx still takes: its limit is 1 MiB."""

PROXIES = sorted(STOCK)
CLIENTS = {"sync": sync_sends, "async": async_sends}
SEEN_BY_ALL = [
    Fault(name, way)
    for name, entry in FAULTS.items()
    for way in entry.ways
    if entry.place in {Place.REQUEST, Place.WIRE, Place.ANSWER} and "rest" in entry.protocols
]
FEW = (
    "reset-after-request",
    "close-after-request",
    "half-headers",
    "half-body",
    "garbage",
    "unauthorized",
    "too-many",
    "unavailable",
    "unavailable:none",
)
OF_SOAP = ("fault-client", "fault-server", "bad-soap:cut")
SEEN_BY_EACH = [
    (protocol, client, word)
    for protocol, client in (
        ("rest", "async"),
        ("soap", "sync"),
        ("soap", "async"),
        ("oauth", "sync"),
        ("oauth", "async"),
    )
    for word in (*FEW, *(OF_SOAP if protocol == "soap" else ()))
]
Show = Callable[[Row], None]


def texts(broken: Fault) -> list[str]:
    """Return what is sent: a large message, or two, where a fault needs it."""
    special = {"reset-mid-request": [LARGE], "stale-connection": [TEXT, f"{TEXT} again"]}
    return special.get(broken.name, [TEXT])


def holds(
    proxy: str, broken: Fault, protocol: str, client: str, address: str, mock: Mock, show: Show
) -> Row:
    """Send through a proxy, and hold what is claimed to what the provider has taken."""
    mock.provider.fault = broken.word
    sight = Sight()
    outcomes = CLIENTS[client](retrying(protocol, address), texts(broken), sight)
    named = {"proxy": proxy, "fault": broken.word, "protocol": protocol, "client": client}
    seen = row(outcomes[-1], sight, mock.provider, **named)
    show(seen)
    kept = [taken.text for taken in mock.provider.messages]
    assert len(kept) == len(set(kept))
    assert not seen.wrong
    assert all(isinstance(one, Submission) for one in outcomes[:-1])
    if broken.entry.answers:  # it got there, and the provider did what its table says
        assert TEXT in kept if broken.taken or broken.name == "stale-connection" else kept == []
    else:
        assert kept == []
    return seen


@pytest.mark.parametrize("broken", SEEN_BY_ALL, ids=lambda one: one.word)
@pytest.mark.parametrize("proxy", PROXIES)
def test_nothing_is_taken_twice_or_claimed_wrongly(
    proxy: str, broken: Fault, stock: dict[str, str], mock: Mock, show: Show
) -> None:
    holds(proxy, broken, "rest", "sync", stock[proxy], mock, show)


@pytest.mark.parametrize(("protocol", "client", "word"), SEEN_BY_EACH)
@pytest.mark.parametrize("proxy", PROXIES)
def test_it_holds_over_each_protocol_with_both_clients(
    proxy: str,
    protocol: str,
    client: str,
    word: str,
    stock: dict[str, str],
    mock: Mock,
    show: Show,
) -> None:
    holds(proxy, fault(word), protocol, client, stock[proxy], mock, show)
