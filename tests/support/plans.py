"""How SQLite finds what it is asked for: by which index, or through a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def plans_of(table: str) -> Iterator[list[str]]:
    """Yield a list that gets the plan of each question about a table until the end of the block."""
    found: list[str] = []

    def explain(connection: Any, _cursor: Any, asked: str, given: Any, *_: Any) -> None:
        if asked.startswith("SELECT"):
            raw = connection.connection.driver_connection
            lines = [str(row[-1]) for row in raw.execute(f"EXPLAIN QUERY PLAN {asked}", given)]
            found.extend(line for line in lines if f" {table}" in line or "ORDER BY" in line)

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
