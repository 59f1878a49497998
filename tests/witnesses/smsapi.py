"""SMSAPI's own SDK."""

from __future__ import annotations

from typing import Any

from smsapi.client import SmsApiComClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = SmsApiComClient(access_token=job["credentials"]["token"])
    sent = client.sms.send(to=job["to"], message=job["text"], from_=job["sender"])
    return sent.results[0].id
