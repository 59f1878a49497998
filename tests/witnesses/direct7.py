"""D7 Networks' own SDK."""

from __future__ import annotations

from typing import Any

from direct7 import Client


def send(job: dict[str, Any]) -> Any:
    """Return the id of the request."""
    client = Client(api_token=job["credentials"]["token"])
    message = {"recipients": [job["to"]], "content": job["text"]}
    return client.sms.send_messages(message, originator=job["sender"])["request_id"]
