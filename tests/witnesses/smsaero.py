"""SMS Aero's own SDK; the library that it asks about the user's address asks no DNS."""

from __future__ import annotations

from typing import Any

import email_validator
from smsaero import SmsAero

email_validator.CHECK_DELIVERABILITY = False


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    client = SmsAero(
        keys["username"],
        keys["password"],
        signature=job["sender"],
        allow_phone_validation=False,
    )
    return client.send_sms(int(job["to"]), job["text"])["id"]
