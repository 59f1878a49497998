"""Writes the request of an interaction with real credentials and values, or says why it can't."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.fixture.match import matcher_of
from smsbridge.testing.fixture.placeholders import placeholders
from smsbridge.testing.fixture.requests import rest_request, soap_request
from smsbridge.testing.fixture.sample import sample_of
from smsbridge.testing.fixture.scenario import Scenario

_ABSENT = object()
_OPEN = ("$any", "$type", "$regex", "$date")
_TOKEN = ("minted", "token")


class NotAskable(Exception):
    """A request that can't, or must not, be sent to the live service; ``why`` is for readers."""

    def __init__(self, why: str) -> None:
        """``why`` names the place and no value."""
        super().__init__(why)
        self.why = why


def write_request(
    pattern: Mapping[str, Any],
    backend: Backend,
    scenario: Scenario,
    carry: Callable[[Request], Response],
) -> Request:
    """Return the request that a pattern describes; raises `NotAskable` where that is not one.

    A header with a token that is not known yet is left out: the auth adds it. What is optional is
    sent if it is a credential of the protocol. ``carry`` fetches the WSDL where it is an address.
    """
    own = frozenset(backend.protocols[backend.protocol].auth.credentials)
    known = {**pattern, "headers": _without_token(pattern.get("headers", {}), scenario)}
    concrete = _concrete(known, "", own)
    for kind, name in placeholders(concrete):
        if kind == "secret" and name not in scenario.secrets:
            raise NotAskable(f"the config has no {name}")
        if kind in ("mint", "minted", "capture") and name not in scenario.minted:
            raise NotAskable(f"it needs {{{kind}:{name}}}, which no safe interaction gave")
    filled = scenario.fill_all(concrete)
    if "soap" not in filled:
        return rest_request(filled, backend)
    made = soap_request(filled, backend, carry)
    if made is None:
        raise NotAskable("its WSDL can't carry the arguments")
    return made


def _without_token(headers: Mapping[str, Any], scenario: Scenario) -> dict[str, Any]:
    if "token" in scenario.minted:
        return dict(headers)
    return {name: part for name, part in headers.items() if _TOKEN not in placeholders(part)}


def _concrete(pattern: Any, path: str, own: Collection[str]) -> Any:
    """Return a pattern with a value in place of each matcher."""
    if isinstance(pattern, list):
        return [_concrete(part, f"{path}[{i}]", own) for i, part in enumerate(pattern)]
    if not isinstance(pattern, Mapping):
        return pattern
    if name := matcher_of(pattern):
        return _instead_of(name, pattern[name], path, own)
    parts = {
        key: _concrete(part, f"{path}.{key}".lstrip("."), own)
        for key, part in pattern.items()
        if key != "$extra"
    }
    return {key: part for key, part in parts.items() if part is not _ABSENT}


def _instead_of(matcher: str, given: Any, path: str, own: Collection[str]) -> Any:
    if matcher in _OPEN:
        raise NotAskable(f"{path} may be anything: give a value")
    if matcher == "$optional":
        named = {name for kind, name in placeholders(given) if kind == "secret"}
        return _concrete(given, path, own) if named and named <= set(own) else _ABSENT
    if matcher == "$absent":
        return _ABSENT
    if matcher == "$one-of":
        return _concrete(given[0], path, own)
    return _concrete(sample_of({matcher: given}), path, own)
