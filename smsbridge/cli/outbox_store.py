"""Opens the store of a bridge for the commands other than ``serve``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from smsbridge.errors import InvalidMessage, MissingExtra

if TYPE_CHECKING:
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.stored_message import StoredMessage
    from smsbridge.config.load import ConfigDocument


def bridge_modules() -> None:
    """Raise `MissingExtra` unless the bridge's dependencies are installed."""
    try:
        import smsbridge.bridge.store.message_store  # noqa: F401  (whether it can be imported)
    except ImportError as missing:
        raise MissingExtra("bridge", "the bridge") from missing


@contextmanager
def open_store(config: str | None) -> Iterator[tuple[MessageStore, ConfigDocument]]:
    """Yield the config's store, which another process may be serving, and the config."""
    bridge_modules()
    from smsbridge.bridge.doors.webhook_config import webhook_places
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.open_database import open_database
    from smsbridge.bridge.store.store_config import read_store
    from smsbridge.config.load import read_document

    document = read_document(config)
    places = webhook_places(document)
    database = open_database(read_store(document))
    try:
        database.check()
        yield MessageStore(database, has_webhook=lambda *place: place in places), document
    finally:
        database.close()


def find_message(store: MessageStore, known: str) -> StoredMessage:
    """Return a message by id or number; raises `InvalidMessage`."""
    found = store.find(known)
    if found is None:
        raise InvalidMessage("no such message: smsbridge outbox list shows them")
    return found


def message_words(message: StoredMessage) -> dict[str, Any]:
    """Return a message for JSON: times in ISO 8601, null for what is due immediately."""
    from smsbridge.bridge.store.stored_message import AT_ONCE, time_of

    words = asdict(message)
    words.pop("attempt")
    for name in ("send_at", "due", "stored_at", "changed_at"):
        seconds = words[name]
        words[name] = None if seconds in (None, AT_ONCE) else time_of(seconds).isoformat()
    return words
