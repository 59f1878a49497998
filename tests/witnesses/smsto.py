"""A client of SMS.to."""

from __future__ import annotations

from typing import Any

from smsto import SMSTo


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = SMSTo(job["credentials"]["token"]).SMS
    return client.send_single_message(job["text"], job["to"], sender_id=job["sender"]).message_id
