"""Sends what waits in a table. Many workers may run at once; each message leaves once."""

import signal
import sqlite3
import sys
import threading
from contextlib import closing

from smsbridge import Client, NotSent, OutcomeUnknown, Rejected

TABLE = """CREATE TABLE IF NOT EXISTS outbox (
    reference TEXT PRIMARY KEY, phone TEXT, text TEXT, state TEXT DEFAULT 'waiting', id TEXT)"""
TAKE = """UPDATE outbox SET state = 'sending' WHERE reference =
    (SELECT reference FROM outbox WHERE state = 'waiting' LIMIT 1)
    RETURNING reference, phone, text"""
END = "UPDATE outbox SET state = ?, id = ? WHERE reference = ?"
stop = threading.Event()


def send(sms, reference, phone, text):
    """Send one message; return its state, the provider's id, and how many seconds to wait then."""
    try:
        submission = sms.send(phone, text, reference=reference)
    except NotSent as error:
        return ("waiting" if error.retry else "not sent"), None, error.retry_after or 1
    except Rejected as error:
        return f"refused: {error.reason}", None, 0
    except OutcomeUnknown:
        return "unknown", None, 0
    return "taken", submission.id, 0


def work(file):
    """Send until nothing waits, or until this worker shall stop."""
    with Client() as sms, closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute(TABLE)
        while not stop.is_set() and (taken := database.execute(TAKE).fetchall()):
            reference, phone, text = taken[0]
            state, known, pause = send(sms, reference, phone, text)
            database.execute(END, (state, known, reference))
            stop.wait(pause)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    work(sys.argv[1])
