"""Kavenegar's own SDK."""

from __future__ import annotations

from typing import Any

from kavenegar import KavenegarAPI


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    fields = {"sender": job["sender"], "receptor": job["to"], "message": job["text"]}
    return KavenegarAPI(job["credentials"]["api_key"]).sms_send(fields)[0]["messageid"]
