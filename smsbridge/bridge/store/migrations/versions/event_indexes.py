"""The indexes by which what came in is found that is asked for every few seconds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Make the indexes, and that of ids by their hash: PostgreSQL has no other for long ones."""
    received = "kind = 'received'"
    _make("events_last", ["backend", "at"], received)
    _make("events_unread", ["door", "caller", "kind", "seq"], f"{received} AND read_at IS NULL")
    op.drop_index("messages_taken", "messages")
    op.create_index("messages_taken", "messages", ["provider_id"], postgresql_using="hash")


def _make(name: str, columns: list[str], which: str) -> None:
    where = sa.text(which)
    op.create_index(name, "events", columns, sqlite_where=where, postgresql_where=where)
