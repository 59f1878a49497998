"""Melipayamak's own SDK, over SOAP."""

from __future__ import annotations

from typing import Any

from melipayamak import Api


def send(job: dict[str, Any]) -> Any:
    """Return whether what is said is the id of the message: a number of more than three digits."""
    given = job["credentials"]
    sms = Api(given["username"], given["password"]).sms("soap")
    said = sms.send(job["to"].removeprefix("+"), job["sender"], job["text"])
    return len(said) > 3 and said
