"""Plays fixtures over a protocol, and says how the result differs from what they expect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from smsbridge.backends.base import Backend
from smsbridge.client.sync import Client
from smsbridge.codecs.rest import BODILESS
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import NoAnswer, Outcome, SendError
from smsbridge.http.exchange import Request, Session
from smsbridge.serving import provider_codec
from smsbridge.testing.contract.conversation import ask
from smsbridge.testing.fixture.do import time_of
from smsbridge.testing.fixture.load import Fixture
from smsbridge.testing.fixture.match import mismatch
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

if TYPE_CHECKING:
    from smsbridge.http.transport import Transport
    from smsbridge.mapping.operation import Operation, Question
    from smsbridge.testing.fixture.scenario import Scenario

_BODIES = ("form", "json", "soap")


def cases(backend: Backend, fixtures: list[Fixture]) -> Iterator[tuple[Fixture, str]]:
    """Yield each fixture that asks a client for something, with each protocol that it is for.

    One that names no protocols is for those that have the operation.

    >>> from smsbridge.testing import cases, load
    >>> fixture = load("smsmobileapi/send/accepted-rest")
    >>> [protocol for _, protocol in cases(sms.backend, [fixture])]
    ['rest']
    """
    for fixture in fixtures:
        able = (
            name
            for name, protocol in backend.protocols.items()
            if fixture.operation in protocol.operations()
        )
        if fixture.operation:
            for protocol in fixture.protocols or able:
                yield fixture, protocol


def check(
    backend: Backend,
    fixture: Fixture,
    protocol: str,
    transport: Callable[[Provider], Transport] = InProcess,
) -> list[str]:
    """Play one fixture over one protocol; return everything that is wrong, which should be nothing.

    ``transport``: what carries the client's requests to the provider that plays it.

    >>> from smsbridge.testing import check, load
    >>> check(sms.backend, load("smsmobileapi/send/accepted-rest"), "rest")
    []
    """
    asked = fixture.message or fixture.do
    if asked is None:
        raise ValueError(f"fixture {fixture.id} has neither message nor do")
    backend = replace(backend, protocol=protocol)
    began = datetime.now(UTC)
    provider = Provider(backend, fixture, session=Session(now=lambda: began))
    with Client(backend, transport=transport(provider)) as client:
        try:
            came = ask(client, asked)
        except (SendError, NoAnswer) as error:
            came = error
    wrong = [found.text for found in differences(fixture.expect, came, provider.scenario)]
    wrong += provider.misses
    wrong += [f"the interaction {name} was never played" for name in provider.unplayed()]
    return wrong


def unpinned(backend: Backend, fixtures: list[Fixture]) -> list[str]:
    """Return the operations that no fixture pins on the wire, as ``send over soap``.

    A fixture with ``call`` proves mapping and outcome, but never the wire: the same table would
    write and read a wrong field name.

    >>> from smsbridge.testing import load, unpinned
    >>> "send over rest" in unpinned(sms.backend, [load("smsmobileapi/send/accepted-rest")])
    False
    """
    pinned = {
        (protocol, fixture.operation)
        for fixture, protocol in cases(backend, fixtures)
        if _is_pinned(backend, fixture, protocol)
    }
    return [
        f"{operation} over {protocol}"
        for protocol, table in backend.protocols.items()
        for operation in table.operations()
        if (protocol, operation) not in pinned
    ]


def _is_pinned(backend: Backend, fixture: Fixture, protocol: str) -> bool:
    table = backend.protocols[protocol].operations().get(fixture.operation)
    requests = (interaction.request for interaction in fixture.interactions)
    return table is not None and any(
        _pins(backend, protocol, table, request) for request in requests if request
    )


def _pins(
    backend: Backend, protocol: str, table: Operation | Question, request: Mapping[str, Any]
) -> bool:
    """Return whether a request pins a call: its operation, or its route with what it carries."""
    codec = backend.protocols[protocol].codec
    if isinstance(codec, Soap):
        return bool("soap" in request and request["soap"]["operation"] == table.call)
    method = str(request.get("method", "POST"))
    asked = Request(method=method, url=urljoin(backend.url, str(request.get("path", ""))))
    leniencies: list[str] = []
    served = provider_codec(codec, backend.site())
    if not served.read((table.call,), asked, leniencies.append) or leniencies:
        return False
    carried = ("query",) if method in BODILESS else _BODIES
    return not table.fields or any(part in request for part in carried)


def _outcome(came: object) -> str:
    if isinstance(came, NoAnswer):
        return "no_answer"
    return "answered" if isinstance(came, list) else getattr(came, "outcome", Outcome.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that ended otherwise than a fixture expects: what it is of, and how it differs."""

    of: str
    text: str


def differences(expect: Mapping[str, Any], came: Any, scenario: Scenario) -> Iterator[Difference]:
    """Yield how an end differs from what a fixture expects."""
    wanted = expect["outcome"]
    if _outcome(came) != wanted:
        yield Difference("outcome", f"the outcome is {came!r}, not {wanted}")
        return
    for key in ("id", "status", "reason", "code"):
        if key in expect:
            expected = scenario.fill_all(expect[key])
            found = getattr(came, key, None)
            if found != expected:
                yield Difference(key, f"{key} is {found!r}, not {expected!r}")
    if "rows" in expect and isinstance(came, list):
        yield from _rows_differ(expect["rows"], came, scenario)


def _rows_differ(
    wanted: Sequence[Mapping[str, Any]], rows: Sequence[object], scenario: Scenario
) -> Iterator[Difference]:
    if len(wanted) != len(rows):
        yield Difference("rows", f"there are {len(rows)} rows, not {len(wanted)}")
        return
    for number, (expected, row) in enumerate(zip(wanted, rows, strict=True)):
        for key, pattern in expected.items():
            path, found = f"rows[{number}].{key}", getattr(row, key)
            if key == "answer":
                why = mismatch(pattern, found, scenario.fill, path)
            else:
                word = scenario.fill_all(pattern)
                word = time_of(word) if key == "at" and word is not None else word
                why = None if found == word else f"{path} is {found!r}, not {word!r}"
            if why:
                yield Difference("status" if key == "status" else "rows", why)
