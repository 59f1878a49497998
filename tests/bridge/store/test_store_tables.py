"""The tables that the code knows are those that the migrations make."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from smsbridge.bridge.store.store_tables import METADATA

from support.bridges import open_store
from support.stores import Place


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Return whether a database name isn't one of Procrastinate's."""
    return kind != "table" or not (name or "").startswith(("procrastinate_", "job_"))


def test_the_migrations_make_just_these_tables(place: Place) -> None:
    with open_store(place) as store, store.database.read() as connection:
        given = {"compare_type": True, "include_name": is_ours}
        context = MigrationContext.configure(connection, opts=given)
        assert compare_metadata(context, METADATA) == []


def test_no_column_holds_a_secret() -> None:
    names = {column.name for table in METADATA.sorted_tables for column in table.columns}
    assert not names & {"token", "api_key", "password", "secret", "key"}
