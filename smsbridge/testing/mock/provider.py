"""The mock provider: a backend's table the other way round, driven by a fixture.

It takes a `Request` and gives a `Response`, or a `Fault` of the wire. It does no I/O; clock and ids
are passed in. Hosts: in process, pytest-httpserver, and ``smsbridge mock``.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from smsbridge.backends.base import Backend
from smsbridge.codecs.rest import json_response
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.http.decompress import BadEncoding, inflate
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import SoapFault
from smsbridge.mapping.outcome import Outcome
from smsbridge.mapping.path import flat, names
from smsbridge.message import Message, Status, Submission
from smsbridge.testing.faults.inject import Trouble
from smsbridge.testing.faults.table import Fault, fault
from smsbridge.testing.fixture.load import Fixture, Interaction, Provenance, load, shipped
from smsbridge.testing.fixture.scenario import Scenario
from smsbridge.testing.mock.control import controlled
from smsbridge.testing.mock.generated import Assumed
from smsbridge.testing.mock.history import History
from smsbridge.testing.mock.magic_numbers import recipient_rule
from smsbridge.testing.mock.request import Heard, hear, refusal
from smsbridge.testing.mock.webhooks import Firing

NO_MATCH = 599


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message that the provider has accepted, as ``GET /_mock/messages`` shows it.

    ``id`` is that of its log, also where the answer that gave it out got lost.
    """

    recipient: str
    text: str
    channels: list[str]
    protocol: str
    id: str = field(default="", compare=False)


def new_id() -> str:
    """Return an id in the provider's form: 40 lower-case hex digits (DOC)."""
    return uuid4().hex + uuid4().hex[:8]


class Provider:
    """Plays a provider for one backend. Safe to share between threads.

    ``messages``: what it accepted. ``requests``: all that it got. ``notes``: which leniency was
    needed, and how often. ``misses``: what no interaction of the chosen scenario matched.
    ``hosts``: the names, beside those of the loopback, by which its control may be asked.
    ``firing``: where its webhooks go, if anywhere; ``outbox``: those that the host is to carry.
    """

    def __init__(
        self,
        backend: Backend,
        scenario: Fixture | str | Path | None = None,
        *,
        session: Session | None = None,
        new_id: Callable[[], str] = new_id,
    ) -> None:
        """``backend`` holds the credentials to accept. Without a scenario its default is played."""
        self.backend = backend
        self._address = backend.url
        self.hosts: set[str] = set()
        self._session = session or Session()
        self._new_id = new_id
        self._lock = threading.RLock()
        self.firing: Firing | None = None
        self.outbox: SimpleQueue[Request] = SimpleQueue()
        self._trouble = Trouble(backend, self._session)
        self.play(scenario)

    @property
    def address(self) -> str:
        """Where clients reach it, a base URL; the host of any that it was set to is its own."""
        return self._address

    @address.setter
    def address(self, url: str) -> None:
        self._address = url
        if host := urlsplit(url).hostname:
            self.hosts.add(host)

    @property
    def fault(self) -> str | None:
        """What is done to each call that sends, a word of `faults`; a new scenario ends it."""
        return self._trouble.chosen.word if self._trouble.chosen else None

    @fault.setter
    def fault(self, word: str | None) -> None:
        self._trouble.choose(word)

    def play(self, scenario: Fixture | str | Path | None) -> None:
        """Begin a scenario: a fixture, its id or its file; None for the default."""
        fixture = load(scenario) if isinstance(scenario, str | Path) else scenario
        with self._lock:
            self.strict = fixture is not None
            self.fault = None
            self.fixture = fixture or _default(self.backend)
            self.reset()

    def reset(self) -> None:
        """Forget everything; the scenario begins again."""
        with self._lock:
            secrets = self.backend.credentials()
            self.scenario = Scenario(self.fixture, secrets, self._new_id, self._session.now)
            self.history = History(self._session.now)
            self._assumed = Assumed(self.backend, self.scenario, self.history)
            self.messages: list[Taken] = []
            self.requests: list[Request] = []
            self.notes: Counter[str] = Counter()
            self.misses: list[str] = []

    def unplayed(self) -> list[str]:
        """Return the interactions of the chosen scenario that nobody asked for."""
        return self.scenario.unplayed() if self.strict else []

    def handle(self, request: Request) -> Response | Fault:
        """Return the answer to a request."""
        with self._lock:
            try:
                body = inflate(request.body, request.header("content-encoding"), REQUEST.size)
            except BadEncoding as error:
                return self.refuse(request, 400, str(error))
            request = replace(request, body=body)
            met = controlled(self, request) or self.early(request)
            return met or self._wsdl(request) or self._play(request)

    def refuse(self, head: Request, status: int, why: str) -> Response:
        """Return the answer to a request that can't be taken whole, in the words of its wire."""
        return refusal(self.backend, head, status, why)

    def broke(self, error: str) -> Response:
        """Return the answer where this provider itself failed, and keep that as a miss."""
        why = f"the mock provider failed ({error}): please report the request that it got"
        with self._lock:
            self.misses.append(why)
        return json_response(500, {"error": 500, "message": why})

    def surprises(self) -> list[str]:
        """Return what the scenario did not have, and what of it nobody asked for."""
        with self._lock:
            return self.misses + [f"{name} was never played" for name in self.unplayed()]

    def early(self, head: Request) -> Fault | None:
        """Return the fault that a request meets of which no more than the head was read."""
        return self._trouble.early(head)

    def _wsdl(self, request: Request) -> Response | None:
        codecs = (protocol.codec for protocol in self.backend.protocols.values())
        served = (
            codec.serve_wsdl(self.backend.site(), request, self.address)
            for codec in codecs
            if isinstance(codec, Soap)
        )
        found = next((wsdl for wsdl in served if wsdl), None)
        return found and self._trouble.wsdl(found)

    def _play(self, request: Request) -> Response | Fault:
        self.requests.append(request)
        heard = hear(self.backend, request, self.scenario.tokens, self._note)
        if isinstance(heard, Response):
            return heard
        if (self.fault or not self.strict) and (answer := self._conversed(request, heard)):
            return answer
        strict, tokens = self.strict, self.scenario.tokens
        if heard and (due := self._trouble.due(request, heard, tokens, strict=strict)):
            return self._trouble.done(due, request, heard, self._played)
        return self._played(request, heard)

    def _played(self, request: Request, heard: Heard | None) -> Response | Fault:
        found = self.scenario.find(request, heard)
        if isinstance(found, Interaction):
            return self._answer(found, request, heard)
        if answer := self._conversed(request, heard):
            return answer
        if not self.strict:
            return self._unrecorded(request, heard)
        miss = self._masked(f"{request.method} {request.path} matches nothing; {found}")
        self.misses.append(miss)
        return json_response(NO_MATCH, {"error": NO_MATCH, "message": miss})

    def _unrecorded(self, request: Request, heard: Heard | None) -> Response:
        if heard is None:
            sampled = self._assumed.sampled(request, self._note)
            return sampled or json_response(404, {"error": 404, "message": "Not found"})
        response = self._assumed.answer(request, heard)
        self._keep(response, heard)
        return response

    def _answer(
        self, interaction: Interaction, request: Request, heard: Heard | None
    ) -> Response | Fault:
        if named := (interaction.response or {}).get("fault"):
            return self._trouble.done(fault(named), request, heard, self._unrecorded)
        response = self._response(interaction, request, heard)
        if heard is not None:
            self._keep(response, heard)
        return response

    def _keep(self, response: Response, heard: Heard) -> None:
        """Keep the message of a call that was accepted."""
        if heard.message is None or not heard.known:
            return
        outcome = self._outcome(heard, heard.message, response)
        if isinstance(outcome, Submission):
            self._take(heard, heard.message, outcome.id or self._new_id())
            known = {names(path) for path in heard.table.fields}
            for path in {_names(path) for path, _ in flat(heard.fields)} - known:
                self._note(f"unknown field {path}")

    def _response(
        self, interaction: Interaction, request: Request, heard: Heard | None
    ) -> Response:
        site = self.backend.site()
        if interaction.reply is not None and heard:
            reply = self.scenario.filled(interaction.reply)
            return heard.protocol.codec.write(site, request, heard.call.name, reply)
        given = self.scenario.filled(interaction.response or {})
        headers = {name.title(): str(value) for name, value in given.get("headers", {}).items()}
        if "soap" in given and heard and isinstance(heard.protocol.codec, Soap):
            answer = _soap(heard.protocol.codec, given["soap"], heard, request, self.backend)
            status = given.get("status", answer.status)
            return replace(answer, status=status, headers={**answer.headers, **headers})
        status = given.get("status", 200)
        if "json" in given:
            return json_response(status, given["json"], headers)
        headers = {"Content-Type": "text/html; charset=utf-8", **headers}
        return Response(status=status, headers=headers, body=given.get("text", "").encode())

    def _take(self, heard: Heard, message: Message, known: str) -> None:
        self.messages.append(
            Taken(
                recipient=message.recipient,
                text=message.text,
                channels=sorted(message.channels),
                protocol=heard.name,
                id=known,
            )
        )
        rule = recipient_rule(message.recipient)
        status = rule.status if rule else None
        entry = self.history.take(known, message.recipient, message.text, status)
        if self.firing:
            self._fire(self.firing.sent(entry, sorted(message.channels), status or Status.SENT))

    def receive(self, sender: str, text: str, device: str = "") -> None:
        """Let a message come in, as ``POST /_mock/receive`` does."""
        with self._lock:
            entry = self.history.receive(self._new_id(), sender, text, device)
            self._fire(self.firing.received(entry) if self.firing else [])

    def _fire(self, requests: list[Request]) -> None:
        for request in requests:
            self.outbox.put(request)

    def _outcome(self, heard: Heard, message: Message, response: Response) -> Outcome:
        """Return what a client makes of an answer."""
        backend = replace(self.backend, protocol=heard.name)
        attempt = backend.attempt(message, self._session)
        return backend.outcome(heard.table, message, response, self._session, attempt)

    def _conversed(self, request: Request, heard: Heard | None) -> Response | Fault | None:
        """Return the answer to a request that is part of an auth's conversation: a token call."""
        auths = [p.auth for p in ([heard.protocol] if heard else self.backend.protocols.values())]
        credentials = self.backend.credentials()
        site, mint = self.backend.site(), self.scenario.mint
        answers = (auth.answer(request, credentials, site, mint) for auth in auths)
        answer = next((answer for answer in answers if answer), None)
        return answer and self._trouble.token(answer)

    def _masked(self, text: str) -> str:
        for secret in (*self.backend.secrets(), *self.scenario.tokens):
            text = text.replace(secret, "•••")
        return text

    def _note(self, leniency: str) -> None:
        self.notes[leniency] += 1


def _names(path: str) -> str:
    """Return a path without its indexes, also of a field that a client named as no path can be."""
    try:
        return names(path)
    except ValueError:
        return "of a name that no table can have"


def _soap(
    codec: Soap, given: Mapping[str, Any], heard: Heard, request: Request, backend: Backend
) -> Response:
    result = SoapFault(fault=given["fault"]) if "fault" in given else given["result"]
    return codec.write(backend.site(), request, heard.call.name, result)


def _default(backend: Backend) -> Fixture:
    """Return what is played when no scenario is chosen: without a fixture, the tables alone."""
    name = f"{backend.name}/default"
    if name in shipped():
        return load(name)
    made = Provenance(source="ASSUMED", evidence="the backend's tables", date="", verified=None)
    title = "What the tables of the backend allow"
    return Fixture(id=name, title=title, provenance=made, protocols=(), interactions=())
