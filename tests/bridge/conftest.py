"""A database of PostgreSQL for the tests that are about it alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from smsbridge.bridge.store.postgres_database import PostgresDatabase

from support.postgres import Server


@pytest.fixture
def database(postgres: Server) -> Iterator[PostgresDatabase]:
    """Yield a database of its own, with the tables."""
    with postgres.database() as url:
        made = PostgresDatabase(make_url(url))
        made.migrate()
        yield made
        made.close()
