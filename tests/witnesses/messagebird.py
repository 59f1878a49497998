"""MessageBird's own SDK."""

from __future__ import annotations

from typing import Any

from messagebird import Client


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = Client(job["credentials"]["access_key"])
    return client.message_create(job["sender"], job["to"], job["text"]).id
