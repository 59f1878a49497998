"""Asks the live service what a fixture marks as ``live: safe``, and compares what comes.

What sends, sends again or deletes is never asked, whatever a file says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from smsbridge.auth.token import TokenRefused
from smsbridge.backends.base import Backend
from smsbridge.client.sync import Client
from smsbridge.errors import ConfigError, SmsbridgeError
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response, Session, drive
from smsbridge.mapping.codec import Unreadable
from smsbridge.serving.call import read_call
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.testing.contract.conversation import ask
from smsbridge.testing.drift.live_answer import Agreement, LiveAnswer, LiveInteraction
from smsbridge.testing.drift.safe_request import NotAskable, write_request
from smsbridge.testing.fixture.load import Fixture, Interaction
from smsbridge.testing.fixture.scenario import Scenario

SAFE = "safe"
HARMFUL = ("send", "resend", "delete")
"""The operations that change something: none of them is ever asked."""

_UNAUTHORIZED = 401


@dataclass
class LiveService:
    """A live service, asked as the client of a backend asks it.

    ``carry`` sends one request: it raises `Broken` when no answer comes. Each request is sent once:
    a second interaction that asks the same gets the same answer.
    """

    backend: Backend
    carry: Callable[[Request], Response]
    session: Session = field(default_factory=Session)
    _answers: dict[tuple[Any, ...], Response] = field(default_factory=dict)

    def ask_again(self, fixture: Fixture) -> Iterator[LiveInteraction]:
        """Yield what became of each safe interaction of a fixture, in their order."""
        scenario = Scenario(fixture, self.backend.credentials(), lambda: "0" * 40, self.session.now)
        for one in fixture.interactions:
            if one.live == SAFE:
                yield self._ask_one(fixture, one, scenario)

    def _ask_one(self, fixture: Fixture, one: Interaction, scenario: Scenario) -> LiveInteraction:
        made = LiveInteraction(fixture=fixture.id, interaction=one.id, verdict=Agreement.NOT_ASKED)
        try:
            self._check_protocol(fixture)
            asked = self._answer(fixture, one, scenario)
        except (NotAskable, Broken) as error:
            return replace(made, why=error.why)
        except TokenRefused as error:
            return replace(made, why=f"{error}: check the credentials")
        except Unreadable as error:
            return replace(made, why=str(error))
        return LiveAnswer(self.backend, one, scenario, *asked).judge(made)

    def _check_protocol(self, fixture: Fixture) -> None:
        if fixture.protocols and self.backend.protocol not in fixture.protocols:
            over = " and ".join(fixture.protocols)
            raise NotAskable(f"it is for {over}, and the config is for {self.backend.protocol}")

    def _answer(
        self, fixture: Fixture, one: Interaction, scenario: Scenario
    ) -> tuple[Request, Response]:
        if (one.response or {}).get("fault"):
            raise NotAskable("its answer is a fault of the wire, which no service gives")
        if one.request is not None:
            pattern, sent = one.request, _Sent(self)
            exchange = self._exchange(pattern, scenario)
            drive(exchange, sent.carry)
        else:
            sent = _Sent(self)
            self._ask_as_client(fixture, one.call or {}, sent)
        if sent.request is None or sent.response is None:
            raise sent.broken or NotAskable("its request can't be written")
        return sent.request, sent.response

    def _exchange(self, pattern: Mapping[str, Any], scenario: Scenario) -> Exchange[Response]:
        """Return the exchange of a request whose wire is pinned, as the auth carries it."""
        backend = self.backend
        auth = backend.protocols[backend.protocol].auth

        def make(more: Mapping[str, str]) -> Exchange[Request]:
            yield from ()
            before = dict(scenario.minted)
            scenario.minted |= more
            try:
                return write_request(pattern, backend, scenario, self.carry)
            finally:
                scenario.minted = before

        if "token" in scenario.minted:
            return _send(make)
        return auth.carry(make, backend.credentials(), backend.site(), self.session)

    def _ask_as_client(self, fixture: Fixture, call: Mapping[str, Any], sent: _Sent) -> None:
        """Let a client ask for what a fixture gives by meaning alone."""
        asked, wanted = fixture.do, call.get("operation", "")
        if wanted in HARMFUL:
            raise NotAskable(f"it is marked safe, and a {wanted} never is")
        if asked is None or asked.operation != wanted:
            raise NotAskable(f"it names no request: give do: {{operation: {wanted}, …}}")
        if call.get("credentials", "right") != "right":
            raise NotAskable("it asks with wrong credentials")
        with Client(self.backend, transport=sent, session=self.session) as client:
            try:
                ask(client, asked)
            except ConfigError:
                raise
            except SmsbridgeError:
                return  # what came is judged, not what a client makes of it

    def send(self, request: Request) -> Response:
        """Return the live answer to a request; raises `NotAskable` for one that is harmful."""
        if request.share is None:
            self._check_harmless(request)
        key = (request.method, request.url, *sorted(request.headers.items()), request.body)
        if key not in self._answers:
            self._answers[key] = self.carry(request)
        return self._answers[key]

    def _check_harmless(self, request: Request) -> None:
        protocols = provider_protocols(self.backend)
        call = read_call(self.backend, protocols, request, (), lambda _: None)
        if isinstance(call, Response):
            raise NotAskable("its request can't be read as a call of the provider")
        if call is not None and call.operation in HARMFUL:
            raise NotAskable(f"it is marked safe, and a {call.operation} never is")


def _send(make: Callable[[Mapping[str, str]], Exchange[Request]]) -> Exchange[Response]:
    request = yield from make({})
    return (yield request)


@dataclass
class _Sent:
    """Carries a conversation up to its first call: the call and its answer are kept."""

    service: LiveService
    request: Request | None = None
    response: Response | None = None
    broken: Exception | None = None

    def carry(self, request: Request) -> Response:
        if self.response is not None and request.share is None and not self._is_renewing():
            raise Broken(Left.NOTHING, "only its first call is asked", retry=False)
        try:
            answer = self.service.send(request)
        except Exception as error:
            self.broken = error
            raise
        if request.share is None:
            self.request, self.response = request, answer
        return answer

    def _is_renewing(self) -> bool:
        """Return whether the call may come once more, with a new token."""
        return self.response is not None and self.response.status == _UNAUTHORIZED

    def send(self, request: Request, _deadline: float) -> Response:
        """Do the same for a client."""
        try:
            return self.carry(request)
        except NotAskable as error:
            raise Broken(Left.NOTHING, error.why, retry=False) from None

    def close(self) -> None:
        """Do nothing: who made the connection closes it."""
