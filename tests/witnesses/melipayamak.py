"""Melipayamak's own SDK."""

from __future__ import annotations

from typing import Any

from melipayamak import Api


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    client = Api(keys["username"], keys["password"])
    return client.sms().send(job["to"], job["sender"], job["text"])["Value"]
