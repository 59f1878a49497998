"""Where the stores of these tests are: most of them hold in both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.postgres import Server, running_server
from support.stores import Place, file_place


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of PostgreSQL."""
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for a store, in each kind of database."""
    if request.param == "sqlite":
        yield file_place(tmp_path)
        return
    server: Server = request.getfixturevalue("postgres")
    with server.database() as url:
        yield Place(tmp_path, url, server)
