"""The contract: what every backend must make of each fixture, over each protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from smsbridge.backends.base import Backend
from smsbridge.client.sync import Client
from smsbridge.codecs.rest import BODILESS
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import NoAnswer, NotSent, OutcomeUnknown, Rejected, SendError
from smsbridge.http.exchange import Request, Session
from smsbridge.message import Submission
from smsbridge.testing.fixture.do import time_of
from smsbridge.testing.fixture.load import BODIES, Fixture
from smsbridge.testing.fixture.match import mismatch
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

if TYPE_CHECKING:
    from smsbridge.mapping.operation import Operation, Question
    from smsbridge.testing.fixture.do import Do
    from smsbridge.testing.fixture.scenario import Scenario

_OUTCOMES: Mapping[str, tuple[type, ...]] = {
    "accepted": (Submission, type(None)),
    "answered": (list,),
    "not_sent": (NotSent,),
    "rejected": (Rejected,),
    "unknown": (OutcomeUnknown,),
    "no_answer": (NoAnswer,),
}


def cases(backend: Backend, fixtures: list[Fixture]) -> Iterator[tuple[Fixture, str]]:
    """Yield each fixture that asks a client for something, with each protocol that it is for.

    One that names no protocols is for those that have the operation.
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


def check(backend: Backend, fixture: Fixture, protocol: str) -> list[str]:
    """Play one fixture over one protocol; return what is not as it must be, best none."""
    if not fixture.operation:
        raise ValueError(f"fixture {fixture.id} has neither message nor do")
    backend = replace(backend, protocol=protocol)
    began = datetime.now(UTC)
    provider = Provider(backend, fixture, session=Session(now=lambda: began))
    with Client(backend, transport=InProcess(provider)) as client:
        try:
            came = _done(client, fixture)
        except (SendError, NoAnswer) as error:
            came = error
    wrong = list(_differences(fixture.expect, came, provider.scenario))
    wrong += provider.misses
    wrong += [f"the interaction {name} was never played" for name in provider.unplayed()]
    return wrong


def unpinned(backend: Backend, fixtures: list[Fixture]) -> list[str]:
    """Return the operations that no fixture pins on the wire, as ``send over soap``.

    A fixture by meaning proves mapping and outcome, never the wire: a wrong field name would be
    written and read by the same table.
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
    if not codec.read(backend.site(), (table.call,), asked, leniencies.append) or leniencies:
        return False
    carried = ("query",) if method in BODILESS else BODIES
    return not table.fields or any(part in request for part in carried)


def _done(client: Client, fixture: Fixture) -> Any:
    """Return what comes of what a fixture asks for: of a question its rows."""
    if fixture.do is None:
        return client.send(fixture.message) if fixture.message else None
    return _called(client, fixture.do)


def _called(client: Client, do: Do) -> Any:
    given = dict(do.arguments)
    match do.operation:
        case "sent":
            return list(client.sent(**given))
        case "received":
            return client.received(**given)
        case "status":
            return [client.status(given["id"])]
        case "resend":
            return client.resend(given["id"])
    return client.delete(given.pop("id", None), **given)


def _differences(expect: Mapping[str, Any], came: Any, scenario: Scenario) -> Iterator[str]:
    wanted = expect["outcome"]
    if not isinstance(came, _OUTCOMES[wanted]):
        yield f"the outcome is {came!r}, not {wanted}"
        return
    for key in ("id", "status", "reason", "code"):
        if key in expect:
            expected = scenario.filled(expect[key])
            found = getattr(came, key, None)
            if found != expected:
                yield f"{key} is {found!r}, not {expected!r}"
    if "rows" in expect and isinstance(came, list):
        yield from _rows_differ(expect["rows"], came, scenario)


def _rows_differ(
    wanted: Sequence[Mapping[str, Any]], rows: Sequence[object], scenario: Scenario
) -> Iterator[str]:
    if len(wanted) != len(rows):
        yield f"there are {len(rows)} rows, not {len(wanted)}"
        return
    for number, (expected, row) in enumerate(zip(wanted, rows, strict=True)):
        for key, pattern in expected.items():
            path, found = f"rows[{number}].{key}", getattr(row, key)
            if key == "answer":
                why = mismatch(pattern, found, scenario.fill, path)
            else:
                word = scenario.filled(pattern)
                word = time_of(word) if key == "at" and word is not None else word
                why = None if found == word else f"{path} is {found!r}, not {word!r}"
            if why:
                yield why
