"""The contract: what every backend must make of each fixture, over each protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from smsbridge.backend import Backend
from smsbridge.client import Client
from smsbridge.errors import NotSent, OutcomeUnknown, Rejected, SendError
from smsbridge.message import Submission
from smsbridge.testing.fixture import BODIES, Fixture
from smsbridge.testing.inprocess import InProcess
from smsbridge.testing.provider import Provider

_OUTCOMES: Mapping[str, type] = {
    "accepted": Submission,
    "not_sent": NotSent,
    "rejected": Rejected,
    "unknown": OutcomeUnknown,
}


def cases(backend: Backend, fixtures: list[Fixture]) -> Iterator[tuple[Fixture, str]]:
    """Yield each fixture that sends a message, with each protocol that it is for."""
    for fixture in fixtures:
        if fixture.message is not None:
            for protocol in fixture.protocols or backend.protocols:
                yield fixture, protocol


def check(backend: Backend, fixture: Fixture, protocol: str) -> list[str]:
    """Play one fixture over one protocol; return what is not as it must be, best none."""
    if fixture.message is None:
        raise ValueError(f"fixture {fixture.id} sends no message")
    backend = replace(backend, protocol=protocol)
    provider = Provider(backend, fixture)
    outcome: Submission | SendError
    with Client(backend, transport=InProcess(provider)) as client:
        try:
            outcome = client.send(fixture.message)
        except SendError as error:
            outcome = error
    wrong = list(_differences(fixture.expect, outcome, provider))
    wrong += provider.misses
    wrong += [f"the interaction {name} was never played" for name in provider.unplayed()]
    return wrong


def unpinned(backend: Backend, fixtures: list[Fixture]) -> list[str]:
    """Return the operations that no fixture pins on the wire, as ``send over soap``.

    A fixture by meaning proves mapping and outcome, never the wire: a wrong field name would be
    written and read by the same table.
    """
    pinned = {
        (protocol, _call(interaction.request))
        for fixture in fixtures
        for protocol in fixture.protocols or backend.protocols
        for interaction in fixture.interactions
        if interaction.request and any(body in interaction.request for body in BODIES)
    }
    return [
        f"{operation} over {protocol}"
        for protocol, table in backend.protocols.items()
        for operation, call in table.operations().items()
        if (protocol, call.call) not in pinned
    ]


def _call(request: Mapping[str, Any]) -> str:
    if "soap" in request:
        return str(request["soap"]["operation"])
    return f"{request.get('method', 'POST')} {request.get('path', '')}"


def _differences(
    expect: Mapping[str, Any], outcome: Submission | SendError, provider: Provider
) -> Iterator[str]:
    wanted = expect["outcome"]
    if not isinstance(outcome, _OUTCOMES[wanted]):
        yield f"the outcome is {outcome!r}, not {wanted}"
        return
    for key in ("id", "status", "reason", "code"):
        if key in expect:
            expected = provider.scenario.filled(expect[key])
            found = getattr(outcome, key, None)
            if found != expected:
                yield f"{key} is {found!r}, not {expected!r}"
