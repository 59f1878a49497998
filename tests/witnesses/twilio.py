"""Twilio's own SDK."""

from __future__ import annotations

from typing import Any

from twilio.rest import Client


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    client = Client(keys["username"], keys["password"])
    return client.messages.create(to=job["to"], from_=job["sender"], body=job["text"]).sid
