"""The tables of events and webhook endpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Create the tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "events",
        sa.Column("seq", number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(40), nullable=False, unique=True),
        sa.Column("event_key", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("backend", sa.String(64), nullable=False),
        sa.Column("door", sa.String(64)),
        sa.Column("caller", sa.String(64)),
        sa.Column("message", number, sa.ForeignKey("messages.seq")),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("came_at", sa.Float(), nullable=False),
        sa.Column("status", sa.String(16)),
        sa.Column("provider_id", sa.Text()),
        sa.Column("sender", sa.Text()),
        sa.Column("recipient", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("channel", sa.String(16)),
        sa.Column("error", sa.Text()),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.Float()),
        sa.Column("due", sa.Float()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.Float()),
        sqlite_autoincrement=True,
    )
    op.create_index("events_due", "events", ["door", "caller", "due", "seq"])
    op.create_index("events_of", "events", ["door", "caller", "kind", "seq"])
    op.create_index("events_about", "events", ["message"])
    op.create_index("messages_taken", "messages", ["provider_id"])
    op.create_index("messages_ended", "messages", ["state", "changed_at"])
    op.create_table(
        "endpoints",
        sa.Column("door", sa.String(64), primary_key=True),
        sa.Column("caller", sa.String(64), primary_key=True),
        sa.Column("failing_since", sa.Float()),
        sa.Column("disabled_at", sa.Float()),
    )
