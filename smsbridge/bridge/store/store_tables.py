"""The tables of the store. Times are seconds since 1970. No table holds secrets."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    literal_column,
)

METADATA = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""The type of a key: SQLite autoincrements only INTEGER."""

MESSAGES = Table(
    "messages",
    METADATA,
    Column("seq", NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("door", String(64), nullable=False),
    Column("caller", String(64), nullable=False),
    Column("protocol", String(64), nullable=False),
    Column("reference", Text),
    Column("repeat_key", String(64)),
    Column("content", String(64), nullable=False),
    Column("fingerprint", String(32)),
    Column("recipient", Text),
    Column("text", Text),
    Column("sender", Text),
    Column("channels", String(32), nullable=False),
    Column("send_at", Float),
    Column("backend", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("due", Float),
    Column("stored_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("resent", Integer, nullable=False, default=0),
    Column("looked_up", Integer, nullable=False, default=0),
    Column("attempt", Text),
    Column("provider_id", Text),
    Column("status", String(16)),
    Column("reason", String(16)),
    Column("why", Text),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("job", BigInteger),
    Column("holder", String(64)),
    Column("leased_until", Float),
    Index("messages_due", "state", "due", "seq"),
    Index("messages_to", "recipient", "state", "seq"),
    Index("messages_alike", "fingerprint"),
    Index("messages_of", "door", "caller", "seq"),
    Index("messages_repeat", "door", "caller", "repeat_key", unique=True),
    Index("messages_taken", "provider_id", postgresql_using="hash"),  # an id may have any length
    Index("messages_ended", "state", "changed_at"),
    sqlite_autoincrement=True,
)
"""One row per message. ``repeat_key``: the hash that identifies its caller's repeats.

``job``: the job that was enqueued for it. ``holder`` and ``leased_until``: who has claimed it, and
when that lease expires. All three are used only if several processes share the store.
"""

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("seq", NUMBER, primary_key=True, autoincrement=True),
    Column("message", NUMBER, ForeignKey("messages.seq"), nullable=False),
    Column("at", Float, nullable=False),
    Column("actor", String(96), nullable=False),
    Column("state", String(16), nullable=False),
    Column("why", Text),
    Index("attempts_of", "message", "seq"),
    sqlite_autoincrement=True,
)
"""The history of each message: what, when and by whom. Append-only, enforced by a trigger."""

TOKENS = Table(
    "tokens",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("door", String(64), nullable=False),
    Column("caller", String(64), nullable=False),
    Column("expires", Float, nullable=False),
)
"""The tokens issued by doors, as hashes."""

IS_RECEIVED: ColumnElement[bool] = literal_column("kind = 'received'")
IS_UNREAD: ColumnElement[bool] = literal_column("kind = 'received' AND read_at IS NULL")
"""Which events are in an index of some of them: a question in the same words is answered by it."""


def _part(name: str, *columns: str, where: ColumnElement[bool]) -> Index:
    """Return an index of some rows."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


EVENTS = Table(
    "events",
    METADATA,
    Column("seq", NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("event_key", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("backend", String(64), nullable=False),
    Column("door", String(64)),
    Column("caller", String(64)),
    Column("message", NUMBER, ForeignKey("messages.seq")),
    Column("at", Float, nullable=False),
    Column("came_at", Float, nullable=False),
    Column("status", String(16)),
    Column("provider_id", Text),
    Column("sender", Text),
    Column("recipient", Text),
    Column("text", Text),
    Column("channel", String(16)),
    Column("error", Text),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("read_at", Float),
    Column("due", Float),
    Column("tries", Integer, nullable=False, default=0),
    Column("delivered_at", Float),
    Index("events_due", "door", "caller", "due", "seq"),
    Index("events_of", "door", "caller", "kind", "seq"),
    Index("events_about", "message"),
    _part("events_last", "backend", "at", where=IS_RECEIVED),
    _part("events_unread", "door", "caller", "kind", "seq", where=IS_UNREAD),
    sqlite_autoincrement=True,
)
"""Events: a row per delivery report, incoming message, and end that no provider reports.

``id``: ours, and stable. ``event_key``: the hash that identifies duplicates. The numbers and text
of a report are in its ``message``, not here. It has no ``door`` until its message is known and the
send of that message has ended. ``read_at``: when its caller fetched it. ``due``: when its webhook
is tried next; null if there is none to send.
"""

ENDPOINTS = Table(
    "endpoints",
    METADATA,
    Column("door", String(64), primary_key=True),
    Column("caller", String(64), primary_key=True),
    Column("failing_since", Float),
    Column("disabled_at", Float),
)
"""The callers' webhook endpoints, and since when they have been failing."""
