"""A path is a file of SQLite, and a URL a database of PostgreSQL."""

from __future__ import annotations

from support.stores import Place


def test_the_name_of_a_store_has_no_password(place: Place) -> None:
    database = place.database()
    assert database.name in ("bridge.db", f"{database.name.split(' on ')[0]} on 127.0.0.1")
    assert (database.jobs is None) == (place.server is None)
    database.close()
