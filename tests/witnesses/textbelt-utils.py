"""Another client of Textbelt."""

from __future__ import annotations

from typing import Any

from textbelt_utils import SMSRequest, TextbeltClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    request = SMSRequest(
        phone=job["to"], message=job["text"], key=keys["api_key"], sender=job["sender"]
    )
    return TextbeltClient(keys["api_key"]).send_sms(request).text_id
