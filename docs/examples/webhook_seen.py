"""A memory of events in a database, for an app of several processes."""

import sqlite3
import time
from contextlib import closing

from smsbridge.webhooks import Claim

STALE = 600  # seconds after which whoever claimed an event has died


class Table:
    """Remembers events in a table of SQLite."""

    def __init__(self, file):
        """Make the table, if it is not there."""
        self._file = file
        self._run("CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, at REAL, done INTEGER)")

    def claim(self, keys):
        """Claim all keys, unless one of them is there."""
        now = time.time()
        with closing(self._opened()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM seen WHERE done = 0 AND at < ?", (now - STALE,))
            rows = [database.execute("SELECT done FROM seen WHERE key = ?", (k,)) for k in keys]
            found = {done for row in rows for (done,) in row}
            if found:
                return Claim.DONE if 1 in found else Claim.BUSY
            database.executemany("INSERT INTO seen VALUES (?, ?, 0)", [(k, now) for k in keys])
        return Claim.NEW

    def keep(self, keys):
        """Say that the event is done."""
        self._run("UPDATE seen SET done = 1 WHERE key = ?", keys)

    def release(self, keys):
        """Give the event back."""
        self._run("DELETE FROM seen WHERE key = ?", keys)

    def _opened(self):
        return sqlite3.connect(self._file, timeout=30, isolation_level=None)

    def _run(self, statement, keys=None):
        with closing(self._opened()) as database:
            if keys is None:
                database.execute(statement)
            else:
                database.executemany(statement, [(key,) for key in keys])
