"""A table of what was reported: the furthest status of each message, in whatever order it came."""

import sqlite3
from contextlib import closing

from smsbridge import Status
from smsbridge.webhooks import MessageReported

TABLE = """
CREATE TABLE IF NOT EXISTS report (
    name TEXT PRIMARY KEY,  -- the provider's id of the message, or our reference
    status TEXT NOT NULL,
    rank INTEGER NOT NULL,  -- of the status; it only goes up
    error TEXT,
    at TEXT
)
"""
KEEP = """
INSERT INTO report (name, status, rank, error, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE
SET status = excluded.status, rank = excluded.rank, error = excluded.error, at = excluded.at
WHERE excluded.rank > report.rank
"""
ASK = "SELECT status FROM report WHERE name IN (?, ?) ORDER BY rank DESC LIMIT 1"


class Reports:
    """Keeps reports in a table of SQLite; ``take`` is the function of a receiver."""

    def __init__(self, file):
        """Make the table, if it is not there."""
        self._file = file
        self._run(TABLE)

    def take(self, event):
        """Keep a report, by the id and by the reference, whichever it has."""
        if not isinstance(event, MessageReported):
            return
        told = event.message
        named = {"id": told.id, "ours": told.reference}
        at = told.at and told.at.isoformat()
        for kind, name in named.items():
            if name:
                key = f"{kind} {name}"
                self._run(KEEP, (key, told.status, told.status.rank, told.error, at))

    def status(self, submission):
        """Return where a message stands: what was reported, or what the send said."""
        names = (f"id {submission.id}", f"ours {submission.reference}")
        (row,) = self._run(ASK, names) or [(submission.status,)]
        return max(Status(row[0]), submission.status, key=lambda one: one.rank)

    def _run(self, statement, values=()):
        with closing(sqlite3.connect(self._file, timeout=30)) as database, database:
            return database.execute(statement, values).fetchall()
