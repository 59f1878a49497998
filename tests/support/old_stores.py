"""Stores as an older smsbridge left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

_ROW = {
    "seq": 1,
    "id": "0" * 40,
    "door": "shop",
    "caller": "shop",
    "protocol": "rest",
    "content": "0" * 64,
    "recipient": "+12025550123",
    "channels": "sms",
    "backend": "new",
    "state": "stored",
    "due": 1.0,
    "stored_at": 1.0,
    "changed_at": 1.0,
    "tries": 0,
    "resent": 0,
    "looked_up": 0,
    "hidden": 0,
}


def first_store(file: Path, text: str, revision: str = "1") -> None:
    """Make a store of a revision, in which one message waits."""
    config = Config()
    config.set_main_option("script_location", "smsbridge.bridge.store:migrations")
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    engine = create_engine(f"sqlite:///{file}")

    def steps(found: object, _context: object) -> object:
        return script._upgrade_revs(revision, found)  # type: ignore[arg-type]  # noqa: SLF001  (as Alembic's own command does)

    with engine.begin() as connection, EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()
    engine.dispose()
    row = {**_ROW, "text": text}
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.execute(f"INSERT INTO messages ({names}) VALUES ({marks})", tuple(row.values()))
