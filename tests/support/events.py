"""A provider that reports, and what it sends to a bridge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from sqlalchemy import select

from smsbridge import Secret, Status
from smsbridge.bridge.doors.received_owners import ANY
from smsbridge.bridge.events.event_config import EventsConfig
from smsbridge.bridge.events.event_intake import EventCounts, EventIntake
from smsbridge.bridge.events.reports import Reports
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.store_tables import EVENTS
from smsbridge.bridge.store.stored_event import EventKind, NewEvent, StoredEvent
from smsbridge.bridge.store.stored_message import End, State, StoredMessage
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.webhooks import WebhookTarget

from support.bridges import (
    NEW,
    OLD,
    Running,
    claim,
    config_text,
    read,
    refusal,
    running,
    with_webhooks,
)

SECRET = "hook-secret"
PERSON = "+447700900123"
OWN = "+12025550100"
_SIGNED = (
    'signed = { header = "X-New-Signature", '
    'value = { hmac-sha256 = { key = "{secret}", of = "{body}", as = "hex" } } }'
)
REPORTING = f"""{NEW}
[backends.new.status]
route = "GET /v2/messages/{{id}}"
row = {{ id = "id", recipient = "to", text = "text", at = "at", status = "state" }}
[backends.new.received]
route = "GET /v2/inbox"
fields = {{ since = "{{after|iso}}" }}
rows = "messages"
row = {{ id = "id", sender = "from", recipient = "to", text = "text", at = "at" }}
[backends.new.reported]
when = {{ state = "*" }}
row = {{ id = "id", status = "state", reference = "ref", error = "why" }}
{_SIGNED}
[backends.new.arrived]
row = {{ id = "id", sender = "from", recipient = "to", text = "text", at = "at" }}
{_SIGNED}
"""
"""`NEW`, with webhooks that are signed, and questions for the same."""

WEBHOOK = f'[bridge.events.new]\nwebhook = "/events/new"\nsecrets = ["{SECRET}"]\n'
POLL = '[bridge.events.new]\npoll = "1s"\n'


def events_text(events: str = WEBHOOK, door: str = "", backends: str = OLD + REPORTING) -> str:
    """Return a config with one door whose caller ``shop`` gets what comes in."""
    return config_text(f'received = "shop"\n{door}', backends=events + backends)


def events_refusal(folder: Path, given: str, instead: str) -> str:
    """Return the error of such a config in which one part is replaced."""
    text = events_text(door='path = "/old"') if "/old" in instead else events_text()
    return refusal(folder, text.replace(given, instead, 1))


def target(provider: Provider, url: str = "http://bridge.example/events/new") -> WebhookTarget:
    """Return where a provider sends its webhooks, signed."""
    return WebhookTarget(
        tables=provider.backend.webhooks, url=url, session=Session(), secrets=[Secret(SECRET)]
    )


@contextmanager
def reporting(folder: Path, text: str = "") -> Iterator[Running]:
    """Run a bridge whose provider has webhooks, which `deliver` brings."""
    text = text or events_text()
    provider = Provider(read(folder, text).backends["new"])
    if provider.backend.webhooks:
        provider.webhooks, provider.posts_webhooks = target(provider), True
    with running(folder, text, provider) as run:
        yield run


def outbox(run: Running) -> list[Request]:
    """Return the webhooks that the provider has made since the last time."""
    found = []
    try:
        while True:
            found.append(run.provider.outbox.get_nowait())
    except Empty:
        return found


def deliver(run: Running) -> list[Response]:
    """Bring the webhooks of the provider, and return the answers."""
    return [run.ask(one) for one in outbox(run)]


def events_of(store: MessageStore) -> list[StoredEvent]:
    """Return all events, oldest first."""
    with store.database.read() as connection:
        rows = connection.execute(select(EVENTS).order_by(EVENTS.c.seq)).mappings()
        return [StoredEvent.of_row(row) for row in rows]


def accepted(
    store: MessageStore, provider_id: str = "p-1", status: Status = Status.QUEUED
) -> StoredMessage:
    """Claim the next message, and let it be accepted."""
    claimed = claim(store)
    assert claimed is not None
    end = End(state=State.ACCEPTED, provider_id=provider_id, status=status)
    return store.move(claimed, end, "worker 1")


def a_report(key: str = "key", status: Status = Status.DELIVERED, **more: Any) -> NewEvent:
    given = {"provider_id": "p-1", "backend": "new", "at": 1_800_000_000.0, **more}
    return NewEvent(kind=EventKind.REPORT, event_key=key, status=status, **given)


def a_received(key: str = "key", text: str = "Yes", **more: Any) -> NewEvent:
    given = {"door": "shop", "caller": "shop", "backend": "new", "at": 1_800_000_000.0, **more}
    return NewEvent(
        kind=EventKind.RECEIVED, event_key=key, sender=PERSON, recipient=OWN, text=text, **given
    )


def reports_of(store: MessageStore, *, told: bool = False) -> Reports:
    """Return the reports of a store. ``told``: every caller has a webhook."""
    events = EventStore(with_webhooks(store) if told else store)
    return Reports(events, {"new": frozenset({"new", "both"})})


def intake_of(store: MessageStore, **more: Any) -> EventIntake:
    """Return what takes the events of ``new`` into a store."""
    backend = Client.from_mapping({"backend": "console"}).backend
    owners = {ANY: ("shop", "shop")}
    config = EventsConfig(
        name="new", backend=backend, routes=frozenset({"new"}), owners=owners, **more
    )
    reports = reports_of(store)
    return EventIntake(
        config=config,
        events=reports.events,
        reports=reports,
        counts=EventCounts(),
        proved=lambda _: None,
    )
