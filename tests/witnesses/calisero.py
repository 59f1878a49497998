"""Calisero's own SDK."""

from __future__ import annotations

from typing import Any

from calisero import SmsClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = SmsClient.create(job["credentials"]["api_key"])
    return client.messages.create(
        recipient=job["to"], body=job["text"], sender=job["sender"]
    ).data.id
