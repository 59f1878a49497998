"""A client of BulkSMS."""

from __future__ import annotations

from typing import Any

from bulksms import BulkSMS


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    client = BulkSMS(token_id=keys["username"], token_secret=keys["password"])
    return client.send(job["to"], job["text"], sender=job["sender"])[0]
