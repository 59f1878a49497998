"""The first tables. Never edit this file once released: add a migration instead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ONLY_ADDED = """
CREATE FUNCTION attempts_only_added() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'attempts are only added'; END $$;
CREATE TRIGGER attempts_stay BEFORE UPDATE OR DELETE ON attempts
FOR EACH ROW EXECUTE FUNCTION attempts_only_added()
"""


def upgrade() -> None:
    """Create the tables of a new store."""
    op.create_table(
        "messages",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(40), nullable=False, unique=True),
        sa.Column("door", sa.String(64), nullable=False),
        sa.Column("caller", sa.String(64), nullable=False),
        sa.Column("protocol", sa.String(64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("repeat_key", sa.String(64)),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(32)),
        sa.Column("recipient", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("sender", sa.Text()),
        sa.Column("channels", sa.String(32), nullable=False),
        sa.Column("send_at", sa.Float()),
        sa.Column("backend", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due", sa.Float()),
        sa.Column("stored_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("resent", sa.Integer(), nullable=False),
        sa.Column("looked_up", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Text()),
        sa.Column("provider_id", sa.Text()),
        sa.Column("status", sa.String(16)),
        sa.Column("reason", sa.String(16)),
        sa.Column("why", sa.Text()),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("messages_due", "messages", ["state", "due", "seq"])
    op.create_index("messages_to", "messages", ["recipient", "state", "seq"])
    op.create_index("messages_alike", "messages", ["fingerprint"])
    op.create_index("messages_of", "messages", ["door", "caller", "seq"])
    op.create_index("messages_repeat", "messages", ["door", "caller", "repeat_key"], unique=True)
    op.create_table(
        "attempts",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("message", _NUMBER, sa.ForeignKey("messages.seq"), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("actor", sa.String(96), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_index("attempts_of", "attempts", ["message", "seq"])
    op.create_table(
        "tokens",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("door", sa.String(64), nullable=False),
        sa.Column("caller", sa.String(64), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_ONLY_ADDED)
        return
    for name, change in (("attempts_stay", "UPDATE"), ("attempts_remain", "DELETE")):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON attempts "
            "BEGIN SELECT RAISE(ABORT, 'attempts are only added'); END"
        )
