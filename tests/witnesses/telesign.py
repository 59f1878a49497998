"""Telesign's own SDK; its proxy is a setting of its own."""

from __future__ import annotations

import os
from typing import Any

from telesign.messaging import MessagingClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    client = MessagingClient(
        keys["username"],
        keys["password"],
        proxies={"https": os.environ["HTTPS_PROXY"]},
        auth_method="Basic",
    )
    to = job["to"].lstrip("+")
    return client.message(to, job["text"], "ARN", sender_id=job["sender"]).json["reference_id"]
