"""The tables that the code knows are those that the migrations make."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from smsbridge.bridge.store_tables import METADATA

from support.bridges import open_store


def test_the_migrations_make_just_these_tables(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_no_column_holds_a_secret() -> None:
    names = {column.name for table in METADATA.sorted_tables for column in table.columns}
    assert not names & {"token", "api_key", "password", "secret", "key"}
