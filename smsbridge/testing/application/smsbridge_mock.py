"""For tests of an application: a mock that all its clients meet, whatever their config says."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urljoin

from smsbridge.backends.base import Backend
from smsbridge.backends.outbox import Outbox
from smsbridge.config.choose import BLOCK_VARIABLE, FILE_VARIABLE, URL_VARIABLE
from smsbridge.errors import ConfigError, Outcome, Reason
from smsbridge.http.exchange import Response, Session
from smsbridge.message import Channel, Status, Submission
from smsbridge.testing.application.call_app import App, call_app
from smsbridge.testing.application.player import Player
from smsbridge.testing.application.redirection import REDIRECTION
from smsbridge.testing.fixture.load import Fixture, load
from smsbridge.testing.mock.declared_backend import Declared, declared_backend, is_block
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import AcceptedMessage
from smsbridge.testing.mock.upcoming import answer_of
from smsbridge.testing.mock.webhooks import WebhookTarget
from smsbridge.text.secrets import Secret
from smsbridge.webhooks.guard import origin_of

_NOWHERE = "https://mock.example"
VARIABLES = (URL_VARIABLE, FILE_VARIABLE, BLOCK_VARIABLE)


class SmsbridgeMock(Outbox[AcceptedMessage], Player):
    """Plays a provider for every client of this process, from `start` to `stop`, or in a ``with``.

    A request to another backend is refused with `NoMock`, and ``refused`` says so.

    >>> from smsbridge.testing import SmsbridgeMock
    >>> with SmsbridgeMock("parlayx") as mock:
    ...     with Client(mock.backend) as client:
    ...         submission = client.send("+12025550123", "Hello")
    ...     mock.sent_to("+12025550123").text
    'Hello'
    """

    def __init__(
        self,
        backend: Declared = None,
        *,
        protocol: str = "",
        config: Path | str | None = None,
        wsdl: Path | str = "",
        address: str = "",
    ) -> None:
        """Nothing is redirected before `start`.

        ``backend``: the name of a block, else of an installed backend, its class, a backend, or the
        keys of a block; SMSMobileAPI if it is left out. ``config``: the file of the block.
        ``wsdl``: a file, in place of the WSDL of the config. Credentials that are missing are made
        up. ``address``: where a server serves it to other processes.
        """
        self.refused: list[str] = []
        self._given = (backend, protocol, config)
        self._variables: dict[str, str | None] = {}
        self._more: list[SmsbridgeMock] = []
        self._members: dict[str, Player] = {}
        self._app: App = ""
        REDIRECTION.add(self)  # it stands for the credentials that the config lacks
        try:
            whole = declared_backend(backend, protocol=protocol, config=config, wsdl=wsdl)
        finally:
            REDIRECTION.remove(self)
        played = {one.name: one for one in whole.by_name().values() if one.protocols}
        if not played:
            raise ConfigError(f"{whole.name} uses no network: there is nothing to mock")
        own, *others = played.values()
        super().__init__(own, address)
        self._members = {one.name: Player(one, address) for one in others}
        self._names = {name: one.name for name, one in whole.by_name().items()}
        self._share()
        self.address = address or _NOWHERE

    def start(self) -> Self:
        """Play from now on; ``Client()`` then uses what it plays, if the environment can say so."""
        REDIRECTION.add(self)
        for name, value in self._environment().items():
            self._variables[name] = os.environ.get(name)
            _set(name, value)
        return self

    def stop(self) -> None:
        """Stop playing: what clients send goes to the network again."""
        for one in reversed(self._more):
            one.stop()
        REDIRECTION.remove(self)
        for name, value in self._variables.items():
            _set(name, value)
        self._variables.clear()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, kind: object, *_: object) -> None:
        """Stop; raises `AssertionError` for the surprises of a block that raised nothing."""
        self.stop()
        if kind is None:
            self.verify()

    def verify(self) -> None:
        """Raise `AssertionError` if there was a surprise, here or at a mock beside this one.

        >>> smsbridge_mock.verify()
        """
        if wrong := self.surprises():
            raise AssertionError("the mock provider: " + "; ".join(wrong))

    def of(
        self,
        backend: Declared = None,
        *,
        protocol: str = "",
        config: Path | str | None = None,
        wsdl: Path | str = "",
    ) -> SmsbridgeMock:
        """Return a mock of another backend, which is played beside this one until it stops.

        >>> parlayx = smsbridge_mock.of("parlayx")
        >>> with Client(parlayx.backend) as client:
        ...     submission = client.send("+12025550123", "Hello")
        >>> parlayx.sent_to("+12025550123").protocol
        'soap'
        """
        made = SmsbridgeMock(backend, protocol=protocol, config=config, wsdl=wsdl)
        self._more.append(made)
        return made.start()

    def member(self, name: str) -> Player:
        """Return what plays one backend of a failover, by the name of its block."""
        kind = self._names.get(name, name)
        return self if kind == self._declared.name else self._members[kind]

    def player(self, backend: Backend) -> Player | None:
        """Return what plays a backend; None if it is another's."""
        return next((one for one in (self, *self._members.values()) if one.plays(backend)), None)

    def allow(self, address: str) -> None:
        """Let requests to a base URL go to the network, such as to a server of the test's own.

        >>> smsbridge_mock.allow("http://127.0.0.1:8765")
        """
        REDIRECTION.allow(self, address)

    def next(
        self, outcome: Outcome | str, *, reason: Reason | str | None = None, times: int = 1
    ) -> None:
        """Make the next send end in an outcome, or meet a fault; afterwards all is as before.

        ``outcome``: ``accepted``, ``not_sent``, ``rejected``, ``unknown``, or the word of a fault.
        ``reason``: why it is rejected. ``times``: how many sends. Further calls queue more.

        >>> smsbridge_mock.next("rejected", reason="account")
        >>> smsbridge_mock.next("unknown")
        >>> messages = [Message(recipient="+12025550123", text=text) for text in ("A", "B", "C")]
        >>> [result.outcome.value for result in sms.send_many(messages, concurrency=1)]
        ['rejected', 'unknown', 'accepted']
        """
        self.coming.extend([answer_of(outcome, reason)] * times)

    def deliver_to(
        self,
        app: App,
        path: str = "/",
        *,
        secrets: Sequence[Secret | str] = (),
        signed: bool = True,
    ) -> None:
        """Send the provider's webhooks to an application: a WSGI or ASGI app, or a URL.

        ``secrets``: what they are signed with; ``signed=False``: the form without a signature. They
        go out when `report`, `reply` or `deliver` is called. A signature that covers the address
        has the host of the backend's ``callback``, or ``http://localhost``.
        """
        if not self.backend.webhooks:
            raise ConfigError(f"{self.backend.name} has no webhooks")
        self._app = app
        self.webhooks = WebhookTarget(
            tables=self.backend.webhooks,
            url=urljoin(app if isinstance(app, str) else self._origin(), path),
            session=Session(),
            secrets=[one if isinstance(one, Secret) else Secret(one) for one in secrets],
            credentials=self.backend.credentials(),
            signed=signed,
        )

    def _origin(self) -> str:
        """Return where the provider calls an application in this process, as signatures have it."""
        return origin_of(self.backend.callback) or "http://localhost"

    def report(
        self, message: AcceptedMessage | Submission | str, status: Status | str
    ) -> list[Response]:
        """Give a message a status, by its id: in the log, and as a webhook.

        Returns what the application answered to the webhooks that were due, see `deliver_to`.

        >>> submission = sms.send("+12025550123", "Hello")
        >>> smsbridge_mock.report(submission, "undelivered")
        []
        """
        status = Status(status)
        known = message if isinstance(message, str) else message.id or ""
        players = (self, *self._members.values())
        entry = next(filter(None, (one.history.report(known, status) for one in players)), None)
        if entry is None:
            raise ConfigError("report: the mock took no message with that id")
        found = (one for one in self.messages if one.id == entry.id)
        self.tell(entry, next((one.channels for one in found), [str(Channel.SMS)]), status)
        return self.deliver()

    def reply(self, to: AcceptedMessage | str, text: str) -> list[Response]:
        """Make a message come in, from the recipient of another or from a number.

        Returns what the application answered to the webhooks that were due, see `deliver_to`.

        >>> submission = sms.send("+12025550123", "Shall we come?")
        >>> smsbridge_mock.reply(smsbridge_mock.sent_to("+12025550123"), "Yes")
        []
        >>> sms.received()[-1].text
        'Yes'
        """
        self.receive(to if isinstance(to, str) else to.recipient, text)
        return self.deliver()

    def deliver(self) -> list[Response]:
        """Hand over the webhooks that are due; returns what the application answered to each."""
        self.settle()
        answers = []
        while self._app and not self.outbox.empty():
            answers.append(call_app(self._app, self.outbox.get()))
        return answers

    def play(self, scenario: Fixture | str | Path | None) -> None:
        """Begin a scenario, as `Provider` does; a failover's member plays those of its name."""
        fixture = load(scenario) if isinstance(scenario, str | Path) else scenario
        member = self._members.get(fixture.id.partition("/")[0]) if fixture else None
        if member is not None:
            member.play(fixture)
            self._share()
        else:
            super().play(fixture)

    def reset(self) -> None:
        """Forget everything; the scenario begins again."""
        super().reset()
        for one in self._members.values():
            one.reset()
        self._share()

    def unplayed(self) -> list[str]:
        """Return the interactions of chosen scenarios that were never played."""
        return [*super().unplayed(), *(w for m in self._members.values() for w in m.unplayed())]

    def surprises(self) -> list[str]:
        """Return what was refused, and what no scenario had or never played."""
        beside = (why for one in self._more for why in one.surprises())
        left = len(self.coming)
        never = [f"{left} of the outcomes that next asked for never came"] if left else []
        return [*self.refused, *super().surprises(), *never, *beside]

    def _share(self) -> None:
        """Let all members write to one record."""
        for one in self._members.values():
            one.messages, one.requests = self.messages, self.requests
            one.misses, one.coming = self.misses, self.coming
            one.notes, one.evidence = self.notes, self.evidence

    def _environment(self) -> Mapping[str, str | None]:
        """Return the variables that lead ``Client()`` to it; None for those that lead elsewhere."""
        backend, protocol, config = self._given
        if backend is None and config is None:
            return {URL_VARIABLE: sample_url(protocol or "rest", self.address)}
        variables: dict[str, str | None] = {URL_VARIABLE: None}
        if config is not None:
            variables[FILE_VARIABLE] = str(Path(config).absolute())
        if isinstance(backend, str) and is_block(backend, config):
            variables[BLOCK_VARIABLE] = backend
        return variables


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
