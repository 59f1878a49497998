"""A client of Textbelt."""

from __future__ import annotations

from typing import Any

from textbelt_py import SMSRequest, TextbeltClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    request = SMSRequest(phone=job["to"], message=job["text"], sender=job["sender"])
    return TextbeltClient(job["credentials"]["api_key"]).send_sms(request).text_id
