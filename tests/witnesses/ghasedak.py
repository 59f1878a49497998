"""Ghasedak's own SDK."""

from __future__ import annotations

from typing import Any

from ghasedak_sms import Ghasedak, SendSingleSmsInput


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = Ghasedak(job["credentials"]["api_key"])
    message = SendSingleSmsInput(line_number=job["sender"], receptor=job["to"], message=job["text"])
    return client.send_single_sms(message)["data"]["messageId"]
