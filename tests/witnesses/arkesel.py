"""A client of Arkesel, kalourmade-arkesel of PyPI."""

from __future__ import annotations

from typing import Any

from kalourmade_arkesel import ArkeselClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    client = ArkeselClient(job["credentials"]["api_key"])
    return client.sms.send(job["sender"], [job["to"]], job["text"]).results[0].id
