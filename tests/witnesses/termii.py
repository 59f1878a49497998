"""A client of Termii."""

from __future__ import annotations

from typing import Any

from termii.messaging import Messaging


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = Messaging()
    client.authenticate_direct(
        job["credentials"]["api_key"], f"https://{job['host']}", job["sender"]
    )
    return client.send_message([job["to"].lstrip("+")], job["text"])["message_id"]
