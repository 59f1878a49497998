"""Africa's Talking's own SDK."""

from __future__ import annotations

from typing import Any

from africastalking.SMS import SMSService


def send(job: dict[str, Any]) -> Any:
    """Return the answer."""
    keys = job["credentials"]
    client = SMSService(keys["username"], keys["api_key"])
    return client.send(job["text"], [job["to"]], job["sender"])
