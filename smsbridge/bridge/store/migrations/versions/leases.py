"""The job and the lease of a message, for several processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("messages", sa.Column("job", sa.BigInteger()))
    op.add_column("messages", sa.Column("holder", sa.String(64)))
    op.add_column("messages", sa.Column("leased_until", sa.Float()))
