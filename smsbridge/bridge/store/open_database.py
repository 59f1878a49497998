"""Opens the database that a config names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from smsbridge.bridge.store.database import At, nowhere
from smsbridge.bridge.store.sqlite_database import SQLiteDatabase

if TYPE_CHECKING:
    from smsbridge.bridge.store.database import Database


def open_database(store: Path | str, *, at: At = nowhere) -> Database:
    """Return the database of a store: a SQLite file or a PostgreSQL URL.

    Raises `MissingExtra` if PostgreSQL's packages are missing. ``at`` is for tests that kill the
    process at a point.
    """
    if isinstance(store, Path):
        return SQLiteDatabase(store, at=at)
    from smsbridge.bridge.store.postgres_database import PostgresDatabase

    return PostgresDatabase(make_url(store), at=at)
