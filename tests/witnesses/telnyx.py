"""Telnyx's own SDK."""

from __future__ import annotations

from typing import Any

from telnyx import Telnyx


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = Telnyx(api_key=job["credentials"]["api_key"])
    sent = client.messages.send(to=job["to"], from_=job["sender"], text=job["text"])
    return sent.data and sent.data.id
