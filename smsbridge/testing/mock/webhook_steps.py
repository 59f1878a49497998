"""The webhooks of a scenario: each begins when its state is reached, and leaves when it is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from smsbridge.errors import ConfigError
from smsbridge.mapping.call_values import uuid_of
from smsbridge.serving.webhooks import event_of, outgoing
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsbridge.http.exchange import Request
    from smsbridge.testing.fixture.load import Interaction
    from smsbridge.testing.fixture.scenario import Scenario
    from smsbridge.testing.mock.webhooks import WebhookTarget
    from smsbridge.webhooks.events import Event

_STALE = timedelta(days=1)
_NOT_THE_SECRET = Secret("not-the-secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    interaction: Interaction
    due: datetime
    event: Event
    signature: str


class WebhookSteps:
    """The webhooks of one scenario that is played.

    ``misses`` is told why one can't be sent.
    """

    def __init__(self, scenario: Scenario, now: Callable[[], datetime], misses: list[str]) -> None:
        """``now``: the clock of the mock."""
        self._scenario = scenario
        self._now = now
        self._misses = misses
        self._waiting: list[_Waiting] = []

    @property
    def exist(self) -> bool:
        """Whether the scenario has webhooks."""
        return any(one.webhook is not None for one in self._scenario.fixture.interactions)

    def due(self, target: WebhookTarget) -> list[Request]:
        """Return the webhooks that leave now: of the state that was reached, and late ones."""
        for interaction in self._scenario.begin_webhooks():
            try:
                self._waiting += self._deliveries(interaction, target)
            except ConfigError as error:
                self._misses.append(f"the webhook {interaction.id} can't be sent: {error}")
        now = self._now()
        leaving = sorted((one for one in self._waiting if one.due <= now), key=lambda one: one.due)
        self._waiting = [one for one in self._waiting if one.due > now]
        for one in leaving:
            self._scenario.count(one.interaction)
        return [_request(one, target, now) for one in leaving]

    def _deliveries(self, one: Interaction, target: WebhookTarget) -> Iterator[_Waiting]:
        given, now = one.webhook or {}, self._now()
        event = event_of(
            target.tables,
            given["event"],
            {**target.credentials, **self._scenario.fill_all(given.get("fields", {}))},
            now=now - timedelta(seconds=given.get("age", 0)),
            event_id=uuid_of(target.session) if target.signed else None,
        )
        due = now + timedelta(seconds=given.get("delay", 0))
        for _ in range(given.get("times", 1)):
            signature = given.get("signature", "right")
            yield _Waiting(interaction=one, due=due, event=event, signature=signature)


def _request(one: _Waiting, target: WebhookTarget, now: datetime) -> Request:
    """Return the request of a delivery, signed as the scenario asks."""
    secrets = target.secrets if target.signed and one.signature != "missing" else ()
    if one.signature == "wrong" and target.signed:
        secrets = (_NOT_THE_SECRET,)
    made = outgoing(
        target.tables,
        one.event,
        target.url,
        secrets=secrets,
        credentials=target.credentials,
        now=now - _STALE if one.signature == "stale" else now,
        delivery=uuid_of(target.session),
    )
    return replace(made, body=made.body + b" ") if one.signature == "changed-body" else made
