"""Textmagic's own SDK; it trusts a file of its own only, so its base URL is one without TLS."""

from __future__ import annotations

from typing import Any

from textmagic.rest import TextmagicRestClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    base = f"http://{job['host']}/api/v2"
    client = TextmagicRestClient(keys["username"], keys["api_key"], base=base)
    phones = job["to"].lstrip("+")
    return client.messages.create(from_=job["sender"], phones=phones, text=job["text"]).id
