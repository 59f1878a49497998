"""GoSMS.GE's own SDK."""

from __future__ import annotations

from typing import Any

from gosms import SMS


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = SMS(job["credentials"]["api_key"])
    return client.send(job["to"].lstrip("+"), job["text"], job["sender"]).message_id
