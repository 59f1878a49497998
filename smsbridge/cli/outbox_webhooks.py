"""``smsbridge outbox webhooks`` and ``enable``: the state of the bridge's webhooks."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.options import store_options
from smsbridge.cli.outbox_store import open_store
from smsbridge.cli.output import printable
from smsbridge.cli.streams import put, say
from smsbridge.cli.table import show_table
from smsbridge.errors import InvalidMessage

if TYPE_CHECKING:
    from smsbridge.bridge.events.event_queue import Endpoint

_TIMES = ("oldest", "failing_since", "disabled_at")


@click.command()
@store_options
def webhooks(config: str | None, *, as_json: bool) -> None:
    """List webhooks: how many events wait for each, and which are disabled."""
    with open_store(config) as (store, document):
        from smsbridge.bridge.doors.webhook_config import webhook_places
        from smsbridge.bridge.events.event_queue import EventQueue

        found = [_words(one) for one in EventQueue(store).endpoints(webhook_places(document))]
    if as_json:
        for one in found:
            put(json.dumps(one))
        return
    if not found:
        say("no webhooks")
        return
    show_table(tuple(found[0]), [[printable(word) for word in one.values()] for one in found])


@click.command()
@click.argument("door", metavar="DOOR")
@click.argument("caller", metavar="CALLER")
@store_options
def enable(door: str, caller: str, config: str | None, *, as_json: bool) -> None:
    """Re-enable a webhook, and deliver the events that wait or were given up."""
    with open_store(config) as (store, _):
        from smsbridge.bridge.events.event_queue import EventQueue

        if not store.has_webhook(door, caller):
            raise InvalidMessage(
                f"{caller} of the door {door} has no webhook: smsbridge outbox webhooks lists them"
            )
        count = EventQueue(store).enable((door, caller))
    if as_json:
        put(json.dumps({"door": door, "caller": caller, "waiting": count}))
    else:
        put(f"{door} {caller}: {count} waiting")


def _words(endpoint: Endpoint) -> dict[str, Any]:
    from smsbridge.bridge.store.stored_message import time_of

    words = asdict(endpoint)
    for name in _TIMES:
        seconds = words[name]
        words[name] = None if seconds is None else time_of(seconds).isoformat()
    return words
