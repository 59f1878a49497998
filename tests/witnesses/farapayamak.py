"""Farapayamak's own SDK, over SOAP: the panel is that of Melipayamak."""

from __future__ import annotations

from typing import Any

from farapayamak import Soap_Client


def send(job: dict[str, Any]) -> Any:
    """Return whether what is said is the id of the message: a number of more than three digits."""
    given = job["credentials"]
    sms = Soap_Client(given["username"], given["password"])
    said = sms.SendSimpleSMS2(job["to"].removeprefix("+"), job["sender"], job["text"])
    return len(said) > 3 and said
