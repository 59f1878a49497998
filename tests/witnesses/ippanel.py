"""IPPANEL's own SDK."""

from __future__ import annotations

from typing import Any

from ippanel import Client


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = Client(job["credentials"]["api_key"])
    return client.send(job["sender"], [job["to"]], job["text"], "test")
