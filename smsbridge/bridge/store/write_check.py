"""Checks whether a message can be stored now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert

from smsbridge.bridge.store.store_tables import TOKENS

if TYPE_CHECKING:
    from smsbridge.bridge.store.database import Database

_ROWS = 200
"""This many rows take about as much disk space as a message with its indexes."""


def check_writable(database: Database) -> None:
    """Raise `StoreError` if a message can't be stored now, for example on a full disk.

    It writes about as much as a message takes, and deletes it again.
    """
    name = os.urandom(32).hex()
    rows = [
        {"hash": os.urandom(32).hex(), "door": name, "caller": name, "expires": 0.0}
        for _ in range(_ROWS)
    ]
    with database.write("check") as connection:
        connection.execute(insert(TOKENS), rows)
        connection.execute(delete(TOKENS).where(TOKENS.c.door == name))
