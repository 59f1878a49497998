"""``smsbridge outbox``: inspect the bridge's messages, and resend, cancel or resolve them."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.group import Group
from smsbridge.cli.options import store_options
from smsbridge.cli.outbox_store import find_message, message_words, open_store
from smsbridge.cli.outbox_webhooks import enable, webhooks
from smsbridge.cli.output import printable
from smsbridge.cli.streams import put, say
from smsbridge.cli.table import show_table
from smsbridge.errors import InvalidMessage

if TYPE_CHECKING:
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.stored_message import End, StoredMessage

F = TypeVar("F", bound=Callable[..., Any])
_STATES = ("stored", "handed_over", "accepted", "not_sent", "rejected", "unknown", "cancelled")
_HELP = """Show the bridge's messages, and make the decisions that need a person.

\b
Examples:
  smsbridge outbox list --state unknown
  smsbridge outbox show ID
  smsbridge outbox resolve
  smsbridge outbox mark-sent ID
  smsbridge outbox webhooks

ID is the id that the caller got. All commands work while the bridge is running. Each decision is
recorded with the name of the person who made it.
"""


@click.group(cls=Group, help=_HELP)
def outbox() -> None:
    """Manage the store."""


outbox.add_command(webhooks)
outbox.add_command(enable)


def _person(command: F) -> F:
    by = click.option("--by", metavar="NAME", help="Who decided, if not the current user.")
    return click.argument("id", metavar="ID")(by(store_options(command)))


@outbox.command("list")
@click.option(
    "--state", type=click.Choice(_STATES), multiple=True, help="Only this state; may be repeated."
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="How many at most.",
)
@store_options
def list_(state: tuple[str, ...], limit: int, config: str | None, *, as_json: bool) -> None:
    """List messages, newest first."""
    with open_store(config) as (store, _):
        from smsbridge.bridge.store.stored_message import State

        found = store.list_messages(states=[State(one) for one in state], limit=limit)
    if as_json:
        for one in found:
            put(json.dumps(message_words(one)))
        return
    if not found:
        say("no messages")
        return
    names = ("stored_at", "id", "door", "state", "recipient", "why")
    rows = [[printable(message_words(one)[name]) for name in names] for one in found]
    show_table(names, rows)


@outbox.command()
@click.argument("id", metavar="ID")
@store_options
def show(id: str, config: str | None, *, as_json: bool) -> None:  # noqa: A002  (the word of the field)
    """Show a message and its history."""
    with open_store(config) as (store, _):
        from smsbridge.bridge.store.stored_message import time_of

        found = find_message(store, id)
        steps = [
            {
                "at": time_of(one["at"]).isoformat(),
                "actor": one["actor"],
                "state": one["state"],
                "why": one["why"],
            }
            for one in store.history(found)
        ]
    words = message_words(found)
    if as_json:
        put(json.dumps({**words, "history": steps}))
        return
    for name, word in words.items():
        if word is not None:
            put(f"{name}: {printable(word)}")
    show_table(("at", "actor", "state", "why"), [[printable(w) for w in s.values()] for s in steps])


@outbox.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@store_options
def resolve(ids: tuple[str, ...], config: str | None, *, as_json: bool) -> None:
    """Look up unknown messages in their backend's log: all, or those given."""
    left = False
    with open_store(config) as (store, document):
        from smsbridge.bridge.config import read_bridge
        from smsbridge.bridge.delivery.message_queue import MessageQueue
        from smsbridge.bridge.delivery.sender import bridge_client
        from smsbridge.bridge.serve_bridge import lookup_of
        from smsbridge.bridge.store.stored_message import State
        from smsbridge.http.exchange import Session

        unknown = [State.UNKNOWN]
        found = [find_message(store, one) for one in ids]
        found = found or store.list_messages(states=unknown, limit=sys.maxsize)
        bridge, session = read_bridge(document), Session()
        clients = {name: bridge_client(one, session) for name, one in bridge.backends.items()}
        lookup = lookup_of(bridge, MessageQueue(store), clients)
        for message in found:
            if message.state is not State.UNKNOWN:
                raise InvalidMessage(f"{message.id} is {message.state}, not unknown")
        for result in lookup.ask(found):
            if result.end is None:
                left = True
                why = result.why or "there is no log to search"
                _show_why(result.message, why, as_json=as_json)
                continue
            _show(_move(store, result.message, result.end, _actor(None)), as_json=as_json)
    if not found:
        say("nothing is unknown")
    if left:
        sys.exit(Exit.UNKNOWN)


@outbox.command()
@click.option(
    "--even-if-unknown",
    is_flag=True,
    help="Even if it may have been sent: it may then arrive twice.",
)
@_person
def resend(
    id: str,  # noqa: A002  (the word of the field)
    by: str | None,
    config: str | None,
    *,
    even_if_unknown: bool,
    as_json: bool,
) -> None:
    """Send a failed message again."""
    from smsbridge.errors import Outcome

    with open_store(config) as (store, _):
        from smsbridge.bridge.store.stored_message import AT_ONCE, End, State

        message = find_message(store, id)
        if message.state == Outcome.UNKNOWN.value and not even_if_unknown:
            raise InvalidMessage(
                "it may have been sent, so a resend may duplicate it: run smsbridge outbox "
                "resolve, or give --even-if-unknown"
            )
        end = End(state=State.STORED, due=AT_ONCE, why="resent by a person")
        moved = _move(store, message, end, _actor(by), tries=0, resent=message.resent + 1)
        _show(moved, as_json=as_json)


@outbox.command()
@_person
def cancel(id: str, by: str | None, config: str | None, *, as_json: bool) -> None:  # noqa: A002  (the word of the field)
    """Cancel a message, so that it is not sent or resent."""
    with open_store(config) as (store, _):
        from smsbridge.bridge.store.stored_message import End, State

        end = End(state=State.CANCELLED, why="cancelled by a person")
        _show(_move(store, find_message(store, id), end, _actor(by)), as_json=as_json)


@outbox.command("mark-sent")
@click.option("--provider-id", metavar="ID", help="The provider's id of the message, if known.")
@_person
def mark(
    id: str,  # noqa: A002  (the word of the field)
    by: str | None,
    config: str | None,
    provider_id: str | None,
    *,
    as_json: bool,
) -> None:
    """Mark an unknown message as sent."""
    with open_store(config) as (store, _):
        from smsbridge.bridge.store.stored_message import End, State

        end = End(state=State.ACCEPTED, provider_id=provider_id, why="marked as sent by a person")
        message = find_message(store, id)
        if message.state is not State.UNKNOWN:
            raise InvalidMessage(f"the message is {message.state}, not unknown")
        _show(_move(store, message, end, _actor(by)), as_json=as_json)


def _actor(by: str | None) -> str:
    try:
        name = by or getpass.getuser()
    except (OSError, KeyError):
        raise InvalidMessage("the current user has no name: give --by NAME") from None
    if not name.isprintable() or len(name) > 80:  # noqa: PLR2004  (the column's length)
        raise InvalidMessage("--by: give a name of at most 80 printable characters")
    return f"person {name}"


def _move(
    store: MessageStore, message: StoredMessage, end: End, actor: str, **more: int
) -> StoredMessage:
    from smsbridge.bridge.store.message_store import NoStep

    try:
        return store.move(message, end, actor, **more)
    except NoStep as error:
        raise InvalidMessage(str(error)) from None


def _show(message: StoredMessage, *, as_json: bool) -> None:
    put(json.dumps(message_words(message)) if as_json else f"{message.id}  {message.state}")


def _show_why(message: StoredMessage, why: str, *, as_json: bool) -> None:
    if as_json:
        put(json.dumps({**message_words(message), "why": why}))
    else:
        put(f"{message.id}  unknown  {printable(why)}")
