"""Brevo's own SDK."""

from __future__ import annotations

from typing import Any

from brevo import Brevo


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = Brevo(api_key=job["credentials"]["api_key"])
    return client.transactional_sms.send_transac_sms(
        sender=job["sender"], recipient=job["to"], content=job["text"]
    ).message_id
