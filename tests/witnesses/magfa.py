"""A client of Magfa."""

from __future__ import annotations

from typing import Any

from magfa import Magfa


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    name, _, domain = keys["username"].partition("/")
    client = Magfa(name, keys["password"], domain, sender=job["sender"])
    return client.send([job["to"]], [job["text"]]).json()["messages"][0]["id"]
