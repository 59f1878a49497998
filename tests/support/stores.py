"""Where the tests of a bridge keep their store: in a folder, or in a database of PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from smsbridge.bridge.store.database import At, Database, nowhere
from smsbridge.bridge.store.open_database import open_database
from smsbridge.bridge.store.store_tables import METADATA

from support.postgres import Server


@dataclass(frozen=True)
class Place:
    """A place for a store. ``server``: whose database it is in, if it is in PostgreSQL."""

    folder: Path
    store: Path | str
    server: Server | None = None

    @property
    def line(self) -> str:
        """The line of ``[bridge]`` that names it."""
        named = f"sqlite:///{self.store.name}" if isinstance(self.store, Path) else self.store
        return f'store = "{named}"'

    def empty(self) -> None:
        """Leave no message in it, nor anything else."""
        if isinstance(self.store, Path):
            for one in self.folder.glob("bridge.db*"):
                one.unlink()
            return
        with closing(self.database()) as database:
            database.migrate()
            names = ", ".join(METADATA.tables)
            with database.write("empty") as connection:
                connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")

    def database(self, at: At = nowhere) -> Database:
        return open_database(self.store, at=at)


def file_place(folder: Path) -> Place:
    """Return the place of a store in a folder."""
    return Place(folder, folder / "bridge.db")
